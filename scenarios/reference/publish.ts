/**
 * Makes a folder of `results/reference` from a finished run: the record, with as little of its timeline as the charts
 * need, charts, and `cited.json`. Then what is derived from all of them together is made anew.
 */
import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../client/node/make-folders.ts'
import { writeAtomically } from '../../results/atomic-file.ts'
import { chartSvg, renderChart } from '../../results/charts/render.ts'
import { encodeCell, encodeCost, encodeManifest, encodeTimeline } from '../../results/encode.ts'
import { exists } from '../../results/folder.ts'
import { type RunRecord, readRun } from '../../results/read.ts'
import { galleryMarkdown } from '../../results/reference-gallery.ts'
import { type Cited, REFERENCE_FOLDER, readReference } from '../../results/reference-runs.ts'
import { valuesOf, valuesText } from '../../results/reference-values.ts'
import { summaryMarkdown } from '../../results/summary.ts'
import type { Scenario } from '../engine/scenario.ts'
import { commandOf } from './command-of.ts'
import type { Entry, ScenarioEntry, ValidationEntry } from './plan.ts'
import { scenarioOf } from './run-entry.ts'

/** A timeline up to this size is kept as it is. */
const TIMELINE_BYTES_MAX = 200_000

/** `runDir`: the finished run. */
export async function publish(entry: Entry, runDir: string, projectFolder: string): Promise<void> {
  const dir = join(projectFolder, REFERENCE_FOLDER, entry.name)
  const unfinished = join(projectFolder, REFERENCE_FOLDER, `.${entry.name}.unfinished`)
  await rm(unfinished, { recursive: true, force: true })
  await makeFolders(unfinished)
  if (entry.kind === 'scenario') await publishRecord(entry, await readRun(runDir), unfinished)
  else await publishReport(entry, runDir, unfinished)
  await rm(dir, { recursive: true, force: true })
  await rename(unfinished, dir)
  await rm(runDir, { recursive: true, force: true })
  await writeDerived(projectFolder)
}

/** Draws the charts of a published record again, as the scenario draws them now. */
export async function redraw(entry: ScenarioEntry, projectFolder: string): Promise<void> {
  const dir = join(projectFolder, REFERENCE_FOLDER, entry.name)
  await rm(join(dir, 'charts'), { recursive: true, force: true })
  await drawInto(dir, scenarioOf(entry), await readRun(dir))
}

/** `values.json` and `README.md`: of all runs that are there. */
export async function writeDerived(projectFolder: string): Promise<void> {
  for (const [name, text] of Object.entries(await derivedFiles(projectFolder))) {
    await writeAtomically(join(projectFolder, REFERENCE_FOLDER, name), text)
  }
}

/** By name, as they must be. */
export async function derivedFiles(projectFolder: string): Promise<Readonly<Record<string, string>>> {
  const runs = await readReference(projectFolder)
  return { 'values.json': valuesText(valuesOf(runs)), 'README.md': await galleryMarkdown(runs) }
}

async function publishRecord(entry: ScenarioEntry, full: RunRecord, dir: string): Promise<void> {
  const scenario = scenarioOf(entry)
  const { record, thinned } = await thinnedFor(full, scenario)
  const files = {
    'manifest.json': encodeManifest(record.manifest),
    'cells.ndjson': record.cells.map(encodeCell).join(''),
    'costs.ndjson': record.costs.map(encodeCost).join(''),
    'timeline.ndjson': record.timeline.map(encodeTimeline).join(''),
    'cited.json': citedText({ group: entry.group, title: entry.title, command: commandOf(entry), thinned }),
  }
  for (const [name, text] of Object.entries(files)) await writeAtomically(join(dir, name), text)
  await drawInto(dir, scenario, record)
}

async function drawInto(dir: string, scenario: Scenario, record: RunRecord): Promise<void> {
  const charts: { title: string; png: string }[] = []
  for (const { name, title, spec } of scenario.charts(record)) {
    const { png } = await renderChart(spec, name, dir)
    charts.push({ title, png })
  }
  const { manifest, cells: rows } = record
  const report = { charts, headline: scenario.headline }
  await writeAtomically(join(dir, 'summary.md'), summaryMarkdown({ manifest, rows, report }))
}

/** The smallest of these timelines from which the charts come out the same. */
async function thinnedFor(full: RunRecord, scenario: Scenario): Promise<{ record: RunRecord; thinned: string | null }> {
  const sizeBytes = full.timeline.reduce((sum, row) => sum + encodeTimeline(row).length, 0)
  if (sizeBytes <= TIMELINE_BYTES_MAX) return { record: full, thinned: null }
  const wanted = await drawn(scenario, full)
  const last = full.cells.findLastIndex(({ invalid, repeat }) => invalid === undefined && repeat === 0)
  const kept: readonly (readonly [cells: (index: number) => boolean, words: string])[] = [
    [() => false, 'the timeline is left out'],
    [(index) => index === 0, 'of the timeline the first cell is kept'],
    [(index) => index === last, 'of the timeline one cell is kept, the last first repeat'],
    [(index) => full.cells[index]?.repeat === 0, 'of the timeline the first repeats are kept'],
  ]
  for (const [keeps, thinned] of kept) {
    const record = { ...full, timeline: full.timeline.filter(({ cell }) => keeps(cell)) }
    if ((await drawn(scenario, record)) === wanted) return { record, thinned }
  }
  return { record: full, thinned: null }
}

/** All charts as one text; what cannot be drawn is no text that another could equal. */
async function drawn(scenario: Scenario, record: RunRecord): Promise<string> {
  try {
    const svgs: string[] = []
    for (const { spec } of scenario.charts(record)) svgs.push((await chartSvg(spec)).svg)
    return svgs.join('\n')
  } catch (error) {
    return `cannot be drawn: ${error}`
  }
}

async function publishReport(entry: ValidationEntry, runDir: string, dir: string): Promise<void> {
  const name = entry.against === 'theory' ? 'validation' : 'runtimes'
  await writeAtomically(join(dir, 'report.json'), await readFile(join(runDir, `${name}.json`), 'utf8'))
  await writeAtomically(join(dir, 'summary.md'), await readFile(join(runDir, `${name}.md`), 'utf8'))
  const { group, title } = entry
  await writeAtomically(join(dir, 'cited.json'), citedText({ group, title, command: commandOf(entry), thinned: null }))
}

function citedText(cited: Cited): string {
  return `${JSON.stringify(cited, null, 2)}\n`
}

export function isPublished(entry: Entry, projectFolder: string): Promise<boolean> {
  return exists(join(projectFolder, REFERENCE_FOLDER, entry.name, 'cited.json'))
}
