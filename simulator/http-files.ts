/**
 * A simulated web server with files, as web seeds are (BEP 19): honest, or wrong in one way. Whatever it does is a pure
 * function of what is asked. Its bytes come over the link of its host, as everything does; a rate of its own, if it has one,
 * holds each answer up for itself before that.
 */
import type { ByteRange, ContentRange } from '../client/ports/http.ts'
import type { SimulatedHttpAnswer, SimulatedHttpService } from './http.ts'

export type FileServerFault =
  /** 206 of another part than was asked for. */
  | 'wrong-range'
  /** Its file is a byte longer, and it says so. */
  | 'other-length'
  /** Half of the body that it announced, as if that were all. */
  | 'short-body'
  /** A body that never ends. */
  | 'endless-body'
  /** Leads to `redirectTo`. */
  | 'redirect'
  /** The whole file, whatever part was asked for (200). */
  | 'ignores-ranges'
  /** One byte of every answer is another. */
  | 'corrupt'
  | 'not-found'
  | 'unavailable'
  | 'resets'
  /** Says nothing. */
  | 'hangs'

export interface FileServerOptions {
  /** What is at a path that begins with `/`, percent-encoded; null: nothing. */
  readonly file: (path: string) => Uint8Array | null
  /** Null: as fast as the link of its host. */
  readonly bytesPerSecond: number | null
  readonly fault?: FileServerFault
  /** Of `redirect`. */
  readonly redirectTo?: string
  /** Of `unavailable`: what it says in Retry-After. */
  readonly retryAfterMs?: number
}

export function simulatedFileServer(options: FileServerOptions): SimulatedHttpService {
  return { handle: (target, _, __, range) => answerOf(options, target, range) }
}

type Answer = SimulatedHttpAnswer & { kind: 'answer' }

function answerOf(options: FileServerOptions, target: string, range: ByteRange | null): SimulatedHttpAnswer {
  const { fault, redirectTo, retryAfterMs } = options
  switch (fault) {
    case 'hangs':
      return { kind: 'hang' }
    case 'resets':
      return { kind: 'reset', delayMs: 0 }
    case 'not-found':
      return bare(404)
    case 'unavailable':
      return { ...bare(503), ...(retryAfterMs !== undefined && { retryAfterMs }) }
    case 'redirect':
      return { ...bare(302), location: `${redirectTo ?? ''}${target}` }
    default: {
      const file = options.file(target)
      if (file === null) return bare(404)
      const answer = withFault(honestAnswer(file, fault === 'ignores-ranges' ? null : range), fault)
      if (options.bytesPerSecond === null) return answer
      // Who asked for less leaves when it has that.
      const sentBytes = Math.min(answer.body.length, range?.lengthBytes ?? answer.body.length)
      return { ...answer, delayMs: (sentBytes * 1000) / options.bytesPerSecond }
    }
  }
}

function bare(status: number): Answer {
  return { kind: 'answer', status, body: new Uint8Array(0), delayMs: 0 }
}

/** RFC 9110, 14.2: what there is of the range; 416 where that is nothing. */
function honestAnswer(file: Uint8Array, range: ByteRange | null): Answer {
  if (range === null) return { kind: 'answer', status: 200, body: file, delayMs: 0 }
  const { offsetBytes } = range
  if (offsetBytes >= file.length) return bare(416)
  const body = file.subarray(offsetBytes, offsetBytes + range.lengthBytes)
  const said: ContentRange = { offsetBytes, lengthBytes: body.length, totalBytes: file.length }
  return { kind: 'answer', status: 206, body, range: said, delayMs: 0 }
}

function withFault(answer: Answer, fault: FileServerFault | undefined): Answer {
  const { body, range } = answer
  switch (fault) {
    case 'wrong-range':
      return range === undefined ? answer : { ...answer, range: { ...range, offsetBytes: range.offsetBytes + 1 } }
    case 'other-length':
      return range === undefined
        ? { ...answer, body: new Uint8Array(body.length + 1) }
        : { ...answer, range: { ...range, totalBytes: (range.totalBytes ?? 0) + 1 } }
    case 'short-body':
      return { ...answer, body: body.subarray(0, body.length / 2) }
    case 'endless-body':
      return { ...answer, isEndless: true }
    case 'corrupt': {
      const corrupt = body.slice()
      corrupt[0]! ^= 1
      return { ...answer, body: corrupt }
    }
    default:
      return answer
  }
}
