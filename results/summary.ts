/** `summary.md`: the run on one page, for people. Derived from manifest and rows; nothing reads it back. */
import { markdownTable } from 'markdown-table'
import { comparisonTable } from './comparison-table.ts'
import { groupByParameters, predictionOf, samplesOf } from './groups.ts'
import { isNumeric, MEASURE_NAMES, measureOf, type NumericMeasureName, shownOf } from './measures.ts'
import type { CellRow, Manifest } from './schema.ts'
import { estimate, FEW_SAMPLES, INTERVAL_LEVEL, relativeError } from './statistics.ts'
import { formatDeviation, formatNumber, withUnit } from './units.ts'
import { codeInWords, parameterHead, parametersInWords, plainValue, varyingInWords, varyingNames } from './words.ts'

/** What the engine adds to rows and manifest. */
export interface Report {
  /** Embedded in this order; `png` is relative to the run's folder. */
  readonly charts?: readonly { readonly title: string; readonly png: string }[]
  /** Further findings, one line each: what was expected of the run as a whole, and what came. */
  readonly notes?: readonly string[]
  /** By what settings are compared; without it none are. */
  readonly headline?: NumericMeasureName
}

export interface SummaryInput {
  readonly manifest: Manifest
  readonly rows: readonly CellRow[]
  readonly report: Report
}

export function summaryMarkdown({ manifest, rows, report }: SummaryInput): string {
  const fixed = parametersInWords(manifest.parameters)
  const sections = [
    `# ${manifest.scenario}`,
    manifest.question,
    `**${verdict(manifest, rows)}**`,
    list(report.notes ?? []),
    (report.charts ?? []).map(({ title, png }) => `![${escaped(title)}](${encodeURI(png)})`).join('\n\n'),
    rows.length === 0 ? '' : `${cellsTable(manifest, rows)}\n\n${tableNote(rows)}`,
    report.headline === undefined ? '' : comparisons(manifest, rows, report.headline),
    list(complaints(manifest, rows)),
    fixed === '' ? '' : `Fixed: ${fixed}.`,
    provenanceLine(manifest),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** `Passed: 21 of 21 cells as expected.` An unfinished run never passes. */
export function verdict({ state, cells }: Manifest, rows: readonly CellRow[]): string {
  const counted = rows.filter(({ invalid }) => invalid === undefined)
  const failed = counted.filter(({ ok }) => !ok).length
  const invalid = rows.length - counted.length
  const passed = `${counted.length - failed} of ${cells.total} cells as expected`
  const parts = [
    passed,
    ...(failed === 0 ? [] : [`${failed} not`]),
    ...(invalid === 0 ? [] : [`${invalid} invalid: the rig was the limit`]),
    ...(rows.length === cells.total ? [] : [`${cells.total - rows.length} not run`]),
  ]
  return `${verdictWord(state, failed, invalid)}: ${parts.join(', ')}.`
}

function verdictWord(state: Manifest['state'], failed: number, invalid: number): string {
  if (failed > 0) return 'Failed'
  if (state === 'failed') return 'Broken off by an error'
  if (state !== 'complete') return 'Interrupted'
  return invalid > 0 ? 'Undecided' : 'Passed'
}

/** A line per parameter set; a number is the median over its repeats. */
function cellsTable({ parameters, seed }: Manifest, rows: readonly CellRow[]): string {
  const varying = varyingNames(parameters)
  const measured = MEASURE_NAMES.filter(isNumeric).filter((name) =>
    rows.some(({ measures }) => measures[name] !== undefined),
  )
  const columns = measured.map((name) => measureColumn(name, rows, seed))
  const head = [
    ...varying.map((name) => parameterHead(name, parameters.about)),
    'n',
    ...columns.flatMap(({ heads }) => heads),
    'result',
  ]
  const body = groupByParameters(rows).map((group) => [
    ...varying.map((name) => plainValue(group.parameters[name] ?? '–')),
    String(group.rows.filter(({ invalid }) => invalid === undefined).length),
    ...columns.flatMap(({ cellsOf }) => cellsOf(group.rows)),
    resultOf(group.rows),
  ])
  const align = head.map((_, index) => (index === head.length - 1 ? 'l' : 'r'))
  return markdownTable(
    [head, ...body].map((row) => row.map(escaped)),
    { align },
  )
}

interface Column {
  readonly heads: readonly string[]
  readonly cellsOf: (rows: readonly CellRow[]) => readonly string[]
}

function measureColumn(name: NumericMeasureName, rows: readonly CellRow[], seed: number): Column {
  const shown = shownOf(name)
  const isPredicted = predictionOf(rows, name) !== null
  const heads = [withUnit(measureOf(name).label, shown), ...(isPredicted ? ['predicted', 'deviation'] : [])]
  function cellsOf(group: readonly CellRow[]): readonly string[] {
    const samples = samplesOf(group, name)
    const measured = samples.length === 0 ? null : estimate(samples, seed)
    const range = measured?.interval ?? null
    const spread =
      range === null || range.low === range.high
        ? ''
        : ` [${formatNumber(range.low / shown.per)}, ${formatNumber(range.high / shown.per)}]`
    const cell = measured === null ? '–' : `${formatNumber(measured.median / shown.per)}${spread}`
    if (!isPredicted) return [cell]
    const predicted = predictionOf(group, name)
    if (predicted === null) return [cell, '–', '–']
    const deviation = measured === null ? null : relativeError(measured.median, predicted)
    return [cell, formatNumber(predicted / shown.per), deviation === null ? '–' : formatDeviation(deviation)]
  }
  return { heads, cellsOf }
}

function comparisons(manifest: Manifest, rows: readonly CellRow[], headline: NumericMeasureName): string {
  const table = comparisonTable(manifest, rows, headline)
  if (table === null) return ''
  const lines = [table.head, ...table.rows].map((row) => row.map(escaped))
  const title = `Settings compared by ${measureOf(headline).label}:`
  return `${title}\n\n${markdownTable(lines, { align: table.head.map((_, nth) => (table.head.length - nth > 3 ? 'l' : 'r')) })}\n\n${table.note}`
}

function resultOf(rows: readonly CellRow[]): string {
  const invalid = rows.filter((row) => row.invalid !== undefined).length
  const failed = rows.filter((row) => row.invalid === undefined && !row.ok).length
  const of = rows.length === 1 ? '' : ` (of ${rows.length})`
  const parts = [...(failed === 0 ? [] : [`${failed} failed`]), ...(invalid === 0 ? [] : [`${invalid} invalid`])]
  return parts.length === 0 ? 'ok' : `${parts.join(', ')}${of}`
}

function tableNote(rows: readonly CellRow[]): string {
  const counts = groupByParameters(rows).map((group) => group.rows.length)
  const most = Math.max(...counts)
  if (most === 1) return 'One sample each: no interval can be given.'
  const level = `Medians over n repeats; in brackets ${INTERVAL_LEVEL * 100} % bootstrap intervals.`
  const few = `With fewer than ${FEW_SAMPLES} repeats that is the range of the samples, and holds the median less often.`
  return Math.min(...counts) < FEW_SAMPLES ? `${level} ${few}` : level
}

function complaints({ parameters }: Manifest, rows: readonly CellRow[]): string[] {
  return rows.flatMap((row) => {
    const words = [varyingInWords(row.parameters, parameters), `repeat ${row.repeat}`].filter((part) => part !== '')
    const where = escaped(words.join(', '))
    return [
      ...(row.failure === undefined ? [] : [`${where}: failed: ${escaped(row.failure)}`]),
      ...(row.invalid === undefined ? [] : [`${where}: invalid: ${escaped(row.invalid)}`]),
    ]
  })
}

function provenanceLine(manifest: Manifest): string {
  const { runtime, seed, repeats, versions, machine, startedAt, endedAt, resumed } = manifest
  const gib = formatNumber(Number((machine.memoryBytes / 2 ** 30).toFixed(1)))
  return [
    `Runtime ${runtime}, seed ${seed}, ${repeats} ${repeats === 1 ? 'repeat' : 'repeats'}`,
    codeInWords(manifest),
    `Node ${versions.node}`,
    `${machine.cpu}, ${machine.cores} cores, ${gib} GiB, ${machine.os}, ${machine.arch}`,
    `${startedAt} to ${endedAt ?? 'now'}${resumed.length === 0 ? '' : `, resumed ${resumed.length} ×`}`,
  ]
    .join('; ')
    .concat('.')
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

/** What a record holds is text: it must not become Markdown or HTML. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, (mark) => `\\${mark}`).replaceAll(/\s+/g, ' ')
}
