import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { joined } from '../ports/bytes.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { PeerConnection } from './peer-connection.ts'
import { formatCloseReason } from './peer-event.ts'
import { block, GREETING, INFOHASH, OUR_ID, THEIR_ID } from './wire-words.testing.ts'

const PIECES = 3
const BLOCKS = 6
const geometry = new Geometry(BLOCKS * BLOCK_BYTES - 100, 2 * BLOCK_BYTES)
const rangeOf = (index: number): BlockRange => geometry.block((index >> 1) as PieceIndex, index & 1)

type Action =
  | { readonly do: 'ask'; readonly index: number }
  | { readonly do: 'cancel'; readonly index: number }
  | { readonly do: 'choke'; readonly value: boolean }
  | { readonly do: 'take' }
  | { readonly do: 'send' }
  | { readonly do: 'refuse' }
  | { readonly do: 'lose'; readonly piece: number }
  | { readonly do: 'regain'; readonly piece: number }
  | { readonly do: 'deliver'; readonly to: 'leecher' | 'seeder'; readonly bytes: number }
  | { readonly do: 'wait'; readonly ms: number }

const just = <const T extends string>(...values: readonly T[]) => fc.constantFrom(...values)
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: just('ask'), index: fc.nat(BLOCKS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: just('cancel'), index: fc.nat(BLOCKS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: just('choke'), value: fc.constantFrom(false, false, true) }) },
  { weight: 10, arbitrary: fc.record({ do: just('take', 'take', 'take', 'send', 'send', 'send', 'refuse') }) },
  { weight: 1, arbitrary: fc.record({ do: just('lose', 'regain'), piece: fc.nat(PIECES - 1) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: just('deliver'),
      to: just('leecher', 'seeder'),
      bytes: fc.constantFrom(1, 17, 20_000, 100_000, 100_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: just('wait'), ms: fc.nat(15) }) },
)
const anyLife = fc.record({
  fast: fc.boolean(),
  extensions: fc.boolean(),
  depth: fc.constantFrom<number | 'auto'>(1, 4, 'auto'),
  actions: fc.array(anyAction, { minLength: 30, maxLength: 120, size: 'max' }),
})

/** A leecher and a seeder of ours, and the bytes between them. */
class Pair {
  readonly leecher: PeerConnection
  readonly seeder: PeerConnection
  readonly seederPieces = Bitfield.full(PIECES)
  readonly got = new Set<number>()
  readonly #toLeecher: Uint8Array[] = []
  readonly #toSeeder: Uint8Array[] = []
  readonly #reading: BlockRange[] = []
  readonly #mask: { readonly fast: boolean; readonly extensions: boolean }
  nowMs = 0
  rejectedCount = 0

  constructor({ fast, extensions, depth }: { fast: boolean; extensions: boolean; depth: number | 'auto' }) {
    this.#mask = { fast, extensions }
    const shared = { infohash: INFOHASH, pipelineDepth: depth, greeting: () => GREETING }
    const allowedFast = [1 as PieceIndex]
    const theirs = { geometry, ourPieces: this.seederPieces, allowedFast }
    const ours = { geometry, ourPieces: new Bitfield(PIECES), allowedFast: [] }
    this.leecher = new PeerConnection({ ...shared, peerId: OUR_ID, content: ours }, 0, 'connecting')
    this.seeder = new PeerConnection({ ...shared, peerId: THEIR_ID, content: theirs }, 0, 'accepted')
    this.leecher.opened(0)
    this.#drain()
    this.#deliver('seeder', 68)
    this.#drain()
    this.#deliver('leecher', 68)
    this.leecher.setInterested(0, true)
    this.seeder.setChoking(0, false)
    this.#drain()
  }

  act(action: Action): void {
    const { leecher, seeder, nowMs } = this
    if (action.do === 'ask') this.#ask(action.index)
    else if (action.do === 'cancel') leecher.cancel(nowMs, rangeOf(action.index))
    else if (action.do === 'choke') seeder.setChoking(nowMs, action.value)
    else if (action.do === 'take') this.#take()
    else if (action.do === 'send') this.#send()
    else if (action.do === 'refuse') this.#refuse()
    else if (action.do === 'lose') this.#lose(action.piece as PieceIndex)
    else if (action.do === 'regain') this.#regain(action.piece as PieceIndex)
    else if (action.do === 'deliver') this.#deliver(action.to, action.bytes)
    else this.nowMs += action.ms
    leecher.handleDeadline(this.nowMs)
    seeder.handleDeadline(this.nowMs)
    this.#drain()
  }

  /** Faults off: the seeder unchokes and serves; the leecher asks for what it misses. */
  finish(): void {
    for (let piece = 0; piece < PIECES; piece++) this.act({ do: 'regain', piece })
    this.act({ do: 'choke', value: false })
    // Without the fast extension a request that was dropped ends by the snub alone.
    const isDone = () => this.got.size === BLOCKS && this.leecher.outstandingCount === 0
    for (let round = 0; round < 60 && !isDone(); round++) {
      for (let index = 0; index < BLOCKS; index++) if (!this.got.has(index)) this.act({ do: 'ask', index })
      this.#exchangeAll()
      // Longer than it takes to forget rejects.
      this.act({ do: 'wait', ms: 1_000 })
    }
    this.#exchangeAll()
  }

  #exchangeAll(): void {
    this.act({ do: 'deliver', to: 'seeder', bytes: 1_000_000 })
    for (let index = 0; index < 2 * BLOCKS; index++) this.act({ do: 'take' })
    for (let index = 0; index < 4 * BLOCKS; index++) this.act({ do: 'send' })
    this.act({ do: 'deliver', to: 'leecher', bytes: 1_000_000 })
  }

  #ask(index: number): void {
    const { leecher } = this
    const range = rangeOf(index)
    if (leecher.requestsFree === 0 || leecher.isOutstanding(range) || !leecher.requestable.has(range.piece)) return
    leecher.request(this.nowMs, range)
  }

  #take(): void {
    const range = this.seeder.nextRequest()
    if (range !== null) this.#reading.push(range)
  }

  #send(): void {
    const range = this.#reading.shift()
    if (range === undefined) return
    const bytes = block(range.piece, range.offsetBytes, range.lengthBytes).block
    const mayChoked = this.#mask.fast && range.piece === 1
    if (this.seeder.sendBlock(this.nowMs, range, bytes)) expect(this.seeder.weChoke && !mayChoked).toBe(false)
  }

  #refuse(): void {
    const range = this.#reading.shift()
    if (range !== undefined) this.seeder.rejectRequest(this.nowMs, range)
  }

  #lose(piece: PieceIndex): void {
    if (this.seederPieces.clear(piece)) this.seeder.dontHave(this.nowMs, piece)
  }

  #regain(piece: PieceIndex): void {
    if (this.seederPieces.set(piece)) this.seeder.have(this.nowMs, piece)
  }

  #deliver(to: 'leecher' | 'seeder', count: number): void {
    const queue = to === 'leecher' ? this.#toLeecher : this.#toSeeder
    const all = joined(queue.splice(0))
    if (all.length > count) queue.push(all.subarray(count))
    if (all.length > 0) this[to].receiveBytes(this.nowMs, all.slice(0, count), 'owned')
  }

  #drain(): void {
    this.#pull(this.leecher, this.#toSeeder)
    this.#pull(this.seeder, this.#toLeecher)
    for (let event = this.leecher.nextEvent(); event !== null; event = this.leecher.nextEvent()) {
      if (event.type === 'closed') expect.fail(`leecher: ${formatCloseReason(event.reason)}`)
      if (event.type === 'rejected') this.rejectedCount++
      if (event.type !== 'block') continue
      const { piece, offsetBytes, lengthBytes } = event.range
      expect([event.asked, Buffer.compare(event.bytes, block(piece, offsetBytes, lengthBytes).block)]).toEqual([
        true,
        0,
      ])
      this.got.add(piece * 2 + offsetBytes / BLOCK_BYTES)
    }
    for (let event = this.seeder.nextEvent(); event !== null; event = this.seeder.nextEvent()) {
      if (event.type === 'closed') expect.fail(`seeder: ${formatCloseReason(event.reason)}`)
    }
  }

  #pull(from: PeerConnection, queue: Uint8Array[]): void {
    for (let parts = from.nextParts(); parts !== null; parts = from.nextParts()) {
      queue.push(...parts.map((part) => (isHandshake(part) ? this.#masked(part) : part)))
    }
  }

  /** The handshake of a side that speaks less than we do. */
  #masked(handshake: Uint8Array): Uint8Array {
    const masked = handshake.slice()
    if (!this.#mask.extensions) masked[25] = 0
    if (!this.#mask.fast) masked[27] = 0
    return masked
  }
}

const isHandshake = (part: Uint8Array) => part.length === 68 && part[0] === 19 && part[1] === 66

test('two of ours never find fault with each other, and one that serves in the end is downloaded from wholly', () => {
  let rejected = 0
  let early = 0
  fc.assert(
    fc.property(anyLife, (life) => {
      const pair = new Pair(life)
      for (const action of life.actions) pair.act(action)
      early += pair.got.size
      pair.finish()
      expect(pair.got.size).toBe(BLOCKS)
      expect([pair.leecher.outstandingCount, pair.seeder.requestsQueued]).toEqual([0, 0])
      rejected += pair.rejectedCount
    }),
    { numRuns: 150, seed: 7 },
  )
  // The lives were worth living.
  expect(early).toBeGreaterThan(50)
  expect(rejected).toBeGreaterThan(20)
})
