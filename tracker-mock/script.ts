/**
 * A tracker's script: how it fails. A list of steps `{ when, do }`; for each announce the first step whose `when` holds
 * decides, and without one the tracker is honest. This file reads and checks a script; `scripted-tracker` plays it.
 *
 * Units are in the names. `when` is empty for every announce; all that it names must hold. What `do` may name together:
 * a delay with anything; of what is done instead of an answer one, and then nothing of the answer. What only HTTP can do
 * is silence over UDP.
 */
import { z } from 'zod'
import { RESPONSE_BYTES_MAX } from '../client/tracker/tracker-answer.ts'

/** Twice what a client reads. */
const GARBAGE_BYTES_MAX = 2 * RESPONSE_BYTES_MAX
const BODY_BYTES_MAX = 1_000_000_000
const DELAY_MS_MAX = 3_600_000
/** As many as one datagram holds. */
const DEAD_PEERS_MAX = 10_000

const when = z.strictObject({
  /** Announces are counted from 1, over all torrents. */
  announce: z.int().min(1).optional(),
  fromAnnounce: z.int().min(1).optional(),
  toAnnounce: z.int().min(1).optional(),
  /** Since the tracker started; `toMs` is the first moment at which it no longer holds. */
  fromMs: z.number().min(0).optional(),
  toMs: z.number().min(0).optional(),
  infohash: z
    .string()
    .regex(/^[0-9a-f]{40}$/, 'expected 40 lower-case hex digits')
    .optional(),
  /** `connect` is what comes before an announce over UDP (BEP 15); a step that names no event is for announces. */
  event: z.enum(['started', 'completed', 'stopped', 'paused', 'none', 'connect']).optional(),
  via: z.enum(['http', 'udp']).optional(),
  /** Who announces. */
  host: z.string().optional(),
  port: z.int().min(1).max(65_535).optional(),
})

const INSTEAD_OF_AN_ANSWER = [
  'error',
  'status',
  'redirectTo',
  'body',
  'garbageBytes',
  'bodyBytes',
  'gzipBombBytes',
  'hang',
  'reset',
  'awayMs',
] as const
const OF_THE_ANSWER = [
  'intervalSeconds',
  'minIntervalSeconds',
  'emptyPeers',
  'ownAddress',
  'deadPeers',
  'forged',
] as const

const action = z
  .strictObject({
    delayMs: z.number().min(0).max(DELAY_MS_MAX).optional(),
    /** A failure reason. */
    error: z.string().max(10_000).optional(),
    /** Of HTTP, with a body that says so. */
    status: z.int().min(200).max(599).optional(),
    /** A status of 302 to this URL or path; `self` is the same URL again. */
    redirectTo: z.string().max(10_000).optional(),
    /** This text as the whole answer, one byte a character. */
    body: z
      .string()
      .max(GARBAGE_BYTES_MAX)
      .regex(/^[\0-\xff]*$/, 'expected characters up to U+00FF')
      .optional(),
    garbageBytes: z.int().min(0).max(GARBAGE_BYTES_MAX).optional(),
    /** A body of so many bytes, sent as fast as it is read. */
    bodyBytes: z.int().min(0).max(BODY_BYTES_MAX).optional(),
    /** A small body that decompresses to so many bytes. */
    gzipBombBytes: z.int().min(0).max(BODY_BYTES_MAX).optional(),
    /** Takes the request and never answers. */
    hang: z.literal(true).optional(),
    /** Takes the request and resets the connection. */
    reset: z.literal(true).optional(),
    /** The same, and then nobody listens on the port for so long: connections are refused. */
    awayMs: z.number().min(0).max(DELAY_MS_MAX).optional(),
    intervalSeconds: z
      .int()
      .min(-(2 ** 31))
      .max(2 ** 31 - 1)
      .optional(),
    minIntervalSeconds: z.int().optional(),
    emptyPeers: z.literal(true).optional(),
    /** Who asks is among the peers. */
    ownAddress: z.literal(true).optional(),
    /** Before the peers so many addresses where nobody listens, all of this machine. */
    deadPeers: z.int().min(1).max(DEAD_PEERS_MAX).optional(),
    /** Over UDP, before the answer one without peers by somebody who does not know the transaction id. */
    forged: z.literal(true).optional(),
  })
  .superRefine((named, context) => {
    const instead = INSTEAD_OF_AN_ANSWER.filter((name) => named[name] !== undefined)
    const others = instead.length === 0 ? [] : OF_THE_ANSWER.filter((name) => named[name] !== undefined)
    const clash = [...instead, ...others]
    if (clash.length > 1) context.addIssue(`expected one of ${clash.join(', ')}, received all of them`)
  })

const script = z.array(z.strictObject({ when: when.optional(), do: action })).max(1_000)

export type TrackerScript = z.infer<typeof script>
export type ScriptAction = z.infer<typeof action>

/** Of what the JSON says. Throws an Error whose message is one line: where, what was expected, what was received. */
export function parseTrackerScript(value: unknown): TrackerScript {
  const parsed = script.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message, ...issue } = parsed.error.issues[0]!
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const where = ['steps', ...path, ...(unknown === undefined ? [] : [unknown])]
  throw new Error(`${formatPath(where)}: ${unknown === undefined ? inOurWords(message) : 'no such field'}`)
}

function formatPath([root, ...path]: PropertyKey[]): string {
  return String(root) + path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
}

/** zod says what kind of problem it is before it says what is wrong. */
function inOurWords(message: string): string {
  return message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '')
}
