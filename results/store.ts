/**
 * Writes the record of a run, so that a process killed at any moment leaves complete rows and a run to continue.
 *
 * A finished cell is first written to `parts/NNNNNN.ndjson` (line 1 its row, line 2 its cost, then its timeline): from
 * then on it is done. `cells`, `costs` and `timeline.ndjson` are assembled from the parts in cell order, whatever the
 * order the cells ran in: not more than once a second while the run goes on, and when it ends. They may lag behind the
 * parts, and are never cut off. Parts are removed when the run is complete.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeUnfinished, writeAtomically } from './atomic-file.ts'
import { decodeManifest, encodeManifest } from './encode.ts'
import { ensureFolder, exists } from './folder.ts'
import {
  type CellResult,
  type Entry,
  entriesOfRecord,
  entryOf,
  PARTS,
  partPath,
  readParts,
  writePart,
} from './parts.ts'
import { type RunRecord, readManifest, readRun } from './read.ts'
import { onDisk, RecordError } from './record-error.ts'
import { type CellRow, type Manifest, type RunState, SCHEMA_VERSION, type Until } from './schema.ts'
import { type Report, summaryMarkdown } from './summary.ts'

/** What is known before the first cell runs. */
export interface Plan extends Omit<Manifest, 'schema' | 'startedAt' | 'endedAt' | 'state' | 'cells' | 'resumed'> {
  readonly cellsTotal: number
}

export interface RunOptions {
  readonly dir: string
  readonly plan: Plan
  /** The current time. */
  readonly now: () => Date
}

/** One run, being written. Calls may overlap; they are carried out one after the other. */
export interface Run {
  readonly dir: string
  manifest(): Manifest
  /** Numbers of the cells that need not run again. */
  doneCells(): ReadonlySet<number>
  /** Rows of the done cells, in cell order. */
  rows(): readonly CellRow[]
  /** More repeats than were planned, of a run that goes on `until`; its cells keep their numbers. */
  extend(size: { readonly repeats: number; readonly cellsTotal: number }): Promise<void>
  /** Keeps a finished cell, and gives its row. Throws RecordError `invalid` when the row breaks the schema, RangeError for no such cell. */
  add(result: CellResult): Promise<CellRow>
  /** Everything so far, assembled on disk and read back. */
  record(): Promise<RunRecord>
  /** Ends the run, `complete` only when every cell is done. */
  finish(state: Exclude<RunState, 'running'>, report?: Report): Promise<void>
}

/** Starts a record in `dir`, which is made if need be; what it is in must be there. Throws RecordError `exists` when it holds one already. */
export async function createRun({ dir, plan, now }: RunOptions): Promise<Run> {
  for (const name of ['manifest.json', 'cells.ndjson', PARTS]) {
    if (!(await exists(join(dir, name)))) continue
    throw new RecordError('exists', `${dir} already holds a record (${name}): choose another folder or resume it`)
  }
  const { cellsTotal, ...rest } = plan
  const manifest: Manifest = {
    ...rest,
    schema: SCHEMA_VERSION,
    startedAt: now().toISOString(),
    endedAt: null,
    state: 'running',
    cells: { total: cellsTotal, done: 0 },
    resumed: [],
  }
  await onDisk(dir, () => ensureFolder(dir))
  await onDisk(dir, () => ensureFolder(join(dir, PARTS)))
  return startRun(dir, manifest, new Map(), now)
}

/**
 * Continues the record in `dir`; a complete one is opened too, and has nothing left to do. Throws RecordError `missing`
 * when there is none, `different` when scenario, runtime, parameters, seed or repeats are not those of the plan.
 */
export async function openRun({ dir, plan, now }: RunOptions): Promise<Run> {
  if (!(await exists(join(dir, 'manifest.json')))) {
    throw new RecordError('missing', `${dir} holds no record to resume`)
  }
  const manifest = await readManifest(dir)
  const difference = differenceOf(manifest, plan)
  if (difference !== null) throw new RecordError('different', `${dir} is another run: ${difference}`)
  await removeUnfinished(dir)
  if (manifest.state === 'complete') {
    const entries = entriesOfRecord(await readRun(dir))
    await onDisk(dir, () => rm(join(dir, PARTS), { recursive: true, force: true }))
    return startRun(dir, manifest, entries, now)
  }
  await onDisk(dir, () => ensureFolder(join(dir, PARTS)))
  const entries = await readParts(dir, manifest)
  const { git, versions, machine } = plan
  const resumed = [...manifest.resumed, { at: now().toISOString(), git, versions, machine }]
  return startRun(dir, { ...manifest, state: 'running', endedAt: null, resumed }, entries, now)
}

async function startRun(dir: string, manifest: Manifest, entries: Map<number, Entry>, now: () => Date): Promise<Run> {
  const files = assembler(dir, manifest, entries, now)
  let tail: Promise<unknown> = Promise.resolve()
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = tail.then(task)
    tail = turn.catch(() => {})
    return turn
  }
  await files.writeManifest()
  return {
    dir,
    manifest: () => files.manifest,
    doneCells: () => new Set(entries.keys()),
    rows: () => inCellOrder(entries).map(({ row }) => row),
    extend: (size) => inTurn(() => files.extend(size)),
    add: (result) => inTurn(() => files.add(result)),
    record: () => inTurn(() => files.assemble().then(() => readRun(dir))),
    finish: (state, report = {}) => inTurn(() => files.finish(state, report)),
  }
}

function assembler(dir: string, start: Manifest, entries: Map<number, Entry>, now: () => Date) {
  let manifest = start
  let assembleFromMs = Number.NEGATIVE_INFINITY

  async function writeManifest(): Promise<void> {
    manifest = { ...manifest, cells: { ...manifest.cells, done: entries.size } }
    const file = join(dir, 'manifest.json')
    await writeAtomically(file, encodeManifest(decodeManifest(manifest, { file })))
  }

  async function assemble(): Promise<void> {
    const startedMs = now().getTime()
    const inOrder = inCellOrder(entries)
    await writeAtomically(join(dir, 'cells.ndjson'), inOrder.map(({ cell }) => cell).join(''))
    await writeAtomically(join(dir, 'costs.ndjson'), inOrder.map(({ cost }) => cost).join(''))
    await writeAtomically(join(dir, 'timeline.ndjson'), Buffer.concat(inOrder.map(({ timeline }) => timeline)))
    await writeManifest()
    const endedMs = now().getTime()
    assembleFromMs = endedMs + Math.max(ASSEMBLE_EVERY_MS, (endedMs - startedMs) * ASSEMBLE_PAUSE_FACTOR)
  }

  async function extend({ repeats, cellsTotal }: { repeats: number; cellsTotal: number }): Promise<void> {
    if (manifest.state !== 'running' || manifest.until === undefined || repeats > manifest.until.repeatsMax) {
      throw new RangeError(`${repeats} repeats of a run that is ${manifest.state} and has ${manifest.repeats}`)
    }
    manifest = { ...manifest, repeats, cells: { ...manifest.cells, total: cellsTotal } }
    await writeManifest()
  }

  async function add(result: CellResult): Promise<CellRow> {
    const { index } = result
    if (manifest.state !== 'running') throw new RangeError(`cell ${index} came after the run was ${manifest.state}`)
    if (!Number.isInteger(index) || index < 0 || index >= manifest.cells.total) {
      throw new RangeError(`cell ${index} of ${manifest.cells.total}`)
    }
    if (entries.has(index)) throw new RangeError(`cell ${index} is done already`)
    const entry = entryOf(result, manifest, partPath(dir, index))
    await writePart(dir, index, entry)
    entries.set(index, entry)
    if (now().getTime() >= assembleFromMs) await assemble()
    return entry.row
  }

  async function finish(state: Exclude<RunState, 'running'>, report: Report): Promise<void> {
    if (state === 'complete' && entries.size < manifest.cells.total) {
      throw new RangeError(`complete with ${entries.size} of ${manifest.cells.total} cells`)
    }
    const endedAt = manifest.state === 'complete' ? manifest.endedAt : now().toISOString()
    await assemble()
    manifest = { ...manifest, state, endedAt }
    const rows = inCellOrder(entries).map(({ row }) => row)
    await writeAtomically(join(dir, 'summary.md'), summaryMarkdown({ manifest, rows, report }))
    await writeManifest()
    if (state === 'complete') await onDisk(dir, () => rm(join(dir, PARTS), { recursive: true, force: true }))
  }

  return {
    get manifest() {
      return manifest
    },
    writeManifest,
    assemble,
    extend,
    add,
    finish,
  }
}

const ASSEMBLE_EVERY_MS = 1000
/** Assembling takes at most 1/21 of the time, however long the record grows. */
const ASSEMBLE_PAUSE_FACTOR = 20

function inCellOrder(entries: ReadonlyMap<number, Entry>): Entry[] {
  return [...entries].sort(([one], [other]) => one - other).map(([, entry]) => entry)
}

/** The first thing in which a record is not of the planned run, in words; null when it is. */
function differenceOf(manifest: Manifest, plan: Plan): string | null {
  const there = identity({ ...manifest, cellsTotal: manifest.cells.total })
  const here = identity(plan)
  for (const name of new Set([...there.keys(), ...here.keys()])) {
    const [was, is] = [there.get(name), here.get(name)]
    if (was !== is) return `${name} is ${was ?? 'not set'} there, ${is ?? 'not set'} here`
  }
  return null
}

function identity({ scenario, runtime, seed, repeats, until, timelineBinMs, parameters, cellsTotal }: Plan) {
  // How many repeats it takes until then is found out.
  const size = until === undefined ? { repeats, 'number of cells': cellsTotal } : { until: untilInWords(until) }
  return new Map<string, string>([
    ...Object.entries({ scenario, runtime, seed, ...size }).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(parameters.fixed).map(([name, value]) => [`parameter ${name}`, JSON.stringify(value)] as const),
    ...parameters.sweep.map(({ name, values }) => [`sweep of ${name}`, JSON.stringify(values)] as const),
    ['order of the sweep', parameters.sweep.map(({ name }) => name).join(', ')],
    ['timelineBinMs', String(timelineBinMs)],
  ])
}

function untilInWords({ measure, halfWidthRatioMax, repeatsMin, repeatsMax }: Until): string {
  return `${measure} within ${halfWidthRatioMax * 100} %, ${repeatsMin} to ${repeatsMax} repeats`
}
