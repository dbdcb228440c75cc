/**
 * Judges a download by its events alone, whatever the swarm does to it. In every run:
 *
 * - a block is asked of no peer that chokes, is not connected, or owes as many as its pipeline takes (one when snubbed);
 * - a block is asked for only while it is missing; `first`, `again` and `endgame` mean what they say;
 * - what a peer gives up or loses is what it owed, to the block;
 * - every byte is counted once: useful ones are those of the pieces stored or under way, the others are wasted;
 * - a piece is stored once, and only after it was verified; the end comes once, with every byte;
 * - a banned peer is never heard of again; time never goes back.
 */
import { expect } from 'vitest'
import { BLOCK_BYTES, type Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import type { ClientEvent, Events } from '../client/ports/events.ts'

export interface TimedEvent {
  readonly atMs: number
  readonly event: ClientEvent
}

interface PeerBook {
  readonly name: string
  isOpen: boolean
  chokes: boolean
  isSnubbed: boolean
  isBanned: boolean
  /** Names of the blocks it owes. */
  readonly owes: Set<string>
}

type PieceBook = 'missing' | 'verified' | 'stored'

export class Judge implements Events {
  readonly events: TimedEvent[] = []
  readonly #geometry: Geometry
  readonly #depth: number
  readonly #peers = new Map<string, PeerBook>()
  /** Blocks that are here, by piece. */
  readonly #here = new Map<number, Set<string>>()
  readonly #pieces: PieceBook[]
  readonly #askedBefore = new Set<string>()
  /** Of what came in: useful ones of pieces that failed afterwards, too. */
  readonly bytes = { useful: 0, wasted: 0, failed: 0, stored: 0 }
  #onDiskCount = 0
  /** Which piece it was is not told, and what comes in after it is of no consequence. */
  #hasStorageFailed = false

  constructor(geometry: Geometry, depth: number) {
    this.#geometry = geometry
    this.#depth = depth
    this.#pieces = Array.from({ length: geometry.pieceCount }, () => 'missing')
  }

  emit(nowMs: number, event: ClientEvent): void {
    if (nowMs < (this.events.at(-1)?.atMs ?? 0)) expect.fail(`back in time, to ${nowMs} ms`)
    this.events.push({ atMs: nowMs, event })
    if ('peer' in event) this.#judgePeer(this.#peer(event.peer), event)
    else this.#judgePiece(event)
  }

  /** Of this type, in order. */
  all<Type extends ClientEvent['type']>(type: Type): (ClientEvent & { type: Type } & { atMs: number })[] {
    return this.events.flatMap(({ atMs, event }) =>
      event.type === type ? [{ ...(event as ClientEvent & { type: Type }), atMs }] : [],
    )
  }

  /** Once nothing is on its way from the network to the disk any more. */
  checkBytes(): void {
    if (this.#hasStorageFailed) return
    const underWay = [...this.#here.entries()].flatMap(([piece, blocks]) =>
      [...blocks].map((name) => this.#blockBytes(piece, name)),
    )
    const { useful, failed, stored } = this.bytes
    expect(useful - failed - stored, 'bytes under way').toBe(underWay.reduce((sum, bytes) => sum + bytes, 0))
  }

  #peer(name: string): PeerBook {
    let book = this.#peers.get(name)
    if (book === undefined) {
      book = { name, isOpen: false, chokes: true, isSnubbed: false, isBanned: false, owes: new Set() }
      this.#peers.set(name, book)
    }
    return book
  }

  #judgePeer(peer: PeerBook, event: ClientEvent & { peer: string }): void {
    if (peer.isBanned) is('peer-closed', event.type, `what ${peer.name} does, though banned`)
    switch (event.type) {
      case 'peer-handshaken':
        is(false, peer.isOpen, `${peer.name} is open`)
        Object.assign(peer, { isOpen: true, chokes: true, isSnubbed: false })
        break
      case 'peer-unchoked':
        peer.chokes = false
        break
      case 'peer-choked':
        this.#givesUp(peer, event.requestsVoided)
        peer.chokes = true
        break
      case 'peer-snubbed':
        this.#givesUp(peer, event.requestsReassigned)
        peer.isSnubbed = true
        break
      case 'peer-closed':
        this.#givesUp(peer, event.requestsLost)
        peer.isOpen = false
        break
      case 'peer-banned':
        peer.isBanned = true
        break
      case 'block-refused':
        is(true, peer.owes.delete(nameOf(event)), `${peer.name} owed what it refuses`)
        break
      case 'piece-taken':
        this.#judgeTaken(peer, event.piece)
        break
      case 'block-requested':
        this.#judgeRequest(peer, event)
        break
      case 'block-received':
        this.#judgeBlock(peer, event)
        break
      default:
    }
  }

  #givesUp(peer: PeerBook, count: number): void {
    is(peer.owes.size, count, `what ${peer.name} owed`)
    peer.owes.clear()
  }

  /** Another begins the piece anew. */
  #judgeTaken(peer: PeerBook, piece: number): void {
    for (const block of peer.owes) if (block.startsWith(`${piece}:`)) peer.owes.delete(block)
    for (const block of this.#here.get(piece) ?? []) this.bytes.failed += this.#blockBytes(piece, block)
    this.#here.delete(piece)
  }

  #judgeRequest(peer: PeerBook, event: ClientEvent & { type: 'block-requested' }): void {
    const block = nameOf(event)
    const owedByOthers = [...this.#peers.values()].some((other) => other !== peer && other.owes.has(block))
    is(true, peer.isOpen, `${peer.name} is open`)
    is(event.whileChoked ?? false, peer.chokes, `${peer.name} chokes`)
    is(true, peer.owes.size < (peer.isSnubbed ? 1 : this.#depth), `${peer.name} owes less than its pipeline takes`)
    is(false, peer.owes.has(block), `${block} is owed by ${peer.name}`)
    is(false, this.#here.get(event.piece)?.has(block) ?? false, `${block} is here`)
    is('missing', this.#pieces[event.piece], `piece ${event.piece}`)
    const why = this.#askedBefore.has(block) ? 'again' : 'first'
    is(owedByOthers ? 'endgame' : why, event.why, `why ${block} is asked`)
    peer.owes.add(block)
    this.#askedBefore.add(block)
  }

  #judgeBlock(peer: PeerBook, event: ClientEvent & { type: 'block-received' }): void {
    const block = nameOf(event)
    // One of another length is not what was asked for, and is owed as before.
    if (!event.wasted || this.#blockBytes(event.piece, block) === event.lengthBytes) peer.owes.delete(block)
    peer.isSnubbed = false
    if (event.wasted) {
      this.bytes.wasted += event.lengthBytes
      return
    }
    if (this.#hasStorageFailed) return
    const here = this.#here.get(event.piece) ?? new Set()
    is(false, here.has(block), `${block} came before`)
    is('missing', this.#pieces[event.piece], `piece ${event.piece}`)
    this.#here.set(event.piece, here.add(block))
    this.bytes.useful += event.lengthBytes
    // The others need not send it any more: it is cancelled there.
    for (const other of this.#peers.values()) other.owes.delete(block)
  }

  #judgePiece(event: ClientEvent): void {
    if (this.#hasStorageFailed) {
      expect(['storage-failed', 'completed']).not.toContain(event.type)
      return
    }
    switch (event.type) {
      case 'verified-on-disk':
        expect(this.events.some((each) => each.event.type === 'block-requested')).toBe(false)
        this.#onDiskCount = event.pieces
        break
      case 'piece-verified':
        this.#becomes(event.piece, 'missing', 'verified')
        expect(this.#here.get(event.piece)?.size).toBe(this.#geometry.blockCount(event.piece as PieceIndex))
        break
      case 'piece-failed':
        expect(this.#pieces[event.piece]).toBe('missing')
        this.bytes.failed += this.#pieceBytes(event.piece)
        this.#here.delete(event.piece)
        break
      case 'piece-stored':
        this.#becomes(event.piece, 'verified', 'stored')
        expect(event.bytes).toBe(this.#pieceBytes(event.piece))
        this.bytes.stored += event.bytes
        this.#here.delete(event.piece)
        break
      case 'completed':
        expect(event.bytes).toBe(this.#geometry.totalBytes)
        expect(this.#pieces.filter((book) => book !== 'stored').length).toBe(this.#onDiskCount)
        expect(this.all('completed').length).toBe(1)
        break
      case 'storage-failed':
        this.#hasStorageFailed = true
        break
      default:
    }
  }

  #becomes(piece: number, from: PieceBook, to: PieceBook): void {
    expect(this.#pieces[piece], `piece ${piece}`).toBe(from)
    this.#pieces[piece] = to
  }

  #blockBytes(piece: number, name: string): number {
    const offsetBytes = Number(name.split(':')[1])
    return this.#geometry.blockBytes(piece as PieceIndex, offsetBytes / BLOCK_BYTES)
  }

  #pieceBytes(piece: number): number {
    return this.#geometry.pieceBytes(piece as PieceIndex)
  }
}

/** Asked at every block: the message and the rest of `expect` are made only where it fails. */
function is<Value>(expected: Value, actual: Value, what: string): void {
  if (actual !== expected) expect(actual, what).toBe(expected)
}

function nameOf({ piece, offsetBytes }: { readonly piece: number; readonly offsetBytes: number }): string {
  return `${piece}:${offsetBytes}`
}
