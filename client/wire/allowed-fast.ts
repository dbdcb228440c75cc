/** The pieces that a peer may ask for while it is choked, made from its address so that reconnecting gives no more. BEP 6. */
import type { PieceIndex } from '../metainfo/geometry.ts'
import { type InfoHash, infoHashBytes } from '../metainfo/infohash.ts'
import { joined } from '../ports/bytes.ts'
import { parseIpAddress } from '../ports/ip-address.ts'
import type { Sha1 } from '../ports/sha1.ts'

/** What the BEP proposes. */
export const ALLOWED_FAST_COUNT = 10

/**
 * `count` different pieces, or all when there are fewer, in the order of the BEP. `host` is the peer's IP literal (a
 * RangeError otherwise), of which only the network counts: /24, and for IPv6, of which the BEP is silent, /64.
 */
export function allowedFastSet(
  infohash: InfoHash,
  host: string,
  pieceCount: number,
  count: number,
  sha1: Sha1,
): PieceIndex[] {
  const pieces = new Set<number>()
  const wanted = Math.min(count, pieceCount)
  let x = joined([networkOf(host), infoHashBytes(infohash)])
  while (pieces.size < wanted) {
    x = sha1(x)
    const view = new DataView(x.buffer, x.byteOffset, x.byteLength)
    for (let at = 0; at + 4 <= x.length && pieces.size < wanted; at += 4) pieces.add(view.getUint32(at) % pieceCount)
  }
  return [...pieces] as PieceIndex[]
}

function networkOf(host: string): Uint8Array {
  const address = parseIpAddress(host)
  if (address === null) throw new RangeError(`not an IP literal: ${host}`)
  if (address.length === 16) return address.subarray(0, 8)
  return Uint8Array.of(address[0]!, address[1]!, address[2]!, 0)
}
