/**
 * The record of a run, as zod sees it. A run folder holds
 *
 * - `manifest.json`    what was run, with what, where and when; rewritten as the run goes on
 * - `cells.ndjson`     one row per cell and repeat, in cell order: the results
 * - `costs.ndjson`     line n: what running the cell of line n cost the host
 * - `timeline.ndjson`  by cell, then by time: payload per peer in bins of `timelineBinMs` that the client under test
 *                      received, pieces that it stored, marks of what it met, and samples of the swarm; then a row for each client of the cell
 * - `charts/`, `summary.md`  drawn from these
 * - `parts/`           finished cells of an unfinished run, one file each
 *
 * A *cell* is one parameter set in one repeat; its number is its place in the plan, from 0, and of a complete run the
 * line of `cells.ndjson` less one. In `sim` cells and timeline are a pure function of scenario, parameters and seed:
 * nothing of the host is in them. `tMs` counts from the client's start.
 */
import { z } from 'zod'
import { RUNTIMES } from './measure-definition.ts'
import { isNumeric, MEASURE_NAMES, type MeasureName, measureOf, type NumericMeasureName } from './measures.ts'

export const SCHEMA_VERSION = 1
/** Bin width of a timeline where a scenario does not ask for another. */
export const TIMELINE_BIN_MS = 100

const schemaVersion = z.literal(SCHEMA_VERSION)
const count = z.int().nonnegative()
const amount = z.number().nonnegative()
const kebabName = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')
const oneLine = z
  .string()
  .min(1)
  .regex(/^[^\r\n]*$/, 'expected one line')
const utcTime = z.iso.datetime()

const parameterValue = z.custom<number | string | boolean>(
  (value) =>
    typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean',
  'expected a finite number, a string or a boolean',
)
const parameterName = z.string().regex(/^[a-z][A-Za-z0-9]*$/)
const parameterSet = z.record(parameterName, parameterValue)
export type ParameterValue = z.infer<typeof parameterValue>
export type ParameterSet = z.infer<typeof parameterSet>

const numericNames: readonly NumericMeasureName[] = MEASURE_NAMES.filter(isNumeric)

const numbers = Object.fromEntries(numericNames.map((name) => [name, numberOf(name).exactOptional()])) as Record<
  NumericMeasureName,
  z.ZodExactOptional<z.ZodNumber>
>
function numberOf(name: NumericMeasureName): z.ZodNumber {
  const { unit, isSigned } = measureOf(name)
  if (isSigned === true) return z.number()
  return unit === 'count' ? count : amount
}
const hash = z.string().regex(/^[0-9a-f]{8,64}$/, 'expected 8 to 64 hex digits')

const measures = strictMeasures({ ...numbers, traceHash: hash.exactOptional() })
const predicted = strictMeasures(numbers)

export const cellRow = z
  .strictObject({
    schema: schemaVersion,
    scenario: kebabName,
    runtime: z.enum(RUNTIMES),
    seed: count,
    repeat: count,
    parameters: parameterSet,
    measures,
    predicted: predicted.exactOptional(),
    /** Whether every expectation of the scenario held in this cell. */
    ok: z.boolean(),
    /** Which one did not, one line; there exactly when `ok` is false. */
    failure: oneLine.exactOptional(),
    /** Why the cell must not be counted: the rig, not the client, was the limit. */
    invalid: oneLine.exactOptional(),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of rowFaults(value)) issues.push({ code: 'custom', input: value, path, message })
  })
export type CellRow = z.infer<typeof cellRow>

const costFields = z.object({
  schema: schemaVersion,
  cell: count,
  repeat: count,
  seed: count,
  wallSeconds: amount,
  /** Of every process that ran the cell. */
  cpuSeconds: amount,
  peakRssBytes: count,
  blocksPerSecond: amount,
  /** The host's name. */
  node: z.string().min(1),
})
/** Further numbers a runtime has are welcome: camelCase, with their unit at the end of the name. */
export const costRow = costFields.catchall(z.number())
export type CostRow = z.infer<typeof costFields>

export const timelineSample = z.strictObject({
  cell: count,
  repeat: count,
  /** The bin's start: the bin is [tMs, tMs + timelineBinMs). Bins without a byte are left out. */
  tMs: amount,
  peer: z.string().min(1),
  /** Payload received from this peer in the bin. */
  bytes: count,
})
export type TimelineSample = z.infer<typeof timelineSample>

export const timelineMark = z.strictObject({
  cell: count,
  repeat: count,
  tMs: amount,
  /** What happened, named as the client's event: `peer-closed`, `endgame`, `completed`… */
  mark: kebabName,
  peer: z.string().min(1).exactOptional(),
  detail: oneLine.exactOptional(),
})
export type TimelineMark = z.infer<typeof timelineMark>

export const timelinePieces = z.strictObject({
  cell: count,
  repeat: count,
  /** The bin's start, as of a sample. Bins without a piece are left out. */
  tMs: amount,
  /** Pieces that the client under test verified and stored in the bin, in that order. */
  pieces: z.array(count).min(1),
  /** That it still wanted then. */
  piecesLeft: count,
})
export type TimelinePieces = z.infer<typeof timelinePieces>

/** The swarm as a whole at one moment, scripted peers not counted. */
export const timelineSwarm = z.strictObject({
  cell: count,
  repeat: count,
  /** From the start of the clients. */
  tMs: amount,
  /** Present and not complete. */
  leechers: count,
  /** Present and complete. */
  seeds: count,
  /** Of the rarest piece, and of the average one, among those present. */
  rarestCopies: count,
  meanCopies: amount,
})
export type TimelineSwarm = z.infer<typeof timelineSwarm>

/** One client of a swarm, over the whole run. Bytes are payload. */
export const timelineClient = z.strictObject({
  cell: count,
  repeat: count,
  /** 0 is the one under test. */
  client: count,
  group: z.string().min(1),
  /** It had the whole content when it arrived. */
  isSeed: z.boolean(),
  /** From the start of the clients. */
  arrivedSeconds: amount,
  /** From its arrival; null: it never was complete. A seed: 0. */
  completedSeconds: amount.nullable(),
  /** From its arrival to its first verified piece. */
  firstPieceSeconds: amount.nullable(),
  /** From the start of the clients; null: it stayed to the end. */
  leftSeconds: amount.nullable(),
  sentBytes: count,
  /** What it could use. */
  receivedBytes: count,
  /** Of these, from clients that came as seeds, and from those of its group. */
  fromSeedsBytes: count,
  fromGroupBytes: count,
  /** For how long seeds had it unchoked while it was interested, all of them together. */
  unchokedBySeedsSeconds: amount,
})
export type TimelineClient = z.infer<typeof timelineClient>
export type TimelineRow = TimelineSample | TimelineMark | TimelinePieces | TimelineSwarm | TimelineClient

export function isSample(row: TimelineRow): row is TimelineSample {
  return 'bytes' in row
}

export function isMark(row: TimelineRow): row is TimelineMark {
  return 'mark' in row
}

export function isPieces(row: TimelineRow): row is TimelinePieces {
  return 'pieces' in row
}

export function isSwarmSample(row: TimelineRow): row is TimelineSwarm {
  return 'leechers' in row
}

export function isClient(row: TimelineRow): row is TimelineClient {
  return 'client' in row
}

/** By the kinds of rows that there are; what is none of them is read as a sample. */
export function timelineSchemaOf(row: object) {
  if ('mark' in row) return timelineMark
  if ('pieces' in row) return timelinePieces
  if ('leechers' in row) return timelineSwarm
  return 'client' in row ? timelineClient : timelineSample
}

const provenance = z.strictObject({
  /** Null where the code is not in a git checkout. */
  git: z.strictObject({ commit: z.string().regex(/^[0-9a-f]{40,64}$/), dirty: z.boolean() }).nullable(),
  versions: z.strictObject({
    node: z.string(),
    swarmlab: z.string(),
    dependencies: z.record(z.string(), z.string()),
  }),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    memoryBytes: z.int().positive(),
    os: z.string(),
    arch: z.string(),
  }),
})
export type Provenance = z.infer<typeof provenance>

/** Repeats went on until the measure was this precise in every group; then cells are in order of their repeats. */
const until = z.strictObject({
  measure: z.enum(numericNames),
  /** Half the interval's width over the median. */
  halfWidthRatioMax: z.number().positive(),
  repeatsMin: z.int().positive(),
  repeatsMax: z.int().positive(),
})
export type Until = z.infer<typeof until>

export const manifest = z.strictObject({
  schema: schemaVersion,
  scenario: kebabName,
  question: oneLine,
  parameters: z.strictObject({
    fixed: parameterSet,
    /** The first axis varies slowest. */
    sweep: z.array(z.strictObject({ name: parameterName, values: z.array(parameterValue).min(1) })),
    /** What people read instead of the name, and the unit behind the value. */
    about: z.record(parameterName, z.strictObject({ label: z.string().min(1), unit: z.string() })),
  }),
  seed: count,
  repeats: z.int().positive(),
  until: until.exactOptional(),
  runtime: z.enum(RUNTIMES),
  timelineBinMs: z.number().positive(),
  ...provenance.shape,
  startedAt: utcTime,
  endedAt: utcTime.nullable(),
  /** `running` on disk and no process behind it: it was killed. All but `complete` can be continued. */
  state: z.enum(['running', 'complete', 'interrupted', 'failed']),
  cells: z.strictObject({ total: count, done: count }),
  /** Each time the run was continued: when, by which code, on which machine. */
  resumed: z.array(z.strictObject({ at: utcTime, ...provenance.shape })),
})
export type Manifest = z.infer<typeof manifest>
export type RunState = Manifest['state']

function strictMeasures<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `unknown measure ${(issue.keys as string[]).join(', ')}` : undefined,
  })
}

interface RowFault {
  readonly path: string[]
  readonly message: string
}

function rowFaults(row: {
  runtime: (typeof RUNTIMES)[number]
  measures: object
  predicted?: object
  ok: boolean
  failure?: string
}): RowFault[] {
  const faults: RowFault[] = []
  if (row.ok !== (row.failure === undefined)) {
    faults.push({ path: ['failure'], message: `ok is ${row.ok}, so it must be ${row.ok ? 'absent' : 'there'}` })
  }
  const of = (part: object) =>
    Object.keys(part).filter((name): name is MeasureName => MEASURE_NAMES.includes(name as never))
  for (const part of ['measures', 'predicted'] as const) {
    for (const name of of(row[part] ?? {})) {
      if (measureOf(name).runtimes.includes(row.runtime)) continue
      faults.push({ path: [part, name], message: `not a measure of the runtime ${row.runtime}` })
    }
  }
  if (!row.ok) return faults
  for (const name of MEASURE_NAMES) {
    const { always, runtimes } = measureOf(name)
    if (!always || !runtimes.includes(row.runtime) || name in row.measures) continue
    faults.push({ path: ['measures', name], message: 'missing, and every row that is ok has it' })
  }
  return faults
}
