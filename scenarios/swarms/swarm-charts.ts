/** From a record to the charts of a whole swarm: of the cell that is shown, and of measures against what is swept. */
import { availabilityChart } from '../../results/charts/availability.ts'
import { distributionChart } from '../../results/charts/distribution.ts'
import { type ExchangeOfClient, exchangeChart } from '../../results/charts/exchange.ts'
import type { RunRecord } from '../../results/read.ts'
import { isClient, isSwarmSample, type TimelineClient, type TimelineSwarm } from '../../results/schema.ts'
import { parametersInWords } from '../../results/words.ts'
import type { Chart } from '../engine/scenario.ts'

export interface CellChartsText<Parameters> {
  /** In the titles: `A flash crowd`. */
  readonly subject: string
  /** Those who came without the content, in the order of the legend; without it, all groups as they come. */
  readonly groups?: readonly string[]
  /** Nobody can be complete sooner, or the last cannot. */
  readonly bound?: { readonly label: string; readonly of: (parameters: Parameters) => number }
}

/** Three charts of the last cell that counts: where a sweep grows, its largest. */
export function cellCharts<Parameters>(record: RunRecord, text: CellChartsText<Parameters>): Chart[] {
  const index = record.cells.findLastIndex(({ invalid, repeat }) => invalid === undefined && repeat === 0)
  const cell = record.cells[index]
  if (cell === undefined) return []
  const rows = record.timeline.filter((row) => row.cell === index)
  const clients = rows.filter(isClient)
  const samples = rows.filter(isSwarmSample)
  const leechers = clients.filter(({ isSeed }) => !isSeed)
  const about = {
    subtitle: parametersInWords({ ...record.manifest.parameters, fixed: cell.parameters }),
    origin: { runtime: record.manifest.runtime, seed: cell.seed },
  }
  const endedSeconds = endSeconds(clients, samples)
  const groups = text.groups ?? [...new Set(leechers.map(({ group }) => group))]
  const titles = {
    times: `${text.subject}: time to completion`,
    availability: `${text.subject}: clients and copies over time`,
    exchange: `${text.subject}: what each client gave and got`,
  }
  const times = distributionChart({
    ...about,
    title: titles.times,
    xLabel: 'time from arrival to completion',
    groups: groups.map((group) => ({
      group,
      values: leechers.flatMap((client) => (client.group === group ? [client.completedSeconds ?? null] : [])),
    })),
    ...(text.bound === undefined
      ? {}
      : { bound: { label: text.bound.label, at: text.bound.of(cell.parameters as Parameters) } }),
  })
  const availability = availabilityChart({ ...about, title: titles.availability, samples })
  const exchange = exchangeChart({
    ...about,
    title: titles.exchange,
    groups,
    clients: leechers.flatMap((client) => exchangeOf(client, endedSeconds)),
  })
  return [
    { name: 'times', title: titles.times, spec: times },
    { name: 'availability', title: titles.availability, spec: availability },
    { name: 'exchange', title: titles.exchange, spec: exchange },
  ]
}

/** Whoever was there at all: what it got until it was complete, and gave until it left, per second. */
function exchangeOf(client: TimelineClient, endedSeconds: number): ExchangeOfClient[] {
  const { group, arrivedSeconds, completedSeconds, leftSeconds, receivedBytes, sentBytes } = client
  const presentSeconds = (leftSeconds ?? endedSeconds) - arrivedSeconds
  const takingSeconds = completedSeconds ?? presentSeconds
  if (presentSeconds <= 0 || takingSeconds <= 0) return []
  return [{ group, upBytesPerSecond: sentBytes / presentSeconds, downBytesPerSecond: receivedBytes / takingSeconds }]
}

/** The last that is known of. */
function endSeconds(clients: readonly TimelineClient[], samples: readonly TimelineSwarm[]): number {
  const sampled = (samples.at(-1)?.tMs ?? 0) / 1000
  return clients.reduce((last, { arrivedSeconds, completedSeconds, leftSeconds }) => {
    return Math.max(last, leftSeconds ?? 0, completedSeconds === null ? 0 : arrivedSeconds + completedSeconds)
  }, sampled)
}
