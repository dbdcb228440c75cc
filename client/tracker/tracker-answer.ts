/**
 * What holds for every answer of a tracker, to an announce or a scrape, over HTTP or UDP. BEP 3 and 31.
 *
 * Text from the tracker is cut and safe to print. Limits: `RESPONSE_BYTES_MAX`, and intervals within
 * `INTERVAL_SECONDS_MIN` and `INTERVAL_SECONDS_MAX`.
 */
import { decode, describeBencodeFault } from '../bencode/decode.ts'
import { BencodeDictionary, type BencodeValue, keyFromBytes, textFromBytes } from '../bencode/value.ts'
import { describeValue } from '../metainfo/metainfo-fault.ts'
import { printable } from '../metainfo/printable.ts'

export const RESPONSE_BYTES_MAX = 1_048_576
/** Against a tracker that would have us ask in a loop: one small request in 5 s is no load to either side. */
const INTERVAL_SECONDS_MIN = 5
/** Against a tracker that would have us never come back. */
const INTERVAL_SECONDS_MAX = 86_400
/** What most trackers say. */
const INTERVAL_SECONDS_DEFAULT = 1_800

/** Entries looked at, of which `PEERS_MAX` are kept; a dictionary peer has some eight tokens. */
const TOKENS_MAX = 100_000
const TEXT_LENGTH_MAX = 300

/** `failure`: the tracker's own words. `retryInSeconds` is what it says of trying again; null: nothing. */
export interface TrackerFault {
  readonly kind: 'fault'
  readonly code: 'too-large' | 'not-bencode' | 'bad-field' | 'failure'
  readonly detail: string
  readonly retryInSeconds: number | 'never' | null
}

export function trackerFault(code: TrackerFault['code'], detail: string): TrackerFault {
  return { kind: 'fault', code, detail, retryInSeconds: null }
}

/** The dictionary that an answer over HTTP is, where it is no failure. */
export function decodeAnswer(bytes: Uint8Array): BencodeDictionary | TrackerFault {
  if (bytes.length > RESPONSE_BYTES_MAX) return trackerFault('too-large', `longer than ${RESPONSE_BYTES_MAX} bytes`)
  const decoded = decode(bytes, { bytesMax: RESPONSE_BYTES_MAX, depthMax: 10, tokensMax: TOKENS_MAX })
  if (decoded.kind === 'fault') return trackerFault('not-bencode', describeBencodeFault(decoded))
  const answer = decoded.value
  if (!(answer instanceof BencodeDictionary)) {
    return trackerFault('not-bencode', `expected a dictionary, received ${describeValue(answer)}`)
  }
  // BEP 48 writes `failure_reason`.
  const reason = answer.get('failure reason') ?? answer.get('failure_reason')
  if (reason === undefined) return answer
  return { ...trackerFault('failure', bytesOf(reason, shownText) || 'nothing'), retryInSeconds: retryIn(answer) }
}

/** Where the tracker says nothing usable (missing, no number, zero or less), what most trackers say. */
export function soundIntervalSeconds(value: BencodeValue | undefined): number {
  return intervalSeconds(value) ?? INTERVAL_SECONDS_DEFAULT
}

export function intervalSeconds(value: BencodeValue | undefined): number | null {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || value <= 0) return null
  return Math.min(Math.max(Number(value), INTERVAL_SECONDS_MIN), INTERVAL_SECONDS_MAX)
}

/** What a tracker writes: cut, and safe to print. */
export function shownText(bytes: Uint8Array): string {
  return printable(textFromBytes(bytes.subarray(0, TEXT_LENGTH_MAX)))
}

export function bytesOf<T>(value: BencodeValue | undefined, read: (bytes: Uint8Array) => T): T | null {
  return value instanceof Uint8Array ? read(value) : null
}

/** BEP 31: minutes, or `never`. Its examples write the number as text. */
function retryIn(answer: BencodeDictionary): number | 'never' | null {
  const value = answer.get('retry in')
  const text = bytesOf(value, (bytes) => keyFromBytes(bytes.subarray(0, 10)))
  if (text === 'never') return text
  const minutes = text !== null && /^\d+$/.test(text) ? Number(text) : value
  return typeof minutes === 'number' && minutes > 0 ? Math.min(minutes * 60, INTERVAL_SECONDS_MAX) : null
}
