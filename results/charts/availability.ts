/**
 * A swarm over time: who is there, and how many copies of the rarest and of the average piece. All are counts, on one
 * axis that is even below 1 and logarithmic above: a rarest piece of 1 copy shows beside 10,000 leechers.
 */
import type { TopLevelSpec } from 'vega-lite'
import { SHOWN, withUnit } from '../units.ts'
import * as parts from './parts.ts'
import { evenSample, POINTS_MAX } from './sampled.ts'
import { seriesColors } from './theme.ts'

export interface AvailabilityInput extends parts.ChartText {
  readonly origin: parts.Origin
  /** In the order of time. */
  readonly samples: readonly AvailabilitySample[]
}

export interface AvailabilitySample {
  readonly tMs: number
  readonly leechers: number
  readonly seeds: number
  readonly rarestCopies: number
  readonly meanCopies: number
}

/** In the order of the legend. */
const LINES = [
  { of: 'leechers', label: 'leechers' },
  { of: 'seeds', label: 'seeds' },
  { of: 'meanCopies', label: 'copies, mean piece' },
  { of: 'rarestCopies', label: 'copies, rarest piece' },
] as const satisfies { of: keyof AvailabilitySample; label: string }[]

export function availabilityChart({ title, subtitle, origin, samples }: AvailabilityInput): TopLevelSpec {
  const shown = evenSample(samples, Math.floor(POINTS_MAX / LINES.length))
  const rows = shown.flatMap((sample) =>
    LINES.map(({ of, label }) => ({ group: label, s: sample.tMs / 1000, count: Number(sample[of].toFixed(3)) })),
  )
  return parts.chart({
    title,
    subtitle,
    sampled: ['n = 1 swarm', `${samples.length} samples`],
    origin,
    datasets: { counts: rows },
    layers: [linesLayer((samples.at(-1)?.tMs ?? 1000) / 1000, Math.max(1, ...rows.map(({ count }) => count)))],
  })
}

function linesLayer(endSeconds: number, countMax: number): parts.Layer {
  const labels = LINES.map(({ label }) => label)
  const domains = { x: [0, endSeconds], y: [0, countMax * 1.1] }
  const x = {
    field: 's',
    type: 'quantitative',
    title: withUnit('time since start', SHOWN.seconds),
    scale: { domain: domains.x, nice: false },
    axis: { grid: false, tickCount: 10 },
  } as const
  const y = {
    field: 'count',
    type: 'quantitative',
    title: 'clients, copies',
    scale: { type: 'symlog', constant: 1, domain: domains.y, nice: false },
    axis: { values: ticksTo(countMax), format: '~r' },
  } as const
  return {
    data: { name: 'counts' },
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
    encoding: { x, y, color: parts.groupColor(labels, seriesColors(labels.length)) },
  }
}

/** 0, 1, 2, 5, 10, 20, 50, … as far as it goes. */
function ticksTo(countMax: number): number[] {
  const ticks = [0]
  for (let power = 1; power <= countMax; power *= 10) {
    ticks.push(...[1, 2, 5].map((digit) => digit * power).filter((tick) => tick <= countMax))
  }
  return ticks
}
