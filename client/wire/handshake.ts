/**
 * The handshake, BEP 3: `19` `BitTorrent protocol`, 8 reserved bytes, infohash (20), peer id (20); 68 bytes in all.
 *
 * Reserved bits announce extensions: see reserved.
 */
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../metainfo/infohash.ts'
import { type WireFault, wireFault } from './fault.ts'
import { type PeerId, peerIdFromBytes } from './peer-id.ts'

export const HANDSHAKE_BYTES = 68

/** `19` and the name: what tells this protocol from garbage and from an encrypted attempt. */
const PROTOCOL = new TextEncoder().encode('\u0013BitTorrent protocol')
const RESERVED_AT = PROTOCOL.length
const INFOHASH_AT = RESERVED_AT + 8
const PEER_ID_AT = INFOHASH_AT + 20

export interface Handshake {
  readonly infohash: InfoHash
  readonly peerId: PeerId
  /** 8 bytes; none set when left out. */
  readonly reserved?: Uint8Array
}

export function encodeHandshake(handshake: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(PROTOCOL)
  if (handshake.reserved !== undefined) bytes.set(handshake.reserved, RESERVED_AT)
  bytes.set(infoHashBytes(handshake.infohash), INFOHASH_AT)
  bytes.set(handshake.peerId, PEER_ID_AT)
  return bytes
}

/**
 * Collects 68 bytes and no more. What is not this protocol is told at its first wrong byte, so that garbage and
 * encrypted attempts are not waited for.
 */
export class HandshakeReader {
  readonly #bytes = new Uint8Array(HANDSHAKE_BYTES)
  #filled = 0

  /** Takes what it needs from the front of `chunk`. After a fault or a handshake it is not called again. */
  read(chunk: Uint8Array): { takenBytes: number; outcome: Handshake | WireFault | null } {
    const takenBytes = Math.min(chunk.length, HANDSHAKE_BYTES - this.#filled)
    this.#bytes.set(chunk.subarray(0, takenBytes), this.#filled)
    this.#filled += takenBytes
    return { takenBytes, outcome: this.#outcome() }
  }

  #outcome(): Handshake | WireFault | null {
    for (let at = 0; at < Math.min(this.#filled, PROTOCOL.length); at++) {
      if (this.#bytes[at] !== PROTOCOL[at]) {
        return wireFault('handshake.protocol', 'BitTorrent protocol', `byte ${this.#bytes[at]} at offset ${at}`)
      }
    }
    if (this.#filled < HANDSHAKE_BYTES) return null
    return {
      infohash: infoHashFromBytes(this.#bytes.subarray(INFOHASH_AT, PEER_ID_AT)),
      peerId: peerIdFromBytes(this.#bytes.slice(PEER_ID_AT)),
      reserved: this.#bytes.slice(RESERVED_AT, INFOHASH_AT),
    }
  }
}

export function isHandshake(outcome: Handshake | WireFault): outcome is Handshake {
  return 'infohash' in outcome
}
