/**
 * One connection of a scripted peer, honest in itself: answers the handshake, shows what it has, unchokes who is
 * interested, serves requests in order. BEP 3. Behaviours bend it from outside.
 */
import type { Geometry } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { Connection, ConnectionHandler, Ownership } from '../client/ports/transport.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { MessageDecoder } from '../client/wire/decoder.ts'
import { encodeHandshake, HandshakeReader, isHandshake } from '../client/wire/handshake.ts'
import { encodeMessage, encodePieceHeader, type Message, type WireRange } from '../client/wire/messages.ts'
import type { PeerId } from '../client/wire/peer-id.ts'

/** Blocks asked for and not sent yet; more are ignored, as libtorrent does past its reqq. */
export const REQUESTS_QUEUED_MAX = 2_000
/** A request may ask for this much; libtorrent's limit. */
export const REQUEST_BYTES_MAX = 131_072

export interface UploadOwner {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly geometry: Geometry
  readonly pieces: Bitfield
  /** Handed to the transport ahead of the link; small, so that a choke or a cancel still reaches what is queued. */
  readonly sendAheadBytes: number
  readonly isServing: boolean
  readonly isChoking: boolean
  /** Bytes of the content. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array
  /** What to send instead; null: nothing. */
  outgoing(message: Message): Message | null
  handshaken(nowMs: number, upload: Upload): void
  messageReceived(nowMs: number, upload: Upload, message: Message): void
  blockSent(nowMs: number, bytes: number): void
  uploadEnded(upload: Upload): void
}

export class Upload implements ConnectionHandler {
  readonly #owner: UploadOwner
  readonly #connection: Connection
  readonly #handshake = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  #requests: WireRange[] = []
  #state: 'handshaking' | 'open' | 'over' = 'handshaking'
  #weChoke = true
  #theyAreInterested = false
  #theirPieceCount = 0

  constructor(owner: UploadOwner, connection: Connection) {
    this.#owner = owner
    this.#connection = connection
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Pieces that the other end says it has. */
  get theirPieceCount(): number {
    return this.#theirPieceCount
  }

  // The transport's calls.

  opened(): void {}

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    let rest = chunk
    if (this.#state === 'handshaking') {
      const { takenBytes, outcome } = this.#handshake.read(chunk)
      if (outcome === null) return
      if (!isHandshake(outcome) || outcome.infohash !== this.#owner.infohash) return this.close()
      rest = chunk.subarray(takenBytes)
      this.#welcome(nowMs)
    }
    this.#decoder.push(rest, ownership)
    for (let decoded = this.#decoder.next(); decoded !== null; decoded = this.#decoder.next()) {
      if (this.#isOver()) return
      if (decoded.type === 'fault') return this.close()
      this.#receive(decoded)
      this.#owner.messageReceived(nowMs, this, decoded)
    }
    this.serve(nowMs)
  }

  drained(nowMs: number): void {
    this.serve(nowMs)
  }

  ended(): void {
    this.#leave()
  }

  // What the owner and behaviours do.

  close(): void {
    this.#connection.close()
    this.#leave()
  }

  reset(): void {
    this.#connection.reset()
    this.#leave()
  }

  /** A choke drops what is owed; an unchoke goes to who is interested. */
  setChoking(choking: boolean): void {
    if (this.#state !== 'open' || this.#weChoke === choking || (!choking && !this.#theyAreInterested)) return
    this.#weChoke = choking
    if (choking) this.#requests = []
    this.#send({ type: choking ? 'choke' : 'unchoke' })
  }

  /** Sends as many of the queued blocks as the transport takes now. */
  serve(nowMs: number): void {
    while (this.#requests.length > 0 && this.#owner.isServing && this.#state === 'open') {
      if (this.#connection.unsentBytes >= this.#owner.sendAheadBytes) return
      this.#sendBlock(nowMs, this.#requests.shift()!)
    }
  }

  #welcome(nowMs: number): void {
    const { infohash, peerId, pieces } = this.#owner
    this.#state = 'open'
    this.#connection.send(encodeHandshake({ infohash, peerId }))
    this.#send({ type: 'bitfield', bits: pieces.toWire() })
    this.#owner.handshaken(nowMs, this)
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'interested':
        this.#theyAreInterested = true
        this.setChoking(this.#owner.isChoking)
        break
      case 'not-interested':
        this.#theyAreInterested = false
        break
      case 'request':
        if (!this.#weChoke && this.#isServable(message) && this.#requests.length < REQUESTS_QUEUED_MAX) {
          this.#requests.push(message)
        }
        break
      case 'have':
        this.#theirPieceCount++
        break
      case 'bitfield':
        this.#receiveBitfield(message.bits)
        break
      case 'cancel':
        this.#requests = this.#requests.filter(
          (request) => request.piece !== message.piece || request.offsetBytes !== message.offsetBytes,
        )
        break
      default:
    }
  }

  /** Only counted, and only where it fits the torrent. */
  #receiveBitfield(bits: Uint8Array): void {
    const pieces = Bitfield.fromWire(bits, this.#owner.geometry.pieceCount)
    if (pieces instanceof Bitfield) this.#theirPieceCount = pieces.setCount
  }

  #isServable({ piece, offsetBytes, lengthBytes }: WireRange): boolean {
    const index = this.#owner.geometry.pieceIndex(piece)
    if (index === null || !this.#owner.pieces.has(index) || lengthBytes < 1 || lengthBytes > REQUEST_BYTES_MAX)
      return false
    return offsetBytes + lengthBytes <= this.#owner.geometry.pieceBytes(index)
  }

  #sendBlock(nowMs: number, { piece, offsetBytes, lengthBytes }: WireRange): void {
    const block = this.#owner.read(piece * this.#owner.geometry.pieceLengthBytes + offsetBytes, lengthBytes)
    this.#send({ type: 'piece', piece, offsetBytes, block })
    this.#owner.blockSent(nowMs, lengthBytes)
  }

  #send(honest: Message): void {
    const message = this.#owner.outgoing(honest)
    if (message === null) return
    if (message.type !== 'piece') return this.#connection.send(encodeMessage(message))
    this.#connection.send(encodePieceHeader(message.piece, message.offsetBytes, message.block.length), message.block)
  }

  #leave(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#requests = []
    this.#owner.uploadEnded(this)
  }

  /** A method, since a call between may have ended it, which a narrowed type would not see. */
  #isOver(): boolean {
    return this.#state === 'over'
  }
}
