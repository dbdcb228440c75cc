/** From the record of a run to what its page shows. */
import { groupByParameters } from '../groups.ts'
import { isNumeric, MEASURE_NAMES, measureOf, shownOf } from '../measures.ts'
import type { RunRecord } from '../read.ts'
import { isClient, isMark, isPieces, isSample, isSwarmSample, type TimelineRow } from '../schema.ts'
import { verdict } from '../summary.ts'
import { withUnit } from '../units.ts'
import { codeInWords, parameterHead, parametersInWords, varyingInWords, varyingNames } from '../words.ts'
import type { ReportData, ReportRow, ReportTable, ReportTimeline } from './page/data.ts'

/** Beyond so many rows a page would take long to open; the cells behind them are named as left out. */
export const TIMELINE_ROWS_MAX = 200_000

export function reportData(record: RunRecord, charts: ReportData['charts']): ReportData {
  const { manifest, cells } = record
  const { scenario, question } = manifest
  const { timelines, leftOut } = timelinesOf(record)
  return {
    scenario,
    question,
    verdict: verdict(manifest, cells),
    facts: factsOf(record),
    charts,
    table: tableOf(record),
    timelines,
    timelinesLeftOut: leftOut,
  }
}

function factsOf({ manifest, cells }: RunRecord): string[] {
  const { runtime, seed, repeats, versions, machine, startedAt, endedAt, parameters } = manifest
  const fixed = parametersInWords(parameters)
  return [
    `Runtime ${runtime}, seed ${seed}, ${groupByParameters(cells).length} parameter sets × ${repeats}`,
    ...(fixed === '' ? [] : [`Fixed: ${fixed}`]),
    `${codeInWords(manifest)}, Node ${versions.node}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.os}, ${machine.arch}`,
    `${startedAt} to ${endedAt ?? 'now'}`,
  ]
}

function tableOf({ manifest, cells }: RunRecord): ReportTable {
  const varying = varyingNames(manifest.parameters)
  const measured = MEASURE_NAMES.filter(isNumeric).filter((name) =>
    cells.some(({ measures }) => measures[name] !== undefined),
  )
  const rows = cells.map((row, cell): ReportRow => {
    const { repeat, seed, ok, failure, invalid, parameters, measures } = row
    const counted = ok ? 'passed' : 'failed'
    return {
      cell,
      repeat,
      seed,
      result: invalid === undefined ? counted : 'invalid',
      why: invalid ?? failure ?? null,
      values: [
        ...varying.map((name) =>
          typeof parameters[name] === 'boolean' ? String(parameters[name]) : (parameters[name] ?? null),
        ),
        ...measured.map((name) => (measures[name] === undefined ? null : rounded(measures[name] / shownOf(name).per))),
      ],
    }
  })
  const heads = measured.map((name) => withUnit(measureOf(name).label, shownOf(name)))
  const filters = varying.map((name) => parameterHead(name, manifest.parameters.about))
  return { columns: [...filters, ...heads], filters: filters.length, rows }
}

/** Six digits: more than people read, and still sorted right. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}

function timelinesOf({ manifest, cells, timeline }: RunRecord): {
  timelines: ReportTimeline[]
  leftOut: string | null
} {
  const byCell = Map.groupBy(timeline, ({ cell }) => cell)
  const timelines: ReportTimeline[] = []
  let rows = 0
  let leftOut = 0
  for (const [cell, of] of [...byCell].sort(([one], [other]) => one - other)) {
    const shown = of.filter((row) => !isClient(row))
    if (shown.length === 0) continue
    rows += shown.length
    if (rows > TIMELINE_ROWS_MAX && timelines.length > 0) {
      leftOut++
      continue
    }
    const { parameters, repeat } = cells[cell]!
    const words = [varyingInWords(parameters, manifest.parameters), `repeat ${repeat}`].filter((part) => part !== '')
    timelines.push(timelineOf(cell, words.join(', '), manifest.timelineBinMs, shown))
  }
  return {
    timelines,
    leftOut:
      leftOut === 0
        ? null
        : `${leftOut} more cells have a timeline in the record: the page holds ${TIMELINE_ROWS_MAX} rows of it.`,
  }
}

function timelineOf(cell: number, label: string, binMs: number, rows: readonly TimelineRow[]): ReportTimeline {
  const samples = rows.filter(isSample)
  const marks = rows.filter(isMark)
  const pieceRows = rows.filter(isPieces)
  const swarm = rows.filter(isSwarmSample)
  const peers = [...new Set([...samples, ...marks].flatMap(({ peer }) => peer ?? []))].sort((one, other) =>
    one.localeCompare(other, 'en', { numeric: true }),
  )
  const placeOf = new Map(peers.map((peer, place) => [peer, place]))
  const pieces = pieceRows.flatMap((row) => row.pieces.map((piece) => ({ tMs: row.tMs, piece })))
  const last = (times: readonly { readonly tMs: number }[]) => times.at(-1)?.tMs ?? 0
  const lastSample = samples.length === 0 ? 0 : last(samples) + binMs
  return {
    cell,
    label,
    binMs,
    endMs: Math.max(lastSample, last(marks), last(pieceRows), last(swarm), 1),
    peers,
    samples: {
      tMs: samples.map(({ tMs }) => tMs),
      peer: samples.map(({ peer }) => placeOf.get(peer)!),
      bytes: samples.map(({ bytes }) => bytes),
    },
    pieces: { tMs: pieces.map(({ tMs }) => tMs), piece: pieces.map(({ piece }) => piece) },
    pieceCount: pieceCountOf(pieceRows),
    marks: marks.map(({ tMs, mark, peer, detail }) => ({
      tMs,
      mark,
      peer: peer === undefined ? null : placeOf.get(peer)!,
      detail: detail ?? null,
    })),
    swarm: swarm.map(({ tMs, leechers, seeds, rarestCopies, meanCopies }) => ({
      tMs,
      leechers,
      seeds,
      rarestCopies,
      meanCopies,
    })),
  }
}

/** What was stored and what was left add up, unless pieces were on the disk before: no piece lies beyond. */
function pieceCountOf(rows: readonly { readonly pieces: readonly number[]; readonly piecesLeft: number }[]): number {
  const first = rows[0]
  if (first === undefined) return 0
  const greatest = rows.reduce((most, { pieces }) => Math.max(most, ...pieces), 0)
  return Math.max(greatest + 1, first.pieces.length + first.piecesLeft)
}
