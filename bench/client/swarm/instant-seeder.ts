/**
 * A peer that unchokes at once and answers every request after one round trip, at a cost next to nothing: each block goes
 * out in the same buffer, lent as `client/node` lends that of a socket. Speaks BEP 3 and nothing more.
 */
import { BLOCK_BYTES } from '../../../client/metainfo/geometry.ts'
import type { InfoHash } from '../../../client/metainfo/infohash.ts'
import { joined } from '../../../client/ports/bytes.ts'
import type { Connection, ConnectionHandler, PeerAddress } from '../../../client/ports/transport.ts'
import type { Bitfield } from '../../../client/wire/bitfield.ts'
import { MessageDecoder } from '../../../client/wire/decoder.ts'
import { encodeHandshake, HANDSHAKE_BYTES } from '../../../client/wire/handshake.ts'
import { encodeMessage, PIECE_HEADER_BYTES, type WireRange } from '../../../client/wire/messages.ts'
import type { PeerId } from '../../../client/wire/peer-id.ts'
import type { Timeline } from '../../../links/timeline.ts'

export const ROUND_TRIP_MS = 20

/** A block of zeros; its place in the torrent is written over at every use. */
const FRAME = encodeMessage({ type: 'piece', piece: 0, offsetBytes: 0, block: new Uint8Array(BLOCK_BYTES) })
const FRAME_VIEW = new DataView(FRAME.buffer)
const PIECE_AT = PIECE_HEADER_BYTES - 8
const OFFSET_AT = PIECE_HEADER_BYTES - 4

export interface SeederSpec {
  readonly remote: PeerAddress
  readonly infohash: InfoHash
  readonly peerId: PeerId
  readonly pieces: Bitfield
  readonly timeline: Timeline
}

export class InstantSeeder implements Connection {
  readonly remote: PeerAddress
  readonly unsentBytes = 0
  readonly #spec: SeederSpec
  readonly #handler: ConnectionHandler
  readonly #decoder = new MessageDecoder()
  #isGreeted = false
  /** Asked for and not sent. */
  #owed: WireRange[] = []

  constructor(spec: SeederSpec, handler: ConnectionHandler) {
    this.remote = spec.remote
    this.#spec = spec
    this.#handler = handler
    spec.timeline.soon((nowMs) => handler.opened(nowMs))
  }

  send(...parts: readonly Uint8Array[]): void {
    let bytes = joined(parts)
    if (!this.#isGreeted) {
      bytes = bytes.subarray(HANDSHAKE_BYTES)
      this.#greet()
    }
    this.#decoder.push(bytes, 'owned')
    for (let message = this.#decoder.next(); message !== null; message = this.#decoder.next()) {
      if (message.type === 'fault') throw new Error(`the client sent nonsense: ${JSON.stringify(message.fault)}`)
      if (message.type !== 'request') continue
      if (message.lengthBytes !== BLOCK_BYTES) throw new Error(`a request of ${message.lengthBytes} bytes`)
      if (this.#owed.length === 0) this.#spec.timeline.inMs(ROUND_TRIP_MS, (nowMs) => this.#deliver(nowMs))
      this.#owed.push(message)
    }
  }

  close(): void {
    throw new Error('the client left')
  }
  reset(): void {
    throw new Error('the client left')
  }
  pauseReceiving(): void {}
  resumeReceiving(): void {}

  #greet(): void {
    const { infohash, peerId, pieces, timeline } = this.#spec
    this.#isGreeted = true
    timeline.soon((nowMs) => {
      const hello = [
        encodeHandshake({ infohash, peerId }),
        encodeMessage({ type: 'bitfield', bits: pieces.toWire() }),
        encodeMessage({ type: 'unchoke' }),
      ]
      this.#handler.received(nowMs, joined(hello), 'owned')
    })
  }

  #deliver(nowMs: number): void {
    const owed = this.#owed
    this.#owed = []
    for (const { piece, offsetBytes } of owed) {
      FRAME_VIEW.setUint32(PIECE_AT, piece)
      FRAME_VIEW.setUint32(OFFSET_AT, offsetBytes)
      this.#handler.received(nowMs, FRAME, 'borrowed')
    }
  }
}
