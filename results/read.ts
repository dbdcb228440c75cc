/** A run folder as it lies on disk, validated: whatever breaks the schema is named by file, line and field. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeCell, decodeCost, decodeJson, decodeLines, decodeManifest, decodeTimeline } from './encode.ts'
import { onDisk, RecordError } from './record-error.ts'
import type { CellRow, CostRow, Manifest, TimelineRow } from './schema.ts'

export interface RunRecord {
  readonly manifest: Manifest
  readonly cells: readonly CellRow[]
  /** Line by line those of `cells`. */
  readonly costs: readonly CostRow[]
  readonly timeline: readonly TimelineRow[]
}

export async function readManifest(dir: string): Promise<Manifest> {
  const file = join(dir, 'manifest.json')
  return decodeManifest(decodeJson(await onDisk(file, () => readFile(file, 'utf8')), { file }), { file })
}

/** Of a run that is complete or was interrupted; of a running one the three files may not fit each other. */
export async function readRun(dir: string): Promise<RunRecord> {
  const manifest = await readManifest(dir)
  const cells = await readLines(dir, 'cells.ndjson', decodeCell)
  const costs = await readLines(dir, 'costs.ndjson', decodeCost)
  const timeline = await readLines(dir, 'timeline.ndjson', decodeTimeline)
  if (costs.length !== cells.length) {
    const file = join(dir, 'costs.ndjson')
    throw new RecordError('invalid', `${file}: ${costs.length} rows for the ${cells.length} of cells.ndjson`)
  }
  return { manifest, cells, costs, timeline }
}

async function readLines<T>(dir: string, name: string, decode: Parameters<typeof decodeLines<T>>[2]): Promise<T[]> {
  const file = join(dir, name)
  return decodeLines(await onDisk(file, () => readFile(file, 'utf8')), file, decode)
}
