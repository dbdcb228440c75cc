/**
 * A swarm for tests of PieceManager: peers that ask, deliver right or wrong blocks, choke, drop and come back, and a
 * bookkeeper beside it that knows what every block should be waiting for. Each step checks the manager against it.
 */
import { expect } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { Blame } from './blame.ts'
import type { PartialPiece, PeerKey } from './partial-piece.ts'
import type { PickStrategy } from './pick-strategy.ts'
import type { Pick } from './picker.ts'
import { PieceManager, type PieceStatus } from './piece-manager.ts'
import { TENURE_BEHIND_MS, TENURE_MS } from './probation.ts'
import { seeded } from './random.testing.ts'

const BLOCKS_PER_PIECE = 3

export interface PeerSpec {
  readonly pieces: readonly number[]
  /** Delivers wrong blocks when told to. */
  readonly liar: boolean
  readonly fast?: boolean
}

interface Peer {
  readonly key: PeerKey
  readonly bits: Bitfield
  readonly liar: boolean
  readonly fast: boolean
  connected: boolean
  choked: boolean
  banned: boolean
  /** In the order of the requests. */
  owes: BlockRange[]
  /** Given up, and perhaps on their way. */
  late: BlockRange[]
}

/** What a block waits for. */
interface BlockBook {
  readonly owedBy: Set<PeerKey>
  here: boolean
  askedBefore: boolean
}

/** A piece on probation, since its present source was asked first. */
interface Tenure {
  readonly source: PeerKey
  readonly sinceMs: number
}

const RIGHT = Uint8Array.of(1)
const WRONG = Uint8Array.of(0)

export class TestSwarm {
  readonly manager: PieceManager
  readonly peers: readonly Peer[]
  readonly statuses: PieceStatus[]
  readonly #geometry: Geometry
  readonly #blame = new Blame()
  readonly #books: BlockBook[][]
  /** Failed before, and not yet complete. */
  readonly #onProbation = new Set<number>()
  readonly #checking: PartialPiece[] = []
  readonly #tenures = new Map<number, Tenure>()
  readonly #restarts: number[]
  readonly #begunByFast = new Set<number>()
  #wanted: ReadonlySet<number>
  #nowMs = 0
  /** What happened, so that a test can demand that something did. */
  readonly seen = {
    first: 0,
    again: 0,
    endgame: 0,
    wasted: 0,
    late: 0,
    failed: 0,
    convicted: 0,
    takeover: 0,
    unwanted: 0,
    lost: 0,
  }

  constructor(pieceCount: number, peers: readonly PeerSpec[], seed: number, strategy: PickStrategy = 'rarest-first') {
    // The last piece has one block, and that is short.
    const totalBytes = ((pieceCount - 1) * BLOCKS_PER_PIECE + 1) * BLOCK_BYTES - 1
    this.#geometry = new Geometry(totalBytes, BLOCKS_PER_PIECE * BLOCK_BYTES)
    this.manager = new PieceManager(this.#geometry, seeded(seed), { strategy, randomFirstPieces: 1 })
    this.#wanted = new Set(Array.from({ length: pieceCount }, (_, piece) => piece))
    this.#restarts = Array.from({ length: pieceCount }, () => 0)
    this.statuses = Array.from({ length: pieceCount }, () => 'missing')
    this.#books = Array.from({ length: pieceCount }, (_, piece) => this.#freshBooks(piece, false))
    this.peers = peers.map(({ pieces, liar, fast = false }, key) => {
      const bits = new Bitfield(pieceCount)
      for (const piece of pieces) bits.set((piece % pieceCount) as PieceIndex)
      const flags = { connected: false, choked: false, banned: false }
      return { key, bits, liar, fast, ...flags, owes: [], late: [] }
    })
    for (const peer of this.peers) this.connect(peer)
  }

  // What peers do.

  connect(peer: Peer): void {
    if (peer.connected || peer.banned) return
    peer.connected = true
    peer.choked = false
    this.manager.peerHasThese(peer.bits)
  }

  /** True when there was something for it. */
  ask(peer: Peer): boolean {
    if (!peer.connected || peer.choked) return false
    const isIdle = peer.owes.length === 0
    const openToIt = this.#openTo(peer)
    const hint = { nowMs: this.#nowMs, isIdle, isFast: peer.fast }
    const pick = this.manager.pick(peer.key, peer.bits, hint)
    if (pick === null) {
      expect(openToIt, `peer ${peer.key} has nothing to do`).toEqual([])
      if (isIdle && this.#isEndgame()) expect(this.#duplicatesFor(peer)).toEqual([])
      if (isIdle) expect(this.#overdueFor(peer)).toEqual([])
      return false
    }
    this.seen[pick.why]++
    if (pick.takenFrom !== null) this.#takeOver(peer, pick.range.piece, pick.takenFrom)
    this.#checkPick(peer, pick, openToIt)
    const { piece } = pick.range
    const book = this.#book(pick.range)
    book.owedBy.add(peer.key)
    book.askedBefore = true
    peer.owes.push(pick.range)
    if (this.#onProbation.has(piece) && this.#tenures.get(piece)?.source !== peer.key) {
      this.#tenures.set(piece, { source: peer.key, sinceMs: this.#nowMs })
    }
    if (this.statuses[piece] === 'missing') {
      this.statuses[piece] = 'downloading'
      if (peer.fast) this.#begunByFast.add(piece)
    }
    this.#check()
    return true
  }

  deliver(peer: Peer, nth: number, lies: boolean): void {
    if (peer.owes.length === 0) return
    const [range] = peer.owes.splice(nth % peer.owes.length, 1)
    this.#book(range!).owedBy.delete(peer.key)
    this.#receive(peer, range!, lies)
  }

  deliverLate(peer: Peer, nth: number, lies: boolean): void {
    if (!peer.connected || peer.late.length === 0) return
    const [range] = peer.late.splice(nth % peer.late.length, 1)
    this.seen.late++
    this.#receive(peer, range!, lies)
  }

  choke(peer: Peer): void {
    if (!peer.connected) return
    peer.choked = true
    this.#giveUp(peer)
  }

  unchoke(peer: Peer): void {
    peer.choked = false
  }

  drop(peer: Peer): void {
    if (!peer.connected) return
    peer.connected = false
    this.manager.peerGone(peer.bits)
    this.#giveUp(peer)
    peer.late = []
  }

  /** Time goes by. */
  wait(ms: number): void {
    this.#nowMs += ms
  }

  /** Files are selected: these pieces are wanted from here on. */
  want(pieces: ReadonlySet<number>): void {
    const bits = new Bitfield(this.statuses.length)
    for (const piece of pieces) bits.set(piece as PieceIndex)
    this.#wanted = pieces
    const cancelled = this.manager.setWanted(pieces.size === this.statuses.length ? null : bits)
    const owed: string[] = []
    for (const [piece, status] of this.statuses.entries()) {
      if (status !== 'downloading' || pieces.has(piece)) continue
      this.seen.unwanted++
      for (const peer of this.peers) owed.push(...this.#voidOwed(peer, piece))
      this.statuses[piece] = 'missing'
      this.#forget(piece, false)
    }
    const told = cancelled.map(({ peer, range }) => `${peer} ${range.piece}.${range.offsetBytes}`)
    expect(told.sort()).toEqual(owed.sort())
    this.#check()
  }

  /** A complete piece cannot be read any more. */
  lose(piece: number): void {
    if (this.statuses[piece] !== 'complete') return
    this.seen.lost++
    this.manager.lost(piece as PieceIndex)
    this.statuses[piece] = 'missing'
    this.#forget(piece, false)
    this.#check()
  }

  /** A peer has a piece no more, or one more. */
  change(peer: Peer, nth: number): void {
    const piece = (nth % this.statuses.length) as PieceIndex
    const isLost = peer.bits.clear(piece)
    if (!isLost) peer.bits.set(piece)
    if (!peer.connected) return
    if (isLost) this.manager.peerLost(piece)
    else this.manager.peerHas(piece)
  }

  /** The hash of one piece that waits for it comes out. */
  checkPiece(): void {
    const whole = this.#checking.shift()
    if (whole === undefined) return
    const { piece, parts, senders } = whole
    const good = parts.every((part) => part === RIGHT)
    const guilty = good ? this.#blame.verified(piece, parts) : this.#blame.failed(piece, parts, senders)
    if (good) {
      this.manager.stored(piece)
      this.statuses[piece] = 'complete'
      this.#forget(piece, false)
    } else {
      this.manager.failed(piece)
      this.seen.failed++
      const isWanted = this.#wanted.has(piece)
      this.statuses[piece] = isWanted ? 'downloading' : 'missing'
      this.#forget(piece, isWanted)
    }
    for (const key of guilty) this.#ban(this.peers[key]!)
    this.#check()
  }

  // The books.

  #receive(peer: Peer, range: BlockRange, lies: boolean): void {
    const book = this.#book(range)
    const isTaken =
      this.statuses[range.piece] === 'downloading' && !book.here && !this.#hasOtherSource(range.piece, peer)
    const others = [...book.owedBy]
    const received = this.manager.received(range, peer.key, lies && peer.liar ? WRONG : RIGHT)
    expect(received.kind).toBe(isTaken ? 'kept' : 'wasted')
    if (received.kind === 'wasted') {
      this.seen.wasted++
      return this.#check()
    }
    expect([...received.cancelAt].sort()).toEqual(others.filter((key) => key !== peer.key).sort())
    // Who is cancelled may send it all the same; so may the sender, of whom a late block was asked again.
    for (const key of others) this.#cancel(this.peers[key]!, range)
    book.here = true
    const isWhole = this.#books[range.piece]!.every(({ here }) => here)
    expect(received.whole !== null).toBe(isWhole)
    if (received.whole !== null) {
      this.statuses[range.piece] = 'checking'
      this.#checking.push(received.whole)
    }
    this.#check()
  }

  #cancel(peer: Peer, range: BlockRange): void {
    this.#book(range).owedBy.delete(peer.key)
    peer.owes = peer.owes.filter((owed) => owed.piece !== range.piece || owed.offsetBytes !== range.offsetBytes)
    peer.late.push(range)
  }

  /** The source that is replaced is told, and what it sent so far counts for nothing. */
  #takeOver(peer: Peer, piece: number, { peer: former, ranges }: NonNullable<Pick['takenFrom']>): void {
    this.seen.takeover++
    expect([...this.#sourcesOf(piece)]).toEqual([former])
    expect(former).not.toBe(peer.key)
    const heldMs = this.#nowMs - this.#tenures.get(piece)!.sinceMs
    expect(heldMs).toBeGreaterThanOrEqual((peer.fast ? TENURE_BEHIND_MS : TENURE_MS) * (this.#restarts[piece]! + 1))
    const told = ranges.map((range) => `${former} ${range.piece}.${range.offsetBytes}`)
    expect(told.sort()).toEqual(this.#voidOwed(this.peers[former]!, piece).sort())
    const restarts = this.#restarts[piece]! + 1
    this.#forget(piece, true)
    this.#restarts[piece] = restarts
  }

  /** What the peer owes of the piece is cancelled, and perhaps on its way. Gives it by name. */
  #voidOwed(peer: Peer, piece: number): string[] {
    const voided = peer.owes.filter((range) => range.piece === piece)
    peer.owes = peer.owes.filter((range) => range.piece !== piece)
    peer.late.push(...voided)
    return voided.map((range) => `${peer.key} ${range.piece}.${range.offsetBytes}`)
  }

  /** Nothing of the piece is owed, or here. */
  #forget(piece: number, onProbation: boolean): void {
    this.#books[piece] = this.#freshBooks(piece, onProbation)
    this.#tenures.delete(piece)
    this.#begunByFast.delete(piece)
    this.#restarts[piece] = 0
    if (onProbation) this.#onProbation.add(piece)
    else this.#onProbation.delete(piece)
  }

  #giveUp(peer: Peer): void {
    const voided = peer.owes
    peer.owes = []
    peer.late.push(...voided)
    for (const range of voided) this.#book(range).owedBy.delete(peer.key)
    this.manager.release(peer.key, voided)
    this.#check()
  }

  #ban(peer: Peer): void {
    expect(peer.liar, `peer ${peer.key} is honest`).toBe(true)
    this.seen.convicted++
    peer.banned = true
    this.drop(peer)
  }

  #checkPick(peer: Peer, { range, why, takenFrom }: Pick, openToIt: readonly string[]): void {
    const book = this.#book(range)
    expect(peer.bits.has(range.piece)).toBe(true)
    expect(this.#wanted.has(range.piece)).toBe(true)
    expect(book.owedBy.has(peer.key), 'asked twice of the same peer').toBe(false)
    expect(book.here).toBe(false)
    expect(this.statuses[range.piece]).toMatch(/missing|downloading/)
    expect(range.lengthBytes).toBe(this.#geometry.blockBytes(range.piece, range.offsetBytes / BLOCK_BYTES))
    if (why === 'endgame') {
      expect(openToIt).toEqual([])
      expect(this.#isEndgame()).toBe(true)
      const fewest = Math.min(...this.#duplicatesFor(peer))
      expect(book.owedBy.size).toBe(fewest)
      return
    }
    expect(book.owedBy.size).toBe(0)
    expect(why).toBe(book.askedBefore ? 'again' : 'first')
    if (peer.fast || takenFrom !== null) return
    // A slow peer begins no piece while it can help with one that no fast peer has for itself.
    const begun = openToIt.filter((name) => name.startsWith('begun') && !this.#begunByFast.has(Number(name.slice(6))))
    if (begun.length > 0) expect(this.statuses[range.piece]).toBe('downloading')
  }

  #check(): void {
    const { manager } = this
    const told = this.statuses.map((_, piece) => manager.statusOf(piece as PieceIndex))
    expect(told).toEqual(this.statuses)
    const left = [...this.#wanted].filter((piece) => this.statuses[piece] !== 'complete')
    expect([manager.piecesLeft, manager.isComplete]).toEqual([left.length, left.length === 0])
    for (const { bits } of this.peers) {
      expect(manager.missingOf(bits)).toBe(left.filter((piece) => bits.has(piece as PieceIndex)).length)
    }
    expect(manager.isEndgame).toBe(this.#isEndgame())
    for (const piece of this.#onProbation) expect(this.#sourcesOf(piece).size).toBeLessThanOrEqual(1)
  }

  /** All that is missing is owed by somebody, or one source alone may be asked for it. */
  #isEndgame(): boolean {
    const missing = this.statuses.some((status, piece) => status === 'missing' && this.#wanted.has(piece))
    if (missing || !this.statuses.includes('downloading')) return false
    return this.#books.every((books, piece) => {
      if (this.statuses[piece] !== 'downloading' || (this.#onProbation.has(piece) && this.#sourcesOf(piece).size > 0)) {
        return true
      }
      return books.every(({ here, owedBy }) => here || owedBy.size > 0)
    })
  }

  /** What the peer may be asked for. */
  #openTo(peer: Peer): string[] {
    const open: string[] = []
    for (const [piece, books] of this.#books.entries()) {
      const status = this.statuses[piece]
      if (!this.#wanted.has(piece)) continue
      if (!peer.bits.has(piece as PieceIndex) || (status !== 'missing' && status !== 'downloading')) continue
      if (this.#hasOtherSource(piece, peer)) continue
      const count = books.filter(({ here, owedBy }) => !here && owedBy.size === 0).length
      if (count > 0) open.push(`${status === 'missing' ? 'new' : 'begun'} ${piece}`)
    }
    return open
  }

  /** How many owe each block of which the peer could be asked for a duplicate. */
  #duplicatesFor(peer: Peer): number[] {
    return this.#books.flatMap((books, piece) => {
      if (this.statuses[piece] !== 'downloading' || this.#onProbation.has(piece)) return []
      if (!peer.bits.has(piece as PieceIndex)) return []
      return books
        .filter(({ here, owedBy }) => !here && !owedBy.has(peer.key) && owedBy.size > 0)
        .map(({ owedBy }) => owedBy.size)
    })
  }

  /** Pieces that another has kept for longer than it may. */
  #overdueFor(peer: Peer): number[] {
    return [...this.#tenures.keys()].filter((piece) => {
      const heldMs = this.#nowMs - this.#tenures.get(piece)!.sinceMs
      const isHeld = this.statuses[piece] === 'downloading' && this.#hasOtherSource(piece, peer)
      return isHeld && peer.bits.has(piece as PieceIndex) && heldMs >= TENURE_MS * (this.#restarts[piece]! + 1)
    })
  }

  #hasOtherSource(piece: number, peer: Peer): boolean {
    return this.#onProbation.has(piece) && [...this.#sourcesOf(piece)].some((key) => key !== peer.key)
  }

  #sourcesOf(piece: number): Set<PeerKey> {
    return new Set(this.#books[piece]!.flatMap(({ owedBy }) => [...owedBy]))
  }

  #book(range: BlockRange): BlockBook {
    return this.#books[range.piece]![range.offsetBytes / BLOCK_BYTES]!
  }

  #freshBooks(piece: number, askedBefore: boolean): BlockBook[] {
    const count = this.#geometry.blockCount(piece as PieceIndex)
    return Array.from({ length: count }, () => ({ owedBy: new Set(), here: false, askedBefore }))
  }
}
