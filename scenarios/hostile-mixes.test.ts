/**
 * One honest peer of 2 MiB/s among nine hostile ones: 24 MiB in at most 1.5 times the honest peer's time alone, and at
 * most 6 MiB from a peer that corrupts everything. Virtual time; in real time see ./hostile-mixes.realtime.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { HOSTILE_KINDS } from '../seeder/hostile-kinds.ts'
import { HOSTILE_MIXES, mixName } from './hostile-mixes.testing.ts'
import { peerName, Swarm } from './swarm-stage.testing.ts'

const MIB = 1024 * 1024
const HONEST = { link: { upBytesPerSecond: 2 * MIB } }
const SPEC = { totalBytes: 24 * MIB, pieceLengthBytes: MIB / 4, settings: { pipelineDepth: 'auto' } } as const

describe('one honest peer among nine hostile ones', () => {
  const aloneMs = new Swarm({ ...SPEC, peers: [HONEST] }).start().complete(60_000)

  test.each(HOSTILE_MIXES.map((mix) => ({ name: mixName(mix), mix })))('$name', ({ mix }) => {
    const peers = [HONEST, ...mix.map(({ script }) => ({ ...HONEST, script }))]
    const swarm = new Swarm({ ...SPEC, peers }).start()
    expect(swarm.complete(60_000)).toBeLessThanOrEqual(1.5 * aloneMs)
    expect(swarm.judge.all('peer-banned').map(({ peer }) => peer)).not.toContain(peerName(0))
    const corrupter = mix.findIndex(({ name }) => name === 'corrupts-all-blocks')
    if (corrupter !== -1) expect(swarm.receivedFrom(corrupter + 1)).toBeLessThanOrEqual(6 * MIB)
  })

  test('every kind that bites is in some mix', () => {
    const mixed = new Set(HOSTILE_MIXES.flat().map(({ name }) => name))
    expect(HOSTILE_KINDS.filter(({ name, onlyMagnet }) => !onlyMagnet && !mixed.has(name))).toEqual([])
  })
})
