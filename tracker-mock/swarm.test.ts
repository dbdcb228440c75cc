import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { Swarm, type SwarmPeer } from './swarm.ts'

const peer = (port: number, isComplete = false, forgottenAtMs = 1_000, isPartialSeed = false): SwarmPeer => {
  const peerId = peerIdFromBytes(new Uint8Array(20).fill(port))
  return { host: '10.0.0.1', port, peerId, isComplete, isPartialSeed: isPartialSeed && !isComplete, forgottenAtMs }
}

test('a swarm is what a plain list of its peers says, whatever was put, removed and forgotten', () => {
  const port = fc.integer({ min: 1, max: 8 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('put'), port, isComplete: fc.boolean(), isPaused: fc.boolean(), ms: fc.nat(50) }),
    fc.record({ do: fc.constant('remove'), port }),
    fc.record({ do: fc.constant('forget'), ms: fc.nat(50) }),
  )
  fc.assert(
    fc.property(fc.array(step), fc.nat(), (steps, seed) => {
      const swarm = new Swarm()
      let plain: SwarmPeer[] = []
      for (const each of steps) {
        if ('isComplete' in each) {
          const put = peer(each.port, each.isComplete, each.ms, each.isPaused)
          swarm.put(put, false)
          plain = [...plain.filter((other) => other.port !== each.port), put]
        } else if ('port' in each) {
          swarm.remove(peer(each.port))
          plain = plain.filter((other) => other.port !== each.port)
        } else {
          swarm.forget(each.ms)
          plain = plain.filter((other) => other.forgottenAtMs > each.ms)
        }
        const complete = plain.filter((other) => other.isComplete).length
        const incomplete = plain.length - complete
        const downloaders = incomplete - plain.filter((other) => other.isPartialSeed).length
        expect(swarm.counts()).toEqual({ complete, incomplete, downloaded: 0, downloaders })
        const ports = swarm.pick(peer(1), 10, { below: (bound) => seed % bound }).map((picked) => picked.port)
        const expected = plain.map((other) => other.port).filter((other) => other !== 1)
        expect(ports.sort()).toEqual(expected.sort())
      }
    }),
  )
})

test('a peer that leaves and completes again is counted as another download, one that repeats itself is not', () => {
  const swarm = new Swarm()
  swarm.put(peer(1), false)
  swarm.put(peer(1, true), true)
  swarm.put(peer(1, true), true)
  expect(swarm.counts().downloaded).toBe(1)
  swarm.remove(peer(1))
  swarm.put(peer(1, true), true)
  expect(swarm.counts().downloaded).toBe(2)
})
