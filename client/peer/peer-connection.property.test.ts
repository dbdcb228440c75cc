import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import { anyMessage, cutAt, decodeAll, join } from '../wire/stream.testing.ts'
import { PeerConnection } from './peer-connection.ts'
import type { PeerConnectionEvent } from './peer-event.ts'
import type { PipelineDepth } from './pipeline.ts'
import {
  allowedFast,
  bitfield,
  block,
  choke,
  extended,
  GREETING,
  have,
  haveAll,
  INFOHASH,
  interested,
  OUR_ID,
  theirs,
  theirsBoth,
  theirsFast,
  unchoke,
} from './wire-words.testing.ts'

const PIECES = 3
const BLOCKS = 6
const geometry = new Geometry(BLOCKS * BLOCK_BYTES - 100, 2 * BLOCK_BYTES)
const rangeOf = (index: number): BlockRange => geometry.block((index >> 1) as PieceIndex, index & 1)
const ALLOWED = 2 as PieceIndex
/** By lt_donthave: piece 1 is gone. */
const EXTENDED = extended(3, Uint8Array.of(0, 0, 0, 1))
const BLOCK_MESSAGES = Array.from({ length: BLOCKS }, (_, index) => {
  const { piece, offsetBytes, lengthBytes } = rangeOf(index)
  return block(piece, offsetBytes, lengthBytes)
})

type Action =
  | { readonly do: 'receive'; readonly messages: readonly Message[]; readonly cuts: readonly number[] }
  | { readonly do: 'garbage'; readonly bytes: Uint8Array }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'deadline' }
  | { readonly do: 'request' | 'cancel'; readonly index: number }
  | { readonly do: 'choke'; readonly value: boolean }
  | { readonly do: 'serve' | 'refuse' }
  | { readonly do: 'interest'; readonly value: boolean }

const likelyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(choke, unchoke, unchoke, unchoke, interested) },
  { weight: 1, arbitrary: fc.nat(PIECES).map((piece) => have(Math.min(piece, PIECES - 1))) },
  { weight: 1, arbitrary: fc.constantFrom(bitfield('111'), bitfield('010'), bitfield('000')) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...BLOCK_MESSAGES),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constantFrom('request', 'request', 'cancel', 'reject'),
        index: fc.nat(BLOCKS - 1),
      })
      .map(({ type, index }): Message => ({ type, ...rangeOf(index) })),
  },
  { weight: 1, arbitrary: fc.constantFrom(allowedFast(0), allowedFast(1), haveAll, EXTENDED) },
)
const receive = (message: fc.Arbitrary<Message>) =>
  fc.record({
    do: fc.constant('receive' as const),
    messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
  })

const strangeAction: fc.Arbitrary<Action> = fc.oneof(
  receive(anyMessage),
  fc.record({ do: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 9 }) }),
)
const likelyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: receive(likelyMessage) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(15_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deadline' as const) }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('request' as const), index: fc.nat(BLOCKS - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), index: fc.nat(BLOCKS - 1) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('serve' as const, 'serve' as const, 'refuse' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('choke' as const), value: fc.constantFrom(false, false, true) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('interest' as const), value: fc.constantFrom(true, true, false) }),
  },
)
const anyLife = fc.tuple(
  fc.constantFrom<PipelineDepth>(1, 3, 'auto'),
  fc.constantFrom(theirs, theirsFast, theirsBoth),
  // Strange things happen late, or few lives would come to anything.
  fc
    .tuple(
      fc.array(likelyAction, { minLength: 10, maxLength: 80, size: 'max' }),
      fc.array(strangeAction, { maxLength: 3 }),
    )
    .map(([likely, strange]) => [...likely, ...strange]),
)

/** A connection, and what its events and commands say that the peer owes. */
class Ledger {
  readonly connection: PeerConnection
  readonly owed = new Set<string>()
  readonly sent: Uint8Array[] = []
  readonly #speaksFast: boolean
  requestCount = 0
  servedCount = 0
  settledCount = 0
  closed = false
  nowMs = 0

  constructor(depth: PipelineDepth, handshake: Uint8Array) {
    this.#speaksFast = handshake !== theirs
    const content = { geometry, ourPieces: Bitfield.full(PIECES), allowedFast: [ALLOWED] }
    const options = { infohash: INFOHASH, peerId: OUR_ID, pipelineDepth: depth, content, greeting: () => GREETING }
    this.connection = new PeerConnection(options, 0, 'accepted')
    this.connection.receiveBytes(0, join(handshake, encodeMessage(unchoke)), 'owned')
    this.connection.setInterested(0, true)
    this.drain()
  }

  act(action: Action): void {
    const { connection } = this
    if (action.do === 'receive') this.#receive(cutAt(join(...action.messages.map(encodeMessage)), action.cuts))
    else if (action.do === 'garbage') this.#receive([action.bytes])
    else if (action.do === 'wait') this.nowMs += action.ms
    else if (action.do === 'deadline') this.nowMs = Math.max(this.nowMs, connection.deadlineMs() ?? 0)
    else if (action.do === 'request') this.#request(rangeOf(action.index))
    else if (action.do === 'cancel') this.#cancel(rangeOf(action.index))
    else if (action.do === 'choke') connection.setChoking(this.nowMs, action.value)
    else if (action.do === 'serve') this.#serve()
    else if (action.do === 'refuse') this.#refuse()
    else if (action.do === 'interest') connection.setInterested(this.nowMs, action.value)
    connection.handleDeadline(this.nowMs)
    this.drain()
  }

  drain(): void {
    const { connection } = this
    for (let sent = connection.nextParts(); sent !== null; sent = connection.nextParts()) this.sent.push(...sent)
    for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) this.#take(event)
    expect(connection.outstandingCount).toBe(this.owed.size)
    expect(connection.deadlineMs() === null).toBe(this.closed)
  }

  #receive(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      const given = chunk.slice()
      this.connection.receiveBytes(this.nowMs, given, 'borrowed')
      given.fill(0xa5)
    }
  }

  #request(range: BlockRange): void {
    const { connection } = this
    const mayAsk = !connection.theyChoke || connection.requestable.has(range.piece)
    if (this.closed || (connection.theyChoke && !this.#speaksFast)) expect(connection.requestsFree).toBe(0)
    if (connection.requestsFree === 0 || connection.isOutstanding(range) || !mayAsk) return
    connection.request(this.nowMs, range)
    this.owed.add(key(range))
    this.requestCount++
  }

  #cancel(range: BlockRange): void {
    const wasOwed = this.connection.isOutstanding(range)
    this.connection.cancel(this.nowMs, range)
    if (wasOwed) this.#settle(range)
  }

  #serve(): void {
    const range = this.connection.nextRequest()
    if (range === null) return
    const { piece, offsetBytes, lengthBytes } = range
    expect([this.closed, this.connection.weChoke && (!this.#speaksFast || piece !== ALLOWED)]).toEqual([false, false])
    const sent = this.connection.sendBlock(this.nowMs, range, block(piece, offsetBytes, lengthBytes).block)
    this.servedCount += sent ? 1 : 0
  }

  #refuse(): void {
    const range = this.connection.nextRequest()
    if (range !== null) this.connection.rejectRequest(this.nowMs, range)
  }

  #take(event: PeerConnectionEvent): void {
    expect(this.closed, `${event.type} after closed`).toBe(false)
    if (event.type === 'block') {
      const { piece, offsetBytes, lengthBytes } = event.range
      if (this.owed.has(key(event.range))) {
        expect(event.asked).toBe(true)
        this.#settle(event.range)
      }
      if (event.asked) expect(lengthBytes).toBe(geometry.blockBytes(piece, offsetBytes / BLOCK_BYTES))
    } else if (event.type === 'rejected') {
      this.#settle(event.range)
    } else if (event.type === 'choked' || event.type === 'snubbed' || event.type === 'closed') {
      for (const range of event.voided) this.#settle(range)
      if (event.type !== 'choked' || !this.#speaksFast) expect(this.owed.size).toBe(0)
      this.closed = event.type === 'closed'
    }
  }

  #settle(range: BlockRange): void {
    expect(this.owed.delete(key(range)), `${key(range)} was owed`).toBe(true)
    this.settledCount++
  }
}

const key = (range: BlockRange) => `${range.piece}:${range.offsetBytes}`

test('whatever comes, every request is answered, voided or cancelled exactly once, and `closed` is the last event', () => {
  let delivered = 0
  let served = 0
  let closed = 0
  fc.assert(
    fc.property(anyLife, ([depth, handshake, actions]) => {
      const ledger = new Ledger(depth, handshake)
      for (const action of actions) {
        ledger.act(action)
        if (depth !== 'auto') expect(ledger.owed.size).toBeLessThanOrEqual(depth)
      }
      closed += ledger.closed ? 1 : 0
      ledger.connection.close('stopping')
      ledger.drain()
      expect(ledger.closed).toBe(true)
      expect([ledger.settledCount, ledger.owed.size]).toEqual([ledger.requestCount, 0])
      delivered += ledger.requestCount
      served += ledger.servedCount
      const messages = decodeAll([join(...ledger.sent).subarray(68)], () => 'owned')
      expect(messages.filter(({ type }) => type === 'fault')).toEqual([])
      expect(messages.filter(({ type }) => type === 'request').length).toBe(ledger.requestCount)
      expect(messages.filter(({ type }) => type === 'piece').length).toBe(ledger.servedCount)
    }),
    { numRuns: 120, seed: 11 },
  )
  // The lives were worth living: blocks were asked for, and some were closed early.
  expect(delivered).toBeGreaterThan(300)
  expect(served).toBeGreaterThan(50)
  expect(closed).toBeGreaterThan(10)
  expect(closed).toBeLessThan(75)
})
