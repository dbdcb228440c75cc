/**
 * One peer wire connection, BEP 3. Pure: no socket, clock or randomness; every call carries `nowMs`.
 *
 * The life: connecting (only where we dialled) -> handshaking -> open -> closed.
 * Inputs are bytes, end, deadline and commands. After every input drain `nextBytes`, then `nextEvent`, until null;
 * then arm the alarm for `deadlineMs`. `closed` is the last event, exactly once; the owner then drops the socket.
 *
 * Not here: which block to ask for (pieces), whom to connect to (swarm). We never unchoke: upload comes with seeding.
 */
import type { BlockRange, Geometry, PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import type { ConnectionEnd, Ownership } from '../ports/transport.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { type Decoded, MessageDecoder } from '../wire/decoder.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import { encodeHandshake, type Handshake, HandshakeReader, isHandshake } from '../wire/handshake.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import type { PeerId } from '../wire/peer-id.ts'
import type { CloseReason, OurReason, PeerConnectionEvent } from './peer-event.ts'
import { Pipeline, type PipelineDepth } from './pipeline.ts'
import { RateMeter } from './rate-meter.ts'
import { Timers } from './timers.ts'

/** Against a silent host; TCP itself would take minutes. */
export const CONNECT_TIMEOUT_MS = 10_000
/** From the open connection to the whole handshake: a byte-by-byte handshake over a slow path still fits. */
export const HANDSHAKE_TIMEOUT_MS = 10_000
/** BEP 3 asks for a keep-alive every two minutes; sent a little earlier so that it arrives in time. */
export const KEEP_ALIVE_EVERY_MS = 110_000
/** Two keep-alives missed. */
export const IDLE_TIMEOUT_MS = 240_000
/** A peer that owes blocks and sends none for this long is snubbed: 1.6 kB/s is too slow to wait for. */
export const SNUB_TIMEOUT_MS = 10_000
/** Blocks that nobody asked for, before the peer is closed; some are honest (a cancel that came too late). */
export const UNSOLICITED_BLOCKS_MAX = 64

export interface PeerConnectionOptions {
  readonly geometry: Geometry
  readonly infohash: InfoHash
  readonly peerId: PeerId
  /** The pieces we have; read when their handshake is here, kept up to date by the owner. */
  readonly ourPieces: Bitfield
  readonly pipelineDepth: PipelineDepth
}

type Timer = 'connect' | 'handshake' | 'keep-alive' | 'idle' | 'snub'
type State = 'connecting' | 'handshaking' | 'open' | 'closed'

export class PeerConnection {
  readonly #options: PeerConnectionOptions
  readonly #timers = new Timers<Timer>()
  readonly #pipeline: Pipeline
  readonly #down = new RateMeter()
  readonly #handshakeReader = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  readonly #bytesOut: Uint8Array[] = []
  readonly #events: PeerConnectionEvent[] = []
  /** How many of them are told; an array that is shifted copies itself, and a bitfield may bring thousands. */
  #eventsTold = 0
  #state: State
  #pieces: Bitfield
  /** Were any told? Then a bitfield adds to them. */
  #toldPieces = false
  #theyChoke = true
  #weAreInterested = false
  #snubbed = false
  #unsolicitedBlocks = 0

  /** `connecting`: we dialled and wait for `opened`. `accepted`: they dialled; their handshake comes before ours. */
  constructor(options: PeerConnectionOptions, nowMs: number, start: 'connecting' | 'accepted') {
    this.#options = options
    this.#pipeline = new Pipeline(options.pipelineDepth)
    this.#pieces = new Bitfield(options.geometry.pieceCount)
    this.#state = start === 'connecting' ? 'connecting' : 'handshaking'
    if (start === 'connecting') this.#timers.set('connect', nowMs + CONNECT_TIMEOUT_MS)
    else this.#timers.set('handshake', nowMs + HANDSHAKE_TIMEOUT_MS)
  }

  get state(): State {
    return this.#state
  }
  get pieces(): Bitfield {
    return this.#pieces
  }
  get theyChoke(): boolean {
    return this.#theyChoke
  }
  get weAreInterested(): boolean {
    return this.#weAreInterested
  }
  get isSnubbed(): boolean {
    return this.#snubbed
  }
  get outstandingCount(): number {
    return this.#pipeline.outstandingCount
  }
  get downloadedBytes(): number {
    return this.#down.totalBytes
  }

  downRateBytesPerSecond(nowMs: number): number {
    return this.#down.rateBytesPerSecond(nowMs)
  }

  /** How many more blocks may be asked for now. */
  get requestsFree(): number {
    if (this.#state !== 'open' || this.#theyChoke || !this.#weAreInterested) return 0
    const depth = this.#snubbed ? 1 : this.#pipeline.depth
    return Math.max(0, depth - this.#pipeline.outstandingCount)
  }

  isOutstanding(range: BlockRange): boolean {
    return this.#pipeline.isOutstanding(range)
  }

  // Inputs.

  opened(nowMs: number): void {
    if (this.#state !== 'connecting') return
    this.#state = 'handshaking'
    this.#timers.set('connect', null)
    this.#timers.set('handshake', nowMs + HANDSHAKE_TIMEOUT_MS)
    this.#sendHandshake(nowMs)
  }

  receiveBytes(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    let rest = chunk
    if (this.#state === 'handshaking') {
      const { takenBytes, outcome } = this.#handshakeReader.read(chunk)
      if (outcome === null) return
      if (!isHandshake(outcome)) return this.#fail(outcome)
      this.#receiveHandshake(nowMs, outcome)
      rest = chunk.subarray(takenBytes)
    }
    if (this.#state !== 'open') return
    this.#timers.set('idle', nowMs + IDLE_TIMEOUT_MS)
    this.#decoder.push(rest, ownership)
    for (let decoded = this.#decoder.next(); decoded !== null; decoded = this.#decoder.next()) {
      this.#receiveMessage(nowMs, decoded)
      if (this.#isClosed()) return
    }
  }

  receiveEnd(end: ConnectionEnd): void {
    this.#close({ kind: 'end', end })
  }

  handleDeadline(nowMs: number): void {
    for (let due = this.#timers.takeDue(nowMs); due !== null; due = this.#timers.takeDue(nowMs)) {
      if (due === 'keep-alive') this.#send(nowMs, { type: 'keep-alive' })
      else if (due === 'snub') this.#snub()
      else this.#close({ kind: 'timeout', of: due })
    }
  }

  setInterested(nowMs: number, interested: boolean): void {
    if (this.#state !== 'open' || this.#weAreInterested === interested) return
    this.#weAreInterested = interested
    this.#send(nowMs, { type: interested ? 'interested' : 'not-interested' })
  }

  /** Only when `requestsFree` allows it and the peer has the piece. */
  request(nowMs: number, range: BlockRange): void {
    if (this.requestsFree === 0) throw new Error('request to a peer that chokes, or with a full pipeline')
    if (this.#pipeline.outstandingCount === 0) this.#timers.set('snub', nowMs + SNUB_TIMEOUT_MS)
    this.#pipeline.requested(range)
    this.#send(nowMs, { type: 'request', ...range })
  }

  cancel(nowMs: number, range: BlockRange): void {
    if (!this.#pipeline.voidOne(range)) return
    if (this.#pipeline.outstandingCount === 0) this.#timers.set('snub', null)
    this.#send(nowMs, { type: 'cancel', ...range })
  }

  /** Tells the peer that we have a piece; left out when it has it too, since then it never asks for it. */
  have(nowMs: number, piece: PieceIndex): void {
    if (this.#state === 'open' && !this.#pieces.has(piece)) this.#send(nowMs, { type: 'have', piece })
  }

  close(why: OurReason): void {
    this.#close({ kind: 'ours', why })
  }

  // Outputs.

  /** Everything to send now, joined. */
  nextBytes(): Uint8Array | null {
    if (this.#bytesOut.length === 0) return null
    const parts = this.#bytesOut.splice(0)
    return parts.length === 1 ? parts[0]! : joined(parts)
  }

  nextEvent(): PeerConnectionEvent | null {
    const event = this.#events[this.#eventsTold]
    if (event !== undefined) {
      this.#eventsTold++
      return event
    }
    this.#events.length = 0
    this.#eventsTold = 0
    return null
  }

  deadlineMs(): number | null {
    return this.#timers.earliestMs()
  }

  // Inside.

  #receiveHandshake(nowMs: number, handshake: Handshake): void {
    const { infohash, peerId } = this.#options
    if (handshake.infohash !== infohash) {
      return this.#fail(wireFault('handshake.infohash', infohash, handshake.infohash))
    }
    // They dialled: our handshake answers theirs. That is how we learn, at the end that dialled, whose address it is.
    if (!this.#timers.isSet('keep-alive')) this.#sendHandshake(nowMs)
    if (handshake.peerId.every((byte, index) => byte === peerId[index])) {
      return this.#fail(wireFault('handshake.self', 'another peer id', 'our own'))
    }
    this.#state = 'open'
    this.#timers.set('handshake', null)
    this.#events.push({ type: 'handshaken', peerId: handshake.peerId })
    if (this.#options.ourPieces.setCount > 0) {
      this.#send(nowMs, { type: 'bitfield', bits: this.#options.ourPieces.toWire() })
    }
  }

  #receiveMessage(nowMs: number, decoded: Decoded): void {
    switch (decoded.type) {
      case 'fault':
        return this.#fail(decoded.fault)
      case 'choke':
        return this.#receiveChoke()
      case 'unchoke':
        if (!this.#theyChoke) return
        this.#theyChoke = false
        this.#events.push({ type: 'unchoked' })
        return
      case 'interested':
      case 'not-interested':
        this.#events.push({ type: 'interested', value: decoded.type === 'interested' })
        return
      case 'bitfield':
        return this.#receiveBitfield(decoded.bits)
      case 'have':
        return this.#receiveHave(decoded.piece)
      case 'piece':
        return this.#receiveBlock(nowMs, decoded)
      default:
        // Keep-alives were heard. Requests while we choke are ignored (BEP 3), and so is what belongs to an extension
        // that we did not announce.
        return
    }
  }

  /** First by BEP 3; aria2 also sends one later, in place of many haves. What it lacks by then is not taken away. */
  #receiveBitfield(bits: Uint8Array): void {
    const pieces = Bitfield.fromWire(bits, this.#options.geometry.pieceCount)
    if (!(pieces instanceof Bitfield)) return this.#fail(pieces)
    if (!this.#toldPieces) {
      this.#toldPieces = true
      this.#pieces = pieces
      // A copy: haves of the same chunk change ours before the event is pulled.
      this.#events.push({ type: 'has-these', pieces: pieces.copy() })
      return
    }
    for (let piece = 0; piece < pieces.pieceCount; piece++) {
      if (pieces.has(piece as PieceIndex)) this.#addPiece(piece as PieceIndex)
    }
  }

  #receiveHave(value: number): void {
    const piece = this.#options.geometry.pieceIndex(value)
    if (piece === null) {
      return this.#fail(wireFault('have.piece', `below ${this.#options.geometry.pieceCount}`, value))
    }
    this.#addPiece(piece)
  }

  #addPiece(piece: PieceIndex): void {
    this.#toldPieces = true
    if (this.#pieces.set(piece)) this.#events.push({ type: 'has', piece, completes: this.#pieces.isFull })
  }

  #receiveChoke(): void {
    if (this.#theyChoke) return
    this.#theyChoke = true
    this.#timers.set('snub', null)
    this.#events.push({ type: 'choked', voided: this.#pipeline.voidAll() })
  }

  #receiveBlock(nowMs: number, message: Message & { type: 'piece' }): void {
    const { geometry } = this.#options
    const piece = geometry.pieceIndex(message.piece)
    const bytes = message.block
    const isBlock = piece !== null && geometry.blockIndexAt(piece, message.offsetBytes, bytes.length) !== null
    const range = { piece: message.piece as PieceIndex, offsetBytes: message.offsetBytes, lengthBytes: bytes.length }
    this.#down.add(nowMs, bytes.length)
    const arrival = isBlock
      ? this.#pipeline.arrived(range, this.#down.rateBytesPerSecond(nowMs))
      : ('unsolicited' as const)
    if (arrival === 'unsolicited' && ++this.#unsolicitedBlocks > UNSOLICITED_BLOCKS_MAX) {
      return this.#fail(wireFault('block.unsolicited', 'blocks that were asked for', this.#unsolicitedBlocks))
    }
    if (arrival !== 'unsolicited') {
      this.#snubbed = false
      const owes = this.#pipeline.outstandingCount > 0
      this.#timers.set('snub', owes ? nowMs + SNUB_TIMEOUT_MS : null)
    }
    this.#events.push({ type: 'block', range, bytes, asked: arrival !== 'unsolicited' })
  }

  #snub(): void {
    this.#snubbed = true
    this.#events.push({ type: 'snubbed', voided: this.#pipeline.voidAll() })
  }

  #sendHandshake(nowMs: number): void {
    const { infohash, peerId } = this.#options
    this.#bytesOut.push(encodeHandshake({ infohash, peerId }))
    this.#timers.set('keep-alive', nowMs + KEEP_ALIVE_EVERY_MS)
  }

  #send(nowMs: number, message: Message): void {
    this.#bytesOut.push(encodeMessage(message))
    this.#timers.set('keep-alive', nowMs + KEEP_ALIVE_EVERY_MS)
  }

  #fail(fault: WireFault): void {
    this.#close({ kind: 'fault', fault })
  }

  #close(reason: CloseReason): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#timers.clear()
    this.#events.push({ type: 'closed', reason, voided: this.#pipeline.voidAll() })
  }

  /** A method, since a call between may have closed it, which a narrowed type would not see. */
  #isClosed(): boolean {
    return this.#state === 'closed'
  }
}
