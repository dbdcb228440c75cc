/**
 * What an answer of a web seed is worth: the bytes that were asked for, or a fault and what comes of it. BEP 19 asks for
 * parts of files by HTTP ranges (RFC 9110, 14).
 *
 * `retry`: it may do better later. `give-up`: it has not got it, or cannot. `ban`: it says what is not true, or would
 * have us take more than we asked for; it is not asked again either.
 */
import type { ByteRange, HttpFaultCode, HttpOutcome } from '../ports/http.ts'

export type WebSeedVerdict =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number }
  | { readonly kind: 'give-up' | 'ban'; readonly reason: string }

/** `fileBytes`: how long the file is, as the torrent has it. */
export function judgeAnswer(outcome: HttpOutcome, asked: ByteRange, fileBytes: number): WebSeedVerdict {
  if (outcome.kind === 'fault') return judgeFault(outcome.code, outcome.detail)
  if (outcome.status === 206) return judgePart(outcome, asked, fileBytes)
  if (outcome.status === 200) return judgeWhole(outcome.body, asked, fileBytes)
  return judgeStatus(outcome.status, outcome.retryAfterMs ?? 0)
}

function judgeFault(code: HttpFaultCode, detail: string): WebSeedVerdict {
  switch (code) {
    case 'too-large':
      return { kind: 'ban', reason: `endless body: ${detail}` }
    case 'redirects':
      return { kind: 'ban', reason: detail }
    case 'no-range':
    case 'bad-url':
      return { kind: 'give-up', reason: detail }
    default:
      return { kind: 'retry', reason: `${code}: ${detail}`, retryAfterMs: 0 }
  }
}

function judgePart(
  { range, body }: HttpOutcome & { kind: 'response' },
  asked: ByteRange,
  fileBytes: number,
): WebSeedVerdict {
  const isAsked = range?.offsetBytes === asked.offsetBytes && range.lengthBytes === asked.lengthBytes
  if (range === undefined || !isAsked) return ban('wrong range', describe(asked), describe(range))
  const { totalBytes } = range
  if (totalBytes !== null && totalBytes !== fileBytes) return otherLength(`a file of ${fileBytes}`, totalBytes)
  if (body.length !== asked.lengthBytes) return otherLength(`${asked.lengthBytes}`, body.length)
  return { kind: 'bytes', bytes: body }
}

/** Of use only where the whole was asked for. */
function judgeWhole(body: Uint8Array, asked: ByteRange, fileBytes: number): WebSeedVerdict {
  if (asked.lengthBytes !== fileBytes) return { kind: 'give-up', reason: 'sends the whole file instead of a range' }
  if (body.length !== fileBytes) return otherLength(`a file of ${fileBytes}`, body.length)
  return { kind: 'bytes', bytes: body }
}

/** Request Timeout, Too Early, Too Many Requests: these of the client errors pass. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429])

function judgeStatus(status: number, retryAfterMs: number): WebSeedVerdict {
  const reason = `HTTP status ${status}`
  if (status >= 500 || PASSING_STATUSES.has(status)) return { kind: 'retry', reason, retryAfterMs }
  if (status === 416) return ban('other length', 'the range to be there', 'range not satisfiable')
  return status >= 400 ? { kind: 'give-up', reason } : ban('wrong status', '206', `${status}`)
}

function otherLength(expected: string, receivedBytes: number): WebSeedVerdict {
  return ban('other length', `${expected} bytes`, `${receivedBytes}`)
}

function ban(fault: string, expected: string, received: string): WebSeedVerdict {
  return { kind: 'ban', reason: `${fault}: expected ${expected}, received ${received}` }
}

function describe(range: ByteRange | undefined): string {
  if (range === undefined) return 'none'
  return `bytes ${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}`
}
