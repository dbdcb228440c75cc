/**
 * The record of a run, as zod sees it. A run folder holds
 *
 * - `manifest.json`    what was run, with what, where and when; rewritten as the run goes on
 * - `cells.ndjson`     one row per cell and repeat, in cell order: the results
 * - `costs.ndjson`     line n: what running the cell of line n cost the host
 * - `timeline.ndjson`  payload per peer in bins of `timelineBinMs`, and marks; by cell, then by time
 * - `charts/`, `summary.md`  drawn from these
 * - `parts/`           finished cells of an unfinished run, one file each
 *
 * A *cell* is one parameter set in one repeat; its number is its place in the plan, from 0, and of a complete run the
 * line of `cells.ndjson` less one. In `sim` cells and timeline are a pure function of scenario, parameters and seed:
 * nothing of the host is in them. `tMs` counts from the client's start.
 */
import { z } from 'zod'
import { isNumeric, MEASURE_NAMES, type MeasureName, measureOf, type NumericMeasureName, RUNTIMES } from './measures.ts'

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

const numbers = Object.fromEntries(
  numericNames.map((name) => [name, (measureOf(name).unit === 'count' ? count : amount).exactOptional()]),
) as Record<NumericMeasureName, z.ZodExactOptional<z.ZodNumber>>
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
export type TimelineRow = TimelineSample | TimelineMark

export function isMark(row: TimelineRow): row is TimelineMark {
  return 'mark' in row
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
