/**
 * Peer wire framing: a stream of bytes, cut anywhere, into messages. BEP 3.
 *
 * Total: any input gives messages, "need more bytes" or a fault, and never throws. After a fault there is nothing more.
 * A block is copied at most once: not at all when an owned chunk holds it whole.
 * Limit: a frame's length is checked on its 4th byte and against its id on the 5th, before anything is buffered.
 * Not here: the handshake, which message is legal when (state), timers, sockets.
 */
import type { Ownership } from '../ports/transport.ts'
import { type WireFault, wireFault } from './fault.ts'
import { FRAME_BYTES_MAX, formatOfId, type Message, type MessageFormat, PIECE_HEADER_BYTES } from './messages.ts'

export type Decoded = Message | { readonly type: 'fault'; readonly fault: WireFault }

export class MessageDecoder {
  /** Of the frame at hand: how many bytes of its head are here, and what they say so far. */
  #headFilled = 0
  #lengthBytes = 0
  #id = 0
  #piece = 0
  #offsetBytes = 0
  /** Of the frame at hand, once its head is read. */
  #body: Uint8Array | null = null
  #bodyFilled = 0
  #chunk: Uint8Array = NOTHING
  #chunkAt = 0
  #ownership: Ownership = 'owned'
  #faulty = false

  /** Then call `next` until it gives null; only then push again. A borrowed chunk is not looked at after that. */
  push(chunk: Uint8Array, ownership: Ownership): void {
    this.#chunk = chunk
    this.#chunkAt = 0
    this.#ownership = ownership
  }

  /** Null: more bytes are needed. */
  next(): Decoded | null {
    if (this.#faulty) return null
    if (this.#body !== null) return this.#continueBody(this.#body)
    if (!this.#fillHead(4)) return null
    const lengthBytes = this.#lengthBytes
    if (lengthBytes === 0) return this.#emit({ type: 'keep-alive' })
    if (lengthBytes > FRAME_BYTES_MAX) return this.#fail('frame.too-long', `at most ${FRAME_BYTES_MAX}`, lengthBytes)
    if (!this.#fillHead(5)) return null
    const format = formatOfId(this.#id)
    if (format !== undefined && (lengthBytes < format.lengthMin || lengthBytes > format.lengthMax)) {
      const expected = format.lengthMin === format.lengthMax ? '' : ` to ${format.lengthMax}`
      return this.#fail('frame.length', `${format.type} of ${format.lengthMin}${expected}`, lengthBytes)
    }
    if (format?.payload === 'block') {
      if (!this.#fillHead(PIECE_HEADER_BYTES)) return null
      return this.#startBody(lengthBytes - 9)
    }
    return this.#startBody(lengthBytes - 1)
  }

  #fillHead(wantedBytes: number): boolean {
    while (this.#headFilled < wantedBytes && this.#chunkAt < this.#chunk.length) {
      const byte = this.#chunk[this.#chunkAt++]!
      const at = this.#headFilled++
      if (at < 4) this.#lengthBytes = this.#lengthBytes * 256 + byte
      else if (at === 4) this.#id = byte
      else if (at < 9) this.#piece = this.#piece * 256 + byte
      else this.#offsetBytes = this.#offsetBytes * 256 + byte
    }
    return this.#headFilled >= wantedBytes
  }

  #startBody(bodyBytes: number): Decoded | null {
    // Nothing of it is here yet: the next chunk may hold it whole.
    if (bodyBytes > 0 && this.#chunkAt === this.#chunk.length) return null
    const end = this.#chunkAt + bodyBytes
    if (end <= this.#chunk.length) {
      const short = this.#short(bodyBytes)
      if (short !== null) return short
      const view = this.#chunk.subarray(this.#chunkAt, end)
      this.#chunkAt = end
      return this.#finish(this.#ownership === 'owned' ? view : view.slice())
    }
    this.#body = new Uint8Array(bodyBytes)
    this.#bodyFilled = 0
    return this.#continueBody(this.#body)
  }

  /** A message of whole words, read where it stands: they are the most, and a view on each would cost more than it. */
  #short(bodyBytes: number): Message | null {
    const type = formatOfId(this.#id)?.type
    if (bodyBytes === 4 && (type === 'have' || type === 'suggest' || type === 'allowed-fast')) {
      return this.#emit({ type, piece: this.#word() })
    }
    if (bodyBytes === 12 && (type === 'request' || type === 'cancel' || type === 'reject')) {
      return this.#emit({ type, piece: this.#word(), offsetBytes: this.#word(), lengthBytes: this.#word() })
    }
    return null
  }

  #word(): number {
    const [chunk, at] = [this.#chunk, this.#chunkAt]
    this.#chunkAt = at + 4
    return ((chunk[at]! << 24) | (chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!) >>> 0
  }

  #continueBody(body: Uint8Array): Decoded | null {
    const part = this.#chunk.subarray(this.#chunkAt, this.#chunkAt + body.length - this.#bodyFilled)
    body.set(part, this.#bodyFilled)
    this.#bodyFilled += part.length
    this.#chunkAt += part.length
    return this.#bodyFilled === body.length ? this.#finish(body) : null
  }

  #finish(body: Uint8Array): Decoded {
    const id = this.#id
    const format = formatOfId(id)
    if (format === undefined) return this.#emit({ type: 'unknown', id, payload: body })
    if (format.type !== 'piece') return this.#emit(parsePayload(format.type, body))
    return this.#emit({ type: 'piece', piece: this.#piece, offsetBytes: this.#offsetBytes, block: body })
  }

  #emit(message: Message): Message {
    this.#headFilled = 0
    this.#lengthBytes = 0
    this.#piece = 0
    this.#offsetBytes = 0
    this.#body = null
    return message
  }

  #fail(code: 'frame.too-long' | 'frame.length', expected: string, received: number): Decoded {
    this.#faulty = true
    this.#chunk = NOTHING
    return { type: 'fault', fault: wireFault(code, expected, received) }
  }
}

/** The length was checked against the format. */
function parsePayload(type: Exclude<MessageFormat['type'], 'piece'>, body: Uint8Array): Message {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  switch (type) {
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return { type, piece: view.getUint32(0) }
    case 'request':
    case 'cancel':
    case 'reject':
      return {
        type,
        piece: view.getUint32(0),
        offsetBytes: view.getUint32(4),
        lengthBytes: view.getUint32(8),
      }
    case 'bitfield':
      return { type: 'bitfield', bits: body }
    case 'port':
      return { type: 'port', port: view.getUint16(0) }
    case 'extended':
      return { type: 'extended', extensionId: view.getUint8(0), payload: body.subarray(1) }
    default:
      return { type }
  }
}

const NOTHING = new Uint8Array(0)
