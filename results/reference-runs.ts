/**
 * `results/reference/`: the runs that are cited, one folder each, committed. A folder holds the record of a run, as
 * ./schema.ts has it, or the report of a validation (`report.json`), and beside it `cited.json`: what it is called and
 * how it was made. Names are the names of the folders.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { decodeJson } from './encode.ts'
import { exists } from './folder.ts'
import { type RunRecord, readRun } from './read.ts'
import { onDisk, RecordError } from './record-error.ts'

/** Relative to the project's folder. */
export const REFERENCE_FOLDER = join('results', 'reference')

const cited = z.strictObject({
  /** Which part of `npm run reference` makes it. */
  group: z.enum(['sim', 'real', 'clients']),
  title: z.string().min(1),
  /** Makes a record with the same cells, without `npm run reference`. */
  command: z.string().min(1),
  /** What was left out of the record to keep it small, in words; null: nothing. */
  thinned: z.string().nullable(),
})
export type Cited = z.infer<typeof cited>

const finding = z.object({
  figure: z.string(),
  unit: z.string(),
  verdict: z.enum(['pass', 'fail', 'not run']),
  reason: z.string().nullable(),
  note: z.string().optional(),
  samples: z.array(z.object({ value: z.number() })),
  estimate: z
    .object({
      n: z.number(),
      median: z.number(),
      interval: z.object({ low: z.number(), high: z.number() }).nullable(),
    })
    .nullable(),
  prediction: z.object({
    value: z.number().nullable(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    rule: z.string(),
    of: z.enum(['each', 'typical']),
  }),
})
export type ReportFinding = z.infer<typeof finding>

/** What `npm run validate` leaves, as far as it is cited. */
const report = z.object({
  title: z.string(),
  effort: z.enum(['quick', 'full']),
  seeds: z.array(z.number()),
  startedAt: z.string(),
  wallSeconds: z.number(),
  provenance: z.object({
    git: z.object({ commit: z.string(), dirty: z.boolean() }).nullable(),
    versions: z.object({ node: z.string(), swarmlab: z.string() }),
    machine: z.object({ cpu: z.string(), cores: z.number(), os: z.string() }),
  }),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      claim: z.string(),
      verdict: z.enum(['pass', 'fail', 'not run']),
      findings: z.array(finding),
    }),
  ),
})
export type ValidationReport = z.infer<typeof report>

export type ReferenceRun =
  | {
      readonly kind: 'run'
      readonly name: string
      readonly dir: string
      readonly cited: Cited
      readonly record: RunRecord
    }
  | {
      readonly kind: 'report'
      readonly name: string
      readonly dir: string
      readonly cited: Cited
      readonly report: ValidationReport
    }

/** Those that are there, by name. */
export async function readReference(projectDir: string): Promise<ReferenceRun[]> {
  const root = join(projectDir, REFERENCE_FOLDER)
  const entries = await onDisk(root, () => readdir(root, { withFileTypes: true }))
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(names.sort().map((name) => readReferenceRun(join(root, name), name)))
}

async function readReferenceRun(dir: string, name: string): Promise<ReferenceRun> {
  const about = await readAs(join(dir, 'cited.json'), cited)
  if (await exists(join(dir, 'report.json'))) {
    return { kind: 'report', name, dir, cited: about, report: await readAs(join(dir, 'report.json'), report) }
  }
  return { kind: 'run', name, dir, cited: about, record: await readRun(dir) }
}

/** Names of the charts that a run has, without ending. */
export async function chartNames(dir: string): Promise<string[]> {
  const folder = join(dir, 'charts')
  if (!(await exists(folder))) return []
  const files = await onDisk(folder, () => readdir(folder))
  return files
    .filter((file) => file.endsWith('.svg'))
    .map((file) => file.slice(0, -'.svg'.length))
    .sort()
}

async function readAs<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const value = decodeJson(await onDisk(file, () => readFile(file, 'utf8')), { file })
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new RecordError('invalid', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`)
}
