/** Two connections to one peer, seen from one end and from both. */
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type Connection,
  type ConnectionHandler,
  formatAddress,
  NO_HANDLER,
  type PeerAddress,
} from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'
import { ConnectorStage } from './connector.testing.ts'
import { addressOf, peerIdOf } from './remote-end.testing.ts'

let stage: ConnectorStage
beforeEach(() => {
  stage = new ConnectorStage()
})

describe('two connections to one peer', () => {
  /** `-AX…`, where ours is `-SL…` and those of other tests `-XX…`. */
  const SMALLER = peerIdOf(1).with(1, 0x41) as PeerId

  test.each<[string, PeerId, 'in' | 'out', string[]]>([
    ['theirs is larger, ours came first: they keep the one that they dialled', peerIdOf(1), 'out', ['1:50000 in']],
    ['theirs is larger, theirs came first', peerIdOf(1), 'in', ['1:50000 in']],
    ['ours is larger, ours came first: it stays', SMALLER, 'out', ['1']],
    ['ours is larger, theirs came first', SMALLER, 'in', ['1']],
  ])('%s', (_, peerId, first, kept) => {
    if (first === 'out') stage.dialled(1, { peerId })
    stage.accepted(1, { peerId })
    if (first === 'in') stage.dialled(1, { peerId })
    expect(stage.connected).toEqual(kept)
    expect(stage.told().filter((line) => line.includes('closed'))).toEqual([expect.stringContaining('connected twice')])
  })

  test('that dialled both: the first one stays', () => {
    stage.accepted(1)
    stage.accepted(1, {}, 50_001)
    expect(stage.connected).toEqual(['1:50000 in'])
  })

  test('one id from two hosts is two peers: whoever takes the id of another does not push it out', () => {
    stage.dialled(1)
    stage.accepted(2, { peerId: peerIdOf(1) })
    expect(stage.connected).toEqual(['1', '2:50000 in'])
  })

  test('two ids from one host are two peers', () => {
    stage.dialled(1)
    stage.accepted(1, { peerId: peerIdOf(2) })
    expect(stage.connected).toEqual(['1', '1:50000 in'])
  })

  test('whatever arrives first, both ends keep one, and it is the one that the larger id dialled', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.nat(100), { minLength: 40, maxLength: 40 }), (weAreLarger, draws) => {
        const wire = new Wire()
        const [a, b] = weAreLarger ? [wire.end(2), wire.end(1)] : [wire.end(1), wire.end(2)]
        a.stage.connector.known.add(b.address, false)
        b.stage.connector.known.add(a.address, false)
        a.stage.settle()
        b.stage.settle()
        for (const draw of draws) wire.deliver(draw)
        while (wire.deliver(0)) {}
        const kept = weAreLarger ? [false, true] : [true, false]
        const incoming = [a, b].map(({ stage: { connector } }) =>
          [...connector.sessions.all()].map((each) => each.incoming),
        )
        expect(incoming).toEqual(kept.map((each) => [each]))
      }),
      { numRuns: 200, seed: 3 },
    )
  })
})

/** Connectors that dial each other; what is under way arrives in an order that the test draws, but in order on each way. */
class Wire {
  readonly #accepts = new Map<string, (remote: PeerAddress, far: Way) => ConnectionHandler>()
  readonly #ways: (() => void)[][] = []
  readonly #settles: (() => void)[] = []
  #port = 50_000

  end(number: number): { readonly stage: ConnectorStage; readonly address: PeerAddress } {
    const address = addressOf(number)
    const connect = (remote: PeerAddress, handler: ConnectionHandler) => this.#connect(address, remote, handler)
    const end = new ConnectorStage({ connect, listen: () => ({ close() {} }) }, peerIdOf(number))
    this.#accepts.set(formatAddress(address), (remote, far) => {
      const handler = end.connector.accept(0, far.towards(remote))
      end.settle()
      return handler
    })
    this.#settles.push(() => end.settle())
    return { stage: end, address }
  }

  /** The next of one way; false when nothing is under way. */
  deliver(draw: number): boolean {
    const busy = this.#ways.filter((way) => way.length > 0)
    if (busy.length === 0) return false
    busy[draw % busy.length]!.shift()!()
    for (const settle of this.#settles) settle()
    return true
  }

  #connect(from: PeerAddress, to: PeerAddress, handler: ConnectionHandler): Connection {
    const [there, back]: (() => void)[][] = [[], []]
    this.#ways.push(there!, back!)
    const near = new Way(there!)
    const far = new Way(back!)
    near.handler = () => farHandler
    far.handler = () => handler
    let farHandler: ConnectionHandler = NO_HANDLER
    there!.push(() => {
      back!.push(() => handler.opened(0))
      farHandler = this.#accepts.get(formatAddress(to))!({ host: from.host, port: this.#port++ }, far)
    })
    return near.towards(to)
  }
}

/** One direction of a connection. */
class Way {
  handler: () => ConnectionHandler = () => NO_HANDLER
  readonly #queue: (() => void)[]

  constructor(queue: (() => void)[]) {
    this.#queue = queue
  }

  towards(remote: PeerAddress): Connection {
    return {
      remote,
      unsentBytes: 0,
      send: (...parts) => {
        for (const part of parts) this.#queue.push(() => this.handler().received(0, part.slice(), 'owned'))
      },
      close: () => this.#queue.push(() => this.handler().ended(0, 'fin')),
      reset: () => this.#queue.push(() => this.handler().ended(0, 'reset')),
      pauseReceiving() {},
      resumeReceiving() {},
    }
  }
}
