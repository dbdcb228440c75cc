/** Bytes that are no answer. */
import { gzipSync } from 'node:zlib'
import { keyBytes } from '../client/bencode/value.ts'
import type { Random } from '../client/ports/random.ts'
import { RESPONSE_BYTES_MAX } from '../client/tracker/tracker-answer.ts'
import type { ScriptAction } from './script.ts'

/** What one gzip member of a bomb decompresses to: 16 KiB become 16 MiB. */
const MEMBER_BYTES = 2 ** 24
/** One byte more than a client reads. */
const CHUNK_BYTES = RESPONSE_BYTES_MAX + 1

export interface Body {
  readonly bytes: Uint8Array
  /** `bytes` again and again, to be sent so often; never joined in memory. */
  readonly times: number
  readonly isGzip: boolean
}

/** What the script says that the answer is, byte by byte; null where it says nothing of the kind. */
export function scriptedBody(action: ScriptAction, random: Random): Body | null {
  if (action.body !== undefined) return { bytes: keyBytes(action.body), times: 1, isGzip: false }
  if (action.garbageBytes !== undefined) return { bytes: garbage(action.garbageBytes, random), times: 1, isGzip: false }
  if (action.gzipBombBytes !== undefined)
    return { ...repeated(action.gzipBombBytes, MEMBER_BYTES, gzipSync), isGzip: true }
  if (action.bodyBytes === undefined) return null
  return { ...repeated(action.bodyBytes, CHUNK_BYTES, (zeros) => zeros), isGzip: false }
}

/** At least so many bytes. */
function repeated(lengthBytes: number, chunkBytes: number, encoded: (zeros: Uint8Array) => Uint8Array) {
  const times = Math.ceil(lengthBytes / chunkBytes)
  return { bytes: encoded(new Uint8Array(times > 1 ? chunkBytes : lengthBytes)), times: Math.max(times, 1) }
}

function garbage(lengthBytes: number, random: Random): Uint8Array {
  const words = Uint32Array.from({ length: Math.ceil(lengthBytes / 4) }, () => random.below(2 ** 32))
  return new Uint8Array(words.buffer, 0, lengthBytes)
}
