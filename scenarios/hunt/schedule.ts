/**
 * A schedule: one hunt as data. The swarm, and what happens to it when; the same schedule always gives the same run.
 *
 * Who there is, by name: clients of ours `c0`, `c1`…, scripted peers `p0`, `p1`…, web seeds `w0`…, and `s`, the honest source that has
 * the whole content and is spared. A name keeps its host and its random streams when others are left out (shrinking).
 * Times count from the start of the run, before `safetyMs`; from there on every fault is over.
 */
import { z } from 'zod'

const ms = z.number().min(0).max(3_600_000)
const rate = z.number().positive().nullable()
const clientName = z.string().regex(/^c\d{1,2}$/)
const peerName = z.string().regex(/^p\d{1,2}$/)
const anyName = z.string().regex(/^(?:[cp]\d{1,2}|s)$/)

const link = z.strictObject({
  upBytesPerSecond: rate,
  downBytesPerSecond: rate,
  rttMs: ms,
  jitterMs: ms,
  lossRate: z.number().min(0).max(0.5),
})

const choices = z.strictObject({
  pipelineDepth: z.union([z.literal('auto'), z.int().min(1).max(2_000)]),
  picker: z.enum(['rarest-first', 'sequential', 'random']),
  peersMax: z.int().min(1).max(500),
  useTrackers: z.boolean(),
  usePex: z.boolean(),
  uploadSlots: z.int().min(1).max(100),
  fastResume: z.boolean(),
  seeds: z.boolean(),
  seedOnly: z.boolean(),
  /** As `--files` says it; null: all. */
  files: z.string().nullable(),
  downLimitBytesPerSecond: rate,
  upLimitBytesPerSecond: rate,
})

const client = z.strictObject({
  name: clientName,
  link,
  arrivesMs: ms,
  hasAll: z.boolean(),
  fromMagnet: z.boolean(),
  /** Behind a NAT where not: nobody can dial it. */
  isReachable: z.boolean(),
  /** Whom its user names, beside the source. */
  knows: z.array(anyName),
  /** From a write to its landing. */
  writeMs: ms,
  /** How long its user waits before starting it again after it failed. */
  restartMs: ms,
  choices,
})

const peer = z.strictObject({
  name: peerName,
  link,
  /** A script of `seeder/`; of none it is honest. */
  script: z.array(z.looseObject({})),
  announces: z.boolean(),
  /** Once the faults are over. */
  afterwards: z.enum(['gone', 'honest']),
})

/** Its one file server per address; what it does wrong ends with the faults. */
const webSeed = z.strictObject({
  name: z.string().regex(/^w\d{1,2}$/),
  bytesPerSecond: rate,
  fault: z
    .enum([
      'wrong-range',
      'other-length',
      'short-body',
      'endless-body',
      'ignores-ranges',
      'corrupt',
      'not-found',
      'unavailable',
      'resets',
      'hangs',
    ])
    .nullable(),
})

/** Places are taken modulo what there is, so that a schedule stays valid when its content shrinks. */
const diskFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full'), freeBytes: z.int().min(0) }),
  z.strictObject({ kind: z.literal('read-only') }),
  z.strictObject({ kind: z.literal('removed'), file: z.int().min(0) }),
  z.strictObject({ kind: z.literal('resized'), file: z.int().min(0), share: z.number().min(0).max(1.5) }),
  z.strictObject({ kind: z.literal('rotten'), file: z.int().min(0), share: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal('unreadable'), file: z.int().min(0), share: z.number().min(0).max(1) }),
])

const fault = z.discriminatedUnion('kind', [
  /** Nothing gets from these to the others, nor back; connections stay, as those of TCP do. */
  z.strictObject({ kind: z.literal('partition'), atMs: ms, forMs: ms, group: z.array(anyName) }),
  z.strictObject({
    kind: z.literal('clog'),
    atMs: ms,
    forMs: ms,
    host: anyName,
    way: z.enum(['up', 'down']),
    bytesPerSecond: z.number().min(0),
  }),
  /** As by `kill -9`, with writes under way. */
  z.strictObject({ kind: z.literal('crash'), atMs: ms, downMs: ms, client: clientName }),
  /** Stopped by its user, and started again. */
  z.strictObject({ kind: z.literal('quit'), atMs: ms, downMs: ms, client: clientName }),
  z.strictObject({ kind: z.literal('pause'), atMs: ms, forMs: ms, client: clientName }),
  z.strictObject({ kind: z.literal('disk'), atMs: ms, forMs: ms, client: clientName, fault: diskFault }),
  z.strictObject({ kind: z.literal('jump'), atMs: ms, client: clientName, byMs: ms }),
  z.strictObject({
    kind: z.literal('drift'),
    atMs: ms,
    forMs: ms,
    client: clientName,
    rate: z.number().min(0.1).max(10),
  }),
  z.strictObject({ kind: z.literal('reset'), atMs: ms, from: anyName, to: anyName }),
  /** What the tracker does instead of an answer, to everybody. */
  z.strictObject({ kind: z.literal('tracker'), atMs: ms, forMs: ms, do: z.looseObject({}) }),
])

const scheduleSchema = z.strictObject({
  /** Of every random stream of the run. */
  seed: z.int().min(0),
  content: z.strictObject({
    pieceLengthBytes: z.int().min(16).max(4_194_304),
    /** Lengths, negative for padding. */
    fileBytes: z.array(z.int()).min(1).max(100),
  }),
  source: z.strictObject({
    /** A scripted peer, or a client of ours that seeds. */
    as: z.enum(['peer', 'client']),
    link,
    uploadSlots: z.int().min(1).max(100),
    /** How the clients know it. */
    knownBy: z.enum(['user', 'tracker']),
    /** Once the faults are over, if the clients have all of it among them and share it. */
    leaves: z.boolean(),
  }),
  clients: z.array(client).min(1).max(20),
  peers: z.array(peer).max(20),
  /** Of the torrent, in its order (BEP 19). */
  webSeeds: z.array(webSeed).max(10),
  faults: z.array(fault).max(200),
  safetyMs: ms,
})

export type Schedule = z.infer<typeof scheduleSchema>
export type ClientSchedule = Schedule['clients'][number]
export type PeerSchedule = Schedule['peers'][number]
export type Fault = Schedule['faults'][number]
export type DiskFaultSchedule = (Fault & { kind: 'disk' })['fault']

/** Throws an Error of one line that names the first field that is wrong. */
export function parseSchedule(value: unknown): Schedule {
  const result = scheduleSchema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw new Error(`${path.length === 0 ? 'schedule' : path.join('.')}: ${message}`)
}

export const SOURCE = 's'
export const PORT = 6881
export const TRACKER_HOST = '127.0.1.1'
export const TRACKER_PORT = 6969
export const TRACKER_URL = `http://${TRACKER_HOST}:${TRACKER_PORT}/announce`

/** Where a web seed is. */
export function webSeedHost(name: string): string {
  return `127.0.5.${Number(name.slice(1)) + 1}`
}

export function webSeedUrl(name: string): string {
  return `http://${webSeedHost(name)}:${WEB_PORT}/`
}

export const WEB_PORT = 80
export const CLIENTS_NET = '127.0.3.'

/** Where it is. */
export function hostOf(name: string): string {
  const number = Number(name.slice(1))
  if (name === SOURCE) return '127.0.4.1'
  return name.startsWith('c') ? `${CLIENTS_NET}${number + 1}` : `127.0.2.${number + 1}`
}

/** Of its random streams; apart from each other for every name. */
export function streamOf(name: string): number {
  const number = Number(name.slice(1))
  if (name === SOURCE) return 1_000
  return name.startsWith('c') ? number : 100 + number
}
