/**
 * One peer wire connection, BEP 3, with the fast extension (BEP 6), the extension protocol (BEP 10) and what goes by it
 * (BEP 9, 11, 21, 54). Pure: no socket, clock or randomness; every call carries `nowMs`.
 *
 * The life: connecting (only where we dialled) -> handshaking -> open -> closed.
 * Inputs are bytes, end, deadline and commands. After every input drain `nextParts`, then `nextEvent`, until null;
 * then arm the alarm for `deadlineMs`. `closed` is the last event, exactly once; the owner then drops the socket.
 * Commands before the handshakes are done, or after the end, do nothing.
 *
 * Here: the life, and the commands. Which room a message goes to is in incoming; what we want of the peer in
 * download-side, what it wants of us in upload-side, what it has in pieces-told, what BEP 10 says in extensions.
 * Not here: which block to ask for (pieces), whom to connect to and whom to unchoke (swarm).
 */
import type { BlockRange, PieceIndex } from '../metainfo/geometry.ts'
import type { ConnectionEnd, Ownership } from '../ports/transport.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import type { ExtensionName } from '../wire/extension-handshake.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import { encodeHandshake, type Handshake, HandshakeReader, isHandshake } from '../wire/handshake.ts'
import type { PeerId } from '../wire/peer-id.ts'
import { hasExtensions, hasFast, ourReserved } from '../wire/reserved.ts'
import { encodeDontHave } from '../wire/small-extensions.ts'
import { encodeMetadataMessage, type MetadataMessage } from '../wire/ut-metadata.ts'
import { encodePexMessage, type PexMessage } from '../wire/ut-pex.ts'
import { DownloadSide } from './download-side.ts'
import { Extensions } from './extensions.ts'
import { Incoming } from './incoming.ts'
import { Outputs } from './outputs.ts'
import type { CloseReason, OurReason, PeerConnectionEvent } from './peer-event.ts'
import type { PeerConnectionOptions, PeerContent } from './peer-options.ts'
import { PiecesTold } from './pieces-told.ts'
import { UploadSide } from './upload-side.ts'

/** Against a silent host; TCP itself would take minutes. */
export const CONNECT_TIMEOUT_MS = 10_000
/** From the open connection to the whole handshake: a byte-by-byte handshake over a slow path still fits. */
export const HANDSHAKE_TIMEOUT_MS = 10_000
/** Two keep-alives missed. */
export const IDLE_TIMEOUT_MS = 240_000

type State = 'connecting' | 'handshaking' | 'open' | 'closed'

export class PeerConnection {
  readonly #options: PeerConnectionOptions
  readonly #out = new Outputs()
  /** Until the handshake is read. */
  #handshakeReader: HandshakeReader | null = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  readonly #extensions: Extensions
  readonly #told: PiecesTold
  readonly #download: DownloadSide
  readonly #upload: UploadSide
  readonly #incoming: Incoming
  #state: State
  #content: PeerContent | null
  #remotePeerId: PeerId | null = null
  #speakFast = false
  #speakExtensions = false

  /** `connecting`: we dialled and wait for `opened`. `accepted`: they dialled; their handshake comes before ours. */
  constructor(options: PeerConnectionOptions, nowMs: number, start: 'connecting' | 'accepted') {
    this.#options = options
    this.#content = options.content
    this.#extensions = new Extensions(options.greeting)
    this.#told = new PiecesTold(options.content?.geometry ?? null, (event) => this.#tellPieces(event))
    this.#download = new DownloadSide(this.#out, options.pipelineDepth, this.#told.pieces)
    this.#upload = new UploadSide(this.#out)
    this.#incoming = new Incoming({
      out: this.#out,
      extensions: this.#extensions,
      told: this.#told,
      download: this.#download,
      upload: this.#upload,
    })
    this.#state = start === 'connecting' ? 'connecting' : 'handshaking'
    if (start === 'connecting') this.#out.timers.set('connect', nowMs + CONNECT_TIMEOUT_MS)
    else this.#out.timers.set('handshake', nowMs + HANDSHAKE_TIMEOUT_MS)
  }

  get state(): State {
    return this.#state
  }
  /** Null until their handshake is here. */
  get remotePeerId(): PeerId | null {
    return this.#remotePeerId
  }
  /** What it has; of no piece while the torrent is not known. */
  get pieces(): Bitfield {
    return this.#told.pieces
  }
  get theyChoke(): boolean {
    return this.#download.theyChoke
  }
  get weChoke(): boolean {
    return this.#upload.weChoke
  }
  get weAreInterested(): boolean {
    return this.#download.weAreInterested
  }
  get theyAreInterested(): boolean {
    return this.#upload.theyAreInterested
  }
  get isSnubbed(): boolean {
    return this.#download.isSnubbed
  }
  /** It wants no piece: it said so (BEP 21), or has them all. */
  get isUploadOnly(): boolean {
    return this.#extensions.isUploadOnly || this.#told.hasAll
  }
  get outstandingCount(): number {
    return this.#download.outstandingCount
  }
  /** Payload, asked for or not. */
  get downloadedBytes(): number {
    return this.#download.down.totalBytes
  }
  /** Payload. */
  get uploadedBytes(): number {
    return this.#upload.up.totalBytes
  }
  /** When the last block that we asked for came. */
  get lastBlockMs(): number | null {
    return this.#download.lastBlockMs
  }
  /** Where they take connections, as they say. */
  get theirListenPort(): number | null {
    return this.#extensions.theirs.listenPort
  }
  /** As they name themselves: one short line, safe to print. */
  get clientName(): string | null {
    return this.#extensions.theirs.clientName
  }
  get theirMetadataBytes(): number | null {
    return this.#extensions.theirs.metadataBytes
  }

  speaks(extension: ExtensionName): boolean {
    return this.#extensions.speaks(extension)
  }

  downRateBytesPerSecond(nowMs: number): number {
    return this.#download.down.rateBytesPerSecond(nowMs)
  }

  upRateBytesPerSecond(nowMs: number): number {
    return this.#upload.up.rateBytesPerSecond(nowMs)
  }

  /** How many more blocks may be asked for now, of the pieces in `requestable`. */
  get requestsFree(): number {
    return this.#isOpen ? this.#download.requestsFree : 0
  }

  /** It is time to ask for as many: requests go out a few at a time. */
  get wantsRequests(): boolean {
    return this.#isOpen && this.#download.wantsRequests
  }

  /** What it has and may be asked for now. Read only; valid until the next input. */
  get requestable(): Bitfield {
    return this.#download.requestable
  }

  isOutstanding(range: BlockRange): boolean {
    return this.#download.isOutstanding(range)
  }

  // Inputs.

  opened(nowMs: number): void {
    if (this.#state !== 'connecting') return
    this.#state = 'handshaking'
    this.#out.timers.set('connect', null)
    this.#out.timers.set('handshake', nowMs + HANDSHAKE_TIMEOUT_MS)
    this.#sendHandshake(nowMs)
  }

  receiveBytes(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    let rest = chunk
    if (this.#state === 'handshaking' && this.#handshakeReader !== null) {
      const { takenBytes, outcome } = this.#handshakeReader.read(chunk)
      if (outcome === null) return
      this.#handshakeReader = null
      if (!isHandshake(outcome)) return this.#fail(outcome)
      this.#receiveHandshake(nowMs, outcome)
      rest = chunk.subarray(takenBytes)
    }
    if (!this.#isOpen) return
    this.#out.timers.set('idle', nowMs + IDLE_TIMEOUT_MS)
    this.#decoder.push(rest, ownership)
    for (let decoded = this.#decoder.next(); decoded !== null; decoded = this.#decoder.next()) {
      const fault = this.#incoming.receive(nowMs, decoded, this.#content)
      if (fault !== null) return this.#fail(fault)
    }
  }

  receiveEnd(end: ConnectionEnd): void {
    this.#close({ kind: 'end', end })
  }

  handleDeadline(nowMs: number): void {
    const { timers } = this.#out
    for (let due = timers.takeDue(nowMs); due !== null; due = timers.takeDue(nowMs)) {
      if (due === 'keep-alive') this.#out.send(nowMs, { type: 'keep-alive' })
      else if (due === 'snub') this.#download.snub()
      else if (due === 'rejected') this.#download.forgetRejected()
      else this.#close({ kind: 'timeout', of: due })
    }
  }

  // Commands.

  /** The torrent is known now: what the peer told of its pieces before is judged, and told on. */
  contentKnown(nowMs: number, content: PeerContent): void {
    if (this.#content !== null || this.#state === 'closed') return
    this.#content = content
    const fault = this.#told.contentKnown(content.geometry)
    this.#download.nowHas(this.#told.pieces)
    if (fault !== null) return this.#fail(fault)
    if (!this.#isOpen) return
    for (let piece = 0; piece < content.geometry.pieceCount; piece++) {
      if (content.ourPieces.has(piece as PieceIndex)) this.have(nowMs, piece as PieceIndex)
    }
    this.#upload.allowFast(nowMs, content.allowedFast)
  }

  setInterested(nowMs: number, interested: boolean): void {
    if (this.#isOpen) this.#download.setInterested(nowMs, interested)
  }

  /** Only when `requestsFree` allows it, and of a piece that is `requestable`. */
  request(nowMs: number, range: BlockRange): void {
    const isForbidden = this.theyChoke && !this.requestable.has(range.piece)
    if (isForbidden || this.requestsFree === 0)
      throw new Error('request to a peer that chokes, or with a full pipeline')
    this.#download.request(nowMs, range)
  }

  cancel(nowMs: number, range: BlockRange): void {
    if (this.#isOpen) this.#download.cancel(nowMs, range)
  }

  /** Tells the peer that we have a piece; left out when it has it too, since then it never asks for it. */
  have(nowMs: number, piece: PieceIndex): void {
    if (this.#isOpen && !this.#told.has(piece)) this.#out.send(nowMs, { type: 'have', piece })
  }

  /** We have it, and ask nobody for it: a peer that lets us have it while it chokes has that less for us. */
  notWanted(piece: PieceIndex): void {
    this.#download.notWanted(piece)
  }

  /** A piece that we said we have is gone; told where they speak of it (BEP 54). */
  dontHave(nowMs: number, piece: PieceIndex): void {
    if (!this.#isOpen) return
    this.#sendExtension(nowMs, 'lt_donthave', encodeDontHave(piece))
    this.#upload.drop(nowMs, piece)
  }

  /** A choke drops their requests, but for pieces that they may ask for all the same. */
  setChoking(nowMs: number, choking: boolean): void {
    if (this.#isOpen) this.#upload.setChoking(nowMs, choking)
  }

  /** How many of their requests wait for `nextRequest`. */
  get requestsQueued(): number {
    return this.#upload.requestsQueued
  }

  /** The oldest of their requests that waits. It is to be answered by `sendBlock` or `rejectRequest`. */
  nextRequest(): BlockRange | null {
    return this.#upload.nextRequest()
  }

  /** The bytes are the connection's from here on. False, and not sent, when nobody waits for the block any more. */
  sendBlock(nowMs: number, range: BlockRange, bytes: Uint8Array): boolean {
    return this.#isOpen && this.#upload.sendBlock(nowMs, range, bytes)
  }

  /** We cannot serve it after all. */
  rejectRequest(nowMs: number, range: BlockRange): void {
    if (this.#isOpen) this.#upload.rejectRequest(nowMs, range)
  }

  /** Nothing where they do not speak ut_metadata; the same goes for the next. */
  sendMetadata(nowMs: number, message: MetadataMessage): void {
    if (this.#isOpen) this.#sendExtension(nowMs, 'ut_metadata', encodeMetadataMessage(message))
  }

  sendPex(nowMs: number, message: PexMessage): void {
    if (this.#isOpen) this.#sendExtension(nowMs, 'ut_pex', encodePexMessage(message))
  }

  /** Greets anew when what the greeting says of BEP 21 has changed. */
  setUploadOnly(nowMs: number): void {
    const greeting = this.#isOpen && this.#speakExtensions ? this.#extensions.greetAnew() : null
    if (greeting !== null) this.#out.send(nowMs, greeting)
  }

  close(why: OurReason): void {
    this.#close({ kind: 'ours', why })
  }

  // Outputs.

  /** There are parts or events to be pulled. */
  get hasOutputs(): boolean {
    return this.#out.isPending
  }

  /** All that is to be sent now, in order; a block is a part of its own, uncopied. */
  nextParts(): Uint8Array[] | null {
    return this.#out.nextParts()
  }

  nextEvent(): PeerConnectionEvent | null {
    return this.#out.nextEvent()
  }

  deadlineMs(): number | null {
    return this.#out.timers.earliestMs()
  }

  // Inside.

  get #isOpen(): boolean {
    return this.#state === 'open'
  }

  #receiveHandshake(nowMs: number, { infohash, peerId, reserved }: Handshake): void {
    const ours = this.#options
    if (infohash !== ours.infohash) return this.#fail(wireFault('handshake.infohash', ours.infohash, infohash))
    // They dialled: our handshake answers theirs. That is how we learn, at the end that dialled, whose address it is.
    if (!this.#out.timers.isSet('keep-alive')) this.#sendHandshake(nowMs)
    if (peerId.every((byte, index) => byte === ours.peerId[index])) {
      return this.#fail(wireFault('handshake.self', 'another peer id', 'our own'))
    }
    this.#state = 'open'
    this.#out.timers.set('handshake', null)
    this.#remotePeerId = peerId
    this.#speakFast = reserved !== undefined && hasFast(reserved)
    this.#speakExtensions = reserved !== undefined && hasExtensions(reserved)
    this.#upload.begin(nowMs, this.#speakFast)
    this.#incoming.begin(nowMs, { fast: this.#speakFast, extensions: this.#speakExtensions })
    this.#out.tell({ type: 'handshaken', peerId })
    if (this.#speakExtensions) this.#out.send(nowMs, this.#extensions.greet())
    this.#sendOurPieces(nowMs)
  }

  /** By BEP 6 one of the three always, and first but for the extension handshake; by BEP 3 a bitfield if it says any. */
  #sendOurPieces(nowMs: number): void {
    const ourPieces = this.#content?.ourPieces
    const count = ourPieces?.setCount ?? 0
    if (this.#speakFast && count === 0) this.#out.send(nowMs, { type: 'have-none' })
    else if (this.#speakFast && ourPieces?.isFull === true) this.#out.send(nowMs, { type: 'have-all' })
    else if (ourPieces !== undefined && count > 0) this.#out.send(nowMs, { type: 'bitfield', bits: ourPieces.toWire() })
    if (this.#content !== null) this.#upload.allowFast(nowMs, this.#content.allowedFast)
  }

  /** What may be asked for follows what it has. */
  #tellPieces(event: PeerConnectionEvent): void {
    if (event.type === 'has-these') this.#download.nowHas(this.#told.pieces)
    else if (event.type === 'has') this.#download.gained(event.piece)
    else if (event.type === 'lost') this.#download.lost(event.piece)
    this.#out.tell(event)
  }

  #sendExtension(nowMs: number, name: ExtensionName, payload: Uint8Array): void {
    if (this.#extensions.speaks(name)) this.#out.send(nowMs, this.#extensions.message(name, payload))
  }

  #sendHandshake(nowMs: number): void {
    const { infohash, peerId } = this.#options
    this.#out.sendBytes(nowMs, encodeHandshake({ infohash, peerId, reserved: ourReserved() }))
  }

  #fail(fault: WireFault): void {
    this.#close({ kind: 'fault', fault })
  }

  #close(reason: CloseReason): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#out.timers.clear()
    this.#upload.close()
    this.#out.tell({ type: 'closed', reason, voided: this.#download.close() })
  }
}
