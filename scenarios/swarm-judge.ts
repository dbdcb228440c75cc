/**
 * Judges a download by its events alone, whatever the swarm does to it. In every run:
 *
 * - a block is asked of no peer that chokes, is not connected, or owes as many as its pipeline takes (one when snubbed);
 * - a block is asked for only while it is missing; `first`, `again` and `endgame` mean what they say;
 * - what a peer gives up or loses is what it owed, to the block;
 * - every byte is counted once: useful ones are those of the pieces stored or under way, the others are wasted;
 * - a piece is stored once, and only after it was verified; the end comes once, with every byte;
 * - a banned peer is never heard of again; time never goes back.
 *
 * What does not hold throws an Error that names it.
 */
import { BLOCK_BYTES, type Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import { ALLOWED_FAST_MAX } from '../client/peer/requestable.ts'
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
  /** Pieces that it allowed to be asked for while it chokes (BEP 6): a choke does not void them. */
  readonly allowed: Set<number>
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
  /** Of what a web seed owes no event tells the end. */
  readonly #askedOfWebSeeds = new Set<string>()
  /** Of what came in: useful ones of pieces that failed afterwards, too. */
  readonly bytes = { useful: 0, wasted: 0, failed: 0, stored: 0 }
  #onDiskCount = 0
  /** Which piece it was is not told, and what comes in after it is of no consequence. */
  #hasStorageFailed = false
  readonly #wantsAll: boolean
  #lostCount = 0
  #endCount = 0

  /** `wantsAll`: not some files only. */
  constructor(geometry: Geometry, depth: number, wantsAll = true) {
    this.#geometry = geometry
    this.#depth = depth
    this.#wantsAll = wantsAll
    this.#pieces = Array.from({ length: geometry.pieceCount }, () => 'missing')
  }

  emit(nowMs: number, event: ClientEvent): void {
    if (nowMs < (this.events.at(-1)?.atMs ?? 0)) throw new Error(`back in time, to ${nowMs} ms`)
    this.events.push({ atMs: nowMs, event })
    if ('peer' in event) this.#judgePeer(this.#peer(event.peer), event)
    else this.#judgePiece(event)
  }

  /** Of this connection no event tells it; where nobody tells it here, no peer allows any. */
  allowedFast(peer: string, piece: number): void {
    const { allowed } = this.#peer(peer)
    if (allowed.size < ALLOWED_FAST_MAX) allowed.add(piece)
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
    const bytesUnderWay = underWay.reduce((sum, bytes) => sum + bytes, 0)
    is(bytesUnderWay, useful - failed - stored, 'bytes under way')
  }

  #peer(name: string): PeerBook {
    let book = this.#peers.get(name)
    if (book === undefined) {
      book = {
        name,
        isOpen: false,
        chokes: true,
        isSnubbed: false,
        isBanned: false,
        owes: new Set(),
        allowed: new Set(),
      }
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
        this.#givesUp(peer, event.requestsVoided, (block) => !peer.allowed.has(pieceOf(block)))
        peer.chokes = true
        break
      case 'peer-snubbed':
        this.#givesUp(peer, event.requestsReassigned)
        peer.isSnubbed = true
        break
      case 'peer-closed':
        this.#givesUp(peer, event.requestsLost)
        peer.allowed.clear()
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

  #givesUp(peer: PeerBook, count: number, isGivenUp: (block: string) => boolean = () => true): void {
    const given = [...peer.owes].filter(isGivenUp)
    is(given.length, count, `what ${peer.name} owed`)
    for (const block of given) peer.owes.delete(block)
  }

  /** Another begins the piece anew. */
  #judgeTaken(peer: PeerBook, piece: number): void {
    for (const block of peer.owes) if (block.startsWith(`${piece}:`)) peer.owes.delete(block)
    for (const block of this.#here.get(piece) ?? []) this.bytes.failed += this.#blockBytes(piece, block)
    this.#here.delete(piece)
  }

  #judgeRequest(peer: PeerBook, event: ClientEvent & { type: 'block-requested' }): void {
    const block = nameOf(event)
    const wasAsked = this.#askedBefore.has(block)
    const owedByOthers = [...this.#peers.values()].some((other) => other !== peer && other.owes.has(block))
    is(false, peer.owes.has(block), `${block} is owed by ${peer.name}`)
    is(false, this.#here.get(event.piece)?.has(block) ?? false, `${block} is here`)
    is('missing', this.#pieces[event.piece], `piece ${event.piece}`)
    this.#askedBefore.add(block)
    if (isWebSeed(peer.name)) {
      this.#askedOfWebSeeds.add(block)
      return
    }
    is(true, peer.isOpen, `${peer.name} is open`)
    is(event.whileChoked ?? false, peer.chokes, `${peer.name} chokes`)
    is(true, peer.owes.size < (peer.isSnubbed ? 1 : this.#depth), `${peer.name} owes less than its pipeline takes`)
    const why = wasAsked ? 'again' : 'first'
    if (!this.#askedOfWebSeeds.has(block)) is(owedByOthers ? 'endgame' : why, event.why, `why ${block} is asked`)
    peer.owes.add(block)
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
      if (event.type === 'storage-failed' || event.type === 'completed')
        is('silence', event.type, 'after the disk failed')
      return
    }
    switch (event.type) {
      case 'verified-on-disk':
        is(0, this.#askedBefore.size, 'blocks asked for before the disk was known')
        this.#onDiskCount = event.pieces
        break
      case 'piece-verified': {
        this.#becomes(event.piece, 'missing', 'verified')
        const blockCount = this.#geometry.blockCount(event.piece as PieceIndex)
        is(blockCount, this.#here.get(event.piece)?.size, `blocks of piece ${event.piece}`)
        break
      }
      case 'piece-failed':
        is('missing', this.#pieces[event.piece], `piece ${event.piece}`)
        this.bytes.failed += this.#pieceBytes(event.piece)
        this.#here.delete(event.piece)
        break
      case 'piece-stored':
        this.#becomes(event.piece, 'verified', 'stored')
        is(this.#pieceBytes(event.piece), event.bytes, `bytes of piece ${event.piece}`)
        this.bytes.stored += event.bytes
        // What is here is not kept as allowed: should it be lost, a choke voids it as any other.
        for (const { allowed } of this.#peers.values()) allowed.delete(event.piece)
        this.#here.delete(event.piece)
        break
      case 'piece-lost':
        this.#lost(event.piece)
        break
      case 'completed':
        this.#judgeEnd(event.bytes)
        break
      case 'storage-failed':
        this.#hasStorageFailed = true
        break
      default:
    }
  }

  /** A piece that was there from the start is in no book. */
  #lost(piece: number): void {
    this.#lostCount++
    for (const block of this.#askedBefore) if (pieceOf(block) === piece) this.#askedBefore.delete(block)
    if (this.#pieces[piece] === 'missing') this.#onDiskCount--
    else this.#becomes(piece, 'stored', 'missing')
  }

  #judgeEnd(bytes: number): void {
    this.#endCount++
    is(true, this.#endCount <= 1 + this.#lostCount, 'the end comes once, and once more for what was lost')
    if (!this.#wantsAll) return
    is(this.#geometry.totalBytes, bytes, 'bytes at the end')
    is(this.#onDiskCount, this.#pieces.filter((book) => book !== 'stored').length, 'pieces that were there before')
  }

  #becomes(piece: number, from: PieceBook, to: PieceBook): void {
    is(from, this.#pieces[piece], `piece ${piece}`)
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

function is<Value>(expected: Value, actual: Value, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, received ${String(actual)}`)
}

function nameOf({ piece, offsetBytes }: { readonly piece: number; readonly offsetBytes: number }): string {
  return `${piece}:${offsetBytes}`
}

/** Those go by their URL, and are neither connected nor choke. */
function isWebSeed(name: string): boolean {
  return name.startsWith('http')
}

function pieceOf(block: string): number {
  return Number(block.slice(0, block.indexOf(':')))
}
