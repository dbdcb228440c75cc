/**
 * What a client that wants the content does about a hostile peer that it meets alone, in five minutes: how often it dials
 * it, how each connection ends, and what it takes from it at most. Times between dials are those of known-peers: 1 s, 4 s,
 * 16 s … after a peer that shook hands and was of no use, 1 s, 2 s, 4 s … to a minute after one that did not get that far.
 */
import { expect } from 'vitest'
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { LATE_REQUESTS_MAX, REFUSED_REQUESTS_MAX } from '../../client/peer/their-requests.ts'
import type { WireFaultCode } from '../../client/wire/fault.ts'
import { PIECE_BYTES, TOTAL_BYTES } from './fault-stage.testing.ts'

export interface Response {
  readonly summary: string
  readonly dials: number
  /** In order; `…, again in N ms` where it is to be dialled again. */
  readonly ends: readonly unknown[]
  /** How else a connection may end where others are there. */
  readonly endsToo?: readonly unknown[]
  /** Reasons. */
  readonly bans: readonly unknown[]
  /** Snubbed every 10 s, or never. */
  readonly isSnubbed: boolean
  readonly isComplete: boolean
  /** Payload, wasted or not. */
  readonly takenBytesMax: number
  /** Of everything that it sent, beyond that payload. */
  readonly overheadBytesMax: number
  /** Of everything that we sent it. */
  readonly sentBytesMax: number
}

export const ALONE_MS = 300_000
const LAST = 'neither of us needs anything'
const USELESS_SECONDS = [1, 4, 16, 64, 240]
const UNHEARD_SECONDS = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
/** Handshakes, haves and the like of five minutes. */
const TALK_BYTES = 16_000
/** What a flood of messages is worth before it is closed: the budget, in messages of 20 bytes. */
const FLOOD_BYTES = 200_000

const NOTHING: Omit<Response, 'summary' | 'dials' | 'ends'> = {
  bans: [],
  isSnubbed: false,
  isComplete: false,
  takenBytesMax: 0,
  overheadBytesMax: TALK_BYTES,
  sentBytesMax: TALK_BYTES,
}

/** `CODE: …`, or the text itself; and when it is dialled again. */
function end(reason: string | RegExp, againSeconds: number | null): unknown {
  const text = reason instanceof RegExp ? reason.source : escaped(reason)
  const again = againSeconds === null ? '' : `, again in ${againSeconds * 1000} ms`
  return expect.stringMatching(new RegExp(`^${text}${again}$`))
}

/** The fault, whatever was expected and received. */
export function fault(code: WireFaultCode, received = '.*'): RegExp {
  return new RegExp(`${escaped(code)}: expected .*, received ${received}`)
}

/** After its handshake, each time it is dialled; each time it waits four times as long. */
export function closed(reason: string | RegExp, more: Partial<Response> = {}): Response {
  const ends = USELESS_SECONDS.map((seconds) => end(reason, seconds))
  return { ...NOTHING, summary: 'closed each time', dials: ends.length, ends, ...more }
}

/** Before its handshake was here. */
export function unheard(reason: string | RegExp, dials: number): Response {
  const ends = UNHEARD_SECONDS.slice(0, dials).map((seconds) => end(reason, seconds))
  return { ...NOTHING, summary: 'closed before its handshake is here', dials, ends }
}

export function closedForEver(reason: string | RegExp): Response {
  return { ...NOTHING, summary: 'closed, and never dialled again', dials: 1, ends: [end(reason, null)] }
}

export function banned(reason: RegExp, more: Partial<Response> = {}): Response {
  const bans = [expect.stringMatching(reason)]
  return { ...NOTHING, summary: 'banned', dials: 1, ends: ['banned'], bans, takenBytesMax: PIECE_BYTES, ...more }
}

export const BAD_DATA = /^sent bad data in piece \d+$/

/** What it does wrong is no fault, or none that costs anything: it serves all of it. */
export function served(more: Partial<Response> = {}): Response {
  const taken = { isComplete: true, takenBytesMax: TOTAL_BYTES }
  return { ...NOTHING, summary: 'served by it', dials: 1, ends: [LAST], ...taken, ...more }
}

/** Closed so often, and served by it all the same in the end. */
export function closedThenServed(reason: string | RegExp, times: number, more: Partial<Response> = {}): Response {
  const ends = [...USELESS_SECONDS.slice(0, times).map((seconds) => end(reason, seconds)), LAST]
  return { ...served(more), summary: `closed, and in the end served by it`, dials: ends.length, ends }
}

/** Nothing is asked of it any more, or one block every 10 s; it is closed when it was silent for four minutes. */
export function waitedFor(more: Partial<Response> = {}): Response {
  const ends = [end('idle timed out', 1)]
  return { ...NOTHING, summary: 'waited for, then closed as idle', dials: 2, ends, ...more }
}

/** It says something now and then, so it is not idle: it is left connected, while there is room. */
export function leftAlone(more: Partial<Response> = {}): Response {
  return { ...NOTHING, summary: 'left connected', dials: 1, ends: [], ...more }
}

export const FLOOD = { overheadBytesMax: FLOOD_BYTES }
export const SNUBBED = { isSnubbed: true }
export const REFUSED = fault('request.refused', `${REFUSED_REQUESTS_MAX + 1}`)
export const LATE = fault('request.choked', `${LATE_REQUESTS_MAX + 1}`)
/** Blocks that nobody asked for, at each of five connections, and as much that was. */
export const UNASKED_BYTES = 5 * 2 * 64 * BLOCK_BYTES

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
