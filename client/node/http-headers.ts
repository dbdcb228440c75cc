/** Headers of answers that say something in a form of their own. What cannot be read counts as left out. */
import type { ContentRange } from '../ports/http.ts'

/** `bytes 0-499/1234`, or `*` for the whole (RFC 9110, 14.4). */
export function parseContentRange(text: string | undefined): ContentRange | null {
  const found = /^bytes +(\d+)-(\d+)\/(\d+|\*)$/i.exec(text?.trim() ?? '')
  if (found === null) return null
  const [first, last] = [Number(found[1]), Number(found[2])]
  const totalBytes = found[3] === '*' ? null : Number(found[3])
  const isRange = last >= first && Number.isSafeInteger(last) && (totalBytes === null || totalBytes > last)
  return isRange ? { offsetBytes: first, lengthBytes: last - first + 1, totalBytes } : null
}

/** Seconds, or a date (RFC 9110, 10.2.3): from `nowUnixMs` to then, at least 0. */
export function parseRetryAfter(text: string | undefined, nowUnixMs: number): number | null {
  const trimmed = text?.trim() ?? ''
  if (/^\d{1,10}$/.test(trimmed)) return Number(trimmed) * 1000
  const unixMs = /^[A-Z][a-z]{2}/.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  return Number.isNaN(unixMs) ? null : Math.max(0, unixMs - nowUnixMs)
}
