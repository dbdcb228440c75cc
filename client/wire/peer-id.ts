/** Peer ids: 20 bytes that name one run of a client. BEP 3, in the form of BEP 20 (`-SL0001-` + 12 random characters). */
import type { Random } from '../ports/random.ts'

export type PeerId = Uint8Array & { readonly __brand: 'PeerId' }

export const PEER_ID_BYTES = 20

const PREFIX = '-SL0001-'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function makePeerId(random: Random): PeerId {
  const text = Array.from({ length: PEER_ID_BYTES - PREFIX.length }, () => ALPHABET[random.below(ALPHABET.length)])
  return peerIdFromBytes(new TextEncoder().encode(PREFIX + text.join('')))
}

export function peerIdFromBytes(bytes: Uint8Array): PeerId {
  if (bytes.length !== PEER_ID_BYTES) throw new RangeError(`a peer id has 20 bytes, not ${bytes.length}`)
  return bytes as PeerId
}

/** For people: printable ASCII as it is, other bytes as %XX, so that a hostile id never reaches a terminal raw. */
export function formatPeerId(peerId: PeerId): string {
  return Array.from(peerId, (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}
