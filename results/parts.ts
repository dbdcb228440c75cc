/** Finished cells as the store keeps them: in memory as lines ready to be joined, on disk as one part each. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeUnfinished, writeAtomically } from './atomic-file.ts'
import {
  decodeCell,
  decodeCost,
  decodeLines,
  decodeTimeline,
  encodeCell,
  encodeCost,
  encodeTimeline,
  type Place,
} from './encode.ts'
import { exists } from './folder.ts'
import type { RunRecord } from './read.ts'
import { onDisk, RecordError } from './record-error.ts'
import {
  type CellRow,
  type CostRow,
  type Manifest,
  SCHEMA_VERSION,
  type TimelineClient,
  type TimelineMark,
  type TimelinePieces,
  type TimelineRow,
  type TimelineSample,
  type TimelineSwarm,
} from './schema.ts'

export const PARTS = 'parts'

/** A finished cell as the engine hands it in; what the store knows itself is not asked for. */
export interface CellResult {
  /** The cell's number in the plan, from 0. */
  readonly index: number
  readonly row: Omit<CellRow, 'schema' | 'scenario' | 'runtime'>
  readonly cost: CostOfCell
  /** In any order; kept by time, and clients, of which each has a row for the whole run, behind the rest. */
  readonly timeline: readonly TimelineEntry[]
}

type OfCell<Row> = Omit<Row, 'cell' | 'repeat'>
export type TimelineEntry =
  | OfCell<TimelineSample>
  | OfCell<TimelineMark>
  | OfCell<TimelinePieces>
  | OfCell<TimelineSwarm>
  | OfCell<TimelineClient>

export interface CostOfCell {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly blocksPerSecond: number
  readonly node: string
  /** Whatever else a runtime measures: a finite number, with its unit at the end of the name. */
  readonly further?: Readonly<Record<string, number>>
}

/** Lines with their `\n`. */
export interface Entry {
  readonly row: CellRow
  readonly cell: string
  readonly cost: string
  readonly timeline: Uint8Array
}

/** Throws RecordError `invalid` that names `file` when something breaks the schema. */
export function entryOf({ index, row, cost, timeline }: CellResult, manifest: Manifest, file: string): Entry {
  const { scenario, runtime } = manifest
  const { repeat, seed } = row
  const { further = {}, ...known } = cost
  const events = [...timeline].sort((one, other) => placeOf(one) - placeOf(other))
  return encoded(
    decodeCell({ ...row, schema: SCHEMA_VERSION, scenario, runtime }, { file, line: 1 }),
    decodeCost({ ...further, ...known, schema: SCHEMA_VERSION, cell: index, repeat, seed }, { file, line: 2 }),
    events.map((event, nth) => decodeTimeline({ ...event, cell: index, repeat }, { file, line: nth + 3 })),
  )
}

function placeOf(entry: TimelineEntry): number {
  return 'tMs' in entry ? entry.tMs : Number.MAX_VALUE
}

/** Of a complete run, where line n is cell n - 1. */
export function entriesOfRecord({ cells, costs, timeline }: RunRecord): Map<number, Entry> {
  const byCell = Map.groupBy(timeline, ({ cell }) => cell)
  return new Map(cells.map((row, index) => [index, encoded(row, costs[index]!, byCell.get(index) ?? [])]))
}

export function partPath(dir: string, index: number): string {
  return join(dir, PARTS, `${String(index).padStart(6, '0')}.ndjson`)
}

export async function writePart(dir: string, index: number, { cell, cost, timeline }: Entry): Promise<void> {
  await writeAtomically(partPath(dir, index), Buffer.concat([Buffer.from(cell + cost), timeline]))
}

/** The finished cells of an unfinished run. Throws RecordError `invalid` when some that were assembled are gone. */
export async function readParts(dir: string, manifest: Manifest): Promise<Map<number, Entry>> {
  const folder = join(dir, PARTS)
  await removeUnfinished(folder)
  const entries = new Map<number, Entry>()
  for (const name of await onDisk(folder, () => readdir(folder))) {
    const index = Number(/^(\d{6,})\.ndjson$/.exec(name)?.[1] ?? Number.NaN)
    const file = join(folder, name)
    if (!(index < manifest.cells.total)) {
      throw new RecordError('invalid', `${file}: not a cell of this run, which has ${manifest.cells.total}`)
    }
    entries.set(index, await readPart(file, index))
  }
  const cells = join(dir, 'cells.ndjson')
  const assembled = (await exists(cells)) ? decodeLines(await readFile(cells, 'utf8'), cells, decodeCell).length : 0
  if (assembled > entries.size) {
    throw new RecordError('invalid', `${folder} has ${entries.size} cells, cells.ndjson ${assembled}: some are lost`)
  }
  return entries
}

async function readPart(file: string, index: number): Promise<Entry> {
  const text = await onDisk(file, () => readFile(file, 'utf8'))
  const [row, cost, ...timeline] = decodeLines<CellRow | CostRow | TimelineRow>(text, file, decodePartLine)
  if (row === undefined || cost === undefined || (cost as CostRow).cell !== index) {
    throw new RecordError('invalid', `${file}: not the row, cost and timeline of cell ${index}`)
  }
  return encoded(row as CellRow, cost as CostRow, timeline as TimelineRow[])
}

function decodePartLine(value: unknown, place: Place): CellRow | CostRow | TimelineRow {
  if (place.line === 1) return decodeCell(value, place)
  return place.line === 2 ? decodeCost(value, place) : decodeTimeline(value, place)
}

function encoded(row: CellRow, cost: CostRow, timeline: readonly TimelineRow[]): Entry {
  return {
    row,
    cell: encodeCell(row),
    cost: encodeCost(cost),
    timeline: Buffer.from(timeline.map(encodeTimeline).join('')),
  }
}
