/** Every kind of chart says on its face how much was measured, in which runtime, from which seed, and in which units. */
import { readdirSync } from 'node:fs'
import type { TopLevelSpec } from 'vega-lite'
import { expect, test } from 'vitest'
import { SHOWN } from '../units.ts'
import { availabilityChart } from './availability.ts'
import { barsChart } from './bars.ts'
import { distributionChart } from './distribution.ts'
import { exchangeChart } from './exchange.ts'
import { heatMapChart } from './heat-map.ts'
import { lineWithBandChart, logLinesChart } from './lines.ts'
import { chartSvg } from './render.ts'
import { stackedRateChart } from './stacked-rate.ts'

const ABOUT = { title: 'A title', subtitle: 'peers 3', origin: { runtime: 'sim', seed: 7 } } as const
const LINES = {
  ...ABOUT,
  xTitle: 'RTT (ms)',
  y: { label: 'throughput', shown: SHOWN.mibPerSecond },
  measured: [1, 2, 4].map((x) => ({ series: '', x, samples: [1e6 * x, 1.1e6 * x, 3e6 * x] })),
}
const SWARM = { tMs: 0, leechers: 4, seeds: 1, rarestCopies: 1, meanCopies: 2 }
const BARS = {
  ...ABOUT,
  x: { label: 'time', shown: SHOWN.seconds },
  names: ['aria2', 'ours', 'absent'],
  measured: [
    { name: 'aria2', series: 'steady', samples: [10, 11, 30] },
    { name: 'ours', series: 'steady', samples: [9] },
  ],
}
const PAIRS = {
  ...ABOUT,
  xTitle: 'from',
  yTitle: 'to',
  xNames: ['a', 'b'],
  yNames: ['a', 'b'],
  value: { label: 'time', shown: SHOWN.seconds },
  cells: [
    { x: 'a', y: 'a', samples: [4, 6] },
    { x: 'b', y: 'a', samples: [8] },
    { x: 'a', y: 'b', samples: [], failure: 'late' },
    { x: 'b', y: 'b', samples: [] },
  ],
}

/** By the file of its builder. */
const CHARTS: Readonly<Record<string, readonly { spec: TopLevelSpec; sampled: string; axes: readonly string[] }[]>> = {
  'availability.ts': [
    {
      spec: availabilityChart({ ...ABOUT, samples: [SWARM, { ...SWARM, tMs: 500 }] }),
      sampled: 'n = 1 swarm · 2 samples',
      axes: ['time since start (s)', 'clients, copies'],
    },
  ],
  'bars.ts': [{ spec: barsChart(BARS), sampled: 'n = 1 to 3 per point · hollow: each sample', axes: ['time (s)'] }],
  'distribution.ts': [
    {
      spec: distributionChart({ ...ABOUT, xLabel: 'time', groups: [{ group: 'all', values: [1, 2, null] }] }),
      sampled: 'n = 3 clients · 1 never',
      axes: ['time (s)', 'complete (% of clients)'],
    },
  ],
  'exchange.ts': [
    {
      spec: exchangeChart({
        ...ABOUT,
        groups: ['all'],
        clients: [{ group: 'all', upBytesPerSecond: 1e5, downBytesPerSecond: 2e5 }],
      }),
      sampled: 'n = 1 clients',
      axes: ['mean download (Mbit/s)', 'mean upload (Mbit/s)'],
    },
  ],
  'heat-map.ts': [
    { spec: heatMapChart(PAIRS), sampled: 'n = 1 to 2 per cell · median · 2 of 4 cells failed', axes: ['from', 'to'] },
  ],
  'lines.ts': [lineWithBandChart, logLinesChart].map((build) => ({
    spec: build(LINES),
    sampled: 'n = 3 per point · hollow: each sample',
    axes: ['RTT (ms)', 'throughput (MiB/s)'],
  })),
  'stacked-rate.ts': [
    {
      spec: stackedRateChart({
        ...ABOUT,
        samples: [{ tMs: 0, peer: 'a', bytes: 1e5 }],
        binMs: 100,
        peers: [{ peer: 'a', label: 'peer 1' }],
        endMs: 200,
      }),
      sampled: 'n = 1 download · bins of 100 ms',
      axes: ['time since start (s)', 'payload received (MiB/s)'],
    },
  ],
}

test('there is an example of every builder', () => {
  const parts = ['font.ts', 'mark-labels.ts', 'parts.ts', 'points.ts', 'render.ts', 'sampled.ts', 'theme.ts']
  const builders = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !parts.includes(name),
  )
  expect(Object.keys(CHARTS).sort()).toEqual(builders.sort())
})

test.each(Object.entries(CHARTS))('%s: sample size, runtime, seed and units stand on the chart', async (_, charts) => {
  for (const { spec, sampled, axes } of charts) {
    const { svg, warnings } = await chartSvg(spec)
    expect(warnings).toEqual([])
    const lines = textsOf(svg)
    for (const text of ['A title', 'peers 3', ...axes]) expect(lines).toContain(text)
    expect(lines.join(' ')).toContain(sampled)
    expect(lines.join(' ')).toContain('runtime sim · seed 7')
  }
})

test('a sample far from the rest is drawn, and the axis reaches it', () => {
  expect(lineWithBandChart(LINES).datasets!.samples).toHaveLength(9)
  // One of a single sample is the bar itself.
  expect(barsChart(BARS).datasets!.samples).toHaveLength(3)
  expect(JSON.stringify(barsChart(BARS))).toContain('"domain":[0,31.8]')
})

test('bars: a name without a sample keeps its place; one sample is no interval', async () => {
  const { svg } = await chartSvg(barsChart(BARS))
  expect(textsOf(svg)).toContain('absent')
  expect(barsChart(BARS).datasets!.measured).toEqual([
    { name: 'aria2', group: 'steady', x: 11, low: 10, high: 30 },
    { name: 'ours', group: 'steady', x: 9, low: 9, high: 9 },
  ])
})

test('bars: a name without a sample says why', async () => {
  const missing = [{ name: 'absent', series: 'steady', why: 'never complete' }]
  const { svg } = await chartSvg(barsChart({ ...BARS, missing }))
  expect(textsOf(svg)).toContain('never complete')
  // A series of nothing else has its place too.
  const alone = barsChart({ ...BARS, missing: [{ name: 'ours', series: 'gone', why: 'no valid run' }] })
  expect(JSON.stringify(alone)).toContain('"domain":["steady","gone"]')
})

test('heat map: a cell that failed says how, and has no figure', () => {
  expect(heatMapChart(PAIRS).datasets!.cells).toEqual([
    { x: 'a', y: 'a', value: 5, text: '5' },
    { x: 'b', y: 'a', value: 8, text: '8' },
    { x: 'a', y: 'b', value: null, text: 'late' },
    { x: 'b', y: 'b', value: null, text: 'failed' },
  ])
})

test('lines: an axis that does not begin at 0 says so', async () => {
  const measured = LINES.measured.map((point) => ({ ...point, samples: [9e6, 9.1e6] }))
  const about = { ...LINES, measured, yFrom: 'values' } as const
  const { svg } = await chartSvg(lineWithBandChart(about))
  expect(textsOf(svg).join(' ')).toContain('the y axis does not begin at 0')
  const { svg: plain } = await chartSvg(lineWithBandChart(LINES))
  expect(plain).not.toContain('does not begin at 0')
})

test('distribution: a group of which nobody was done has no place in the legend, and the caption names it', async () => {
  const groups = [
    { group: 'stay', values: [1, 2] },
    { group: 'leave', values: [null] },
    { group: 'nobody', values: [] },
  ]
  const { svg } = await chartSvg(distributionChart({ ...ABOUT, xLabel: 'time', groups }))
  expect(textsOf(svg)).not.toContain('leave')
  expect(textsOf(svg).join(' ')).toContain('1 never · runtime sim · seed 7 · no curve: leave')
})

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, text]) => text!)
}
