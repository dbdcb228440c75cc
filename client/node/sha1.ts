/** SHA-1 of a few bytes, on the spot. */
import { createHash } from 'node:crypto'

export function nodeSha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest()
}
