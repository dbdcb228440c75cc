/** Infohash: what names a torrent. v1 is the SHA-1 (BEP 3), v2 the SHA-256 (BEP 52) of the original bytes of `info`. */

/** 40 lower-case hex digits. */
export type InfoHash = string & { readonly __brand: 'InfoHash' }

export function infoHashFromBytes(bytes: Uint8Array): InfoHash {
  if (bytes.length !== 20) throw new RangeError(`an infohash has 20 bytes, not ${bytes.length}`)
  return toHex(bytes) as InfoHash
}

export function infoHashBytes(infoHash: InfoHash): Uint8Array {
  return Uint8Array.from({ length: 20 }, (_, index) => Number.parseInt(infoHash.slice(index * 2, index * 2 + 2), 16))
}

/** Lower-case hex digits of any bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
