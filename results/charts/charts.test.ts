import type { TopLevelSpec } from 'vega-lite'
import { expect, test } from 'vitest'
import { SHOWN } from '../units.ts'
import { type LinesInput, lineWithBandChart, logLinesChart } from './lines.ts'
import { chartSvg } from './render.ts'
import { type StackedRateInput, stackedRateChart } from './stacked-rate.ts'
import { seriesColors } from './theme.ts'

const MIB = 2 ** 20

test('stacked rate: sound, with title, parameters, axes, peers, mark, theory and caption', async () => {
  const texts = await textsOf(stackedRateChart(DROP))
  for (const text of [
    'How a download survives the loss of a peer',
    'content 24 MiB, link 16 Mbit/s',
    'time since start (s)',
    'payload received (MiB/s)',
    'peer 1',
    'peer 3',
    'peer 3 dropped',
    'predicted (T2)',
    'n = 1 download · bins of 100 ms · runtime sim · seed 7',
  ]) {
    expect(texts).toContain(text)
  }
})

test('stacked rate: a bin becomes MiB/s, empty bins are 0, the last bin closes at the end', () => {
  const rows = datasetOf(stackedRateChart(DROP), 'rates').filter(({ peer }) => peer === 'peer 3')
  expect(rows.map(({ s, rate }) => [s, rate])).toEqual([
    [0, 2],
    [0.1, 2],
    [0.2, 0],
    [0.3, 0],
    [0.35, 0],
  ])
})

test('stacked rate: a long download has whole bins joined, and says so', async () => {
  const samples = [
    { tMs: 0, peer: 'a', bytes: MIB },
    { tMs: 100, peer: 'a', bytes: MIB },
    { tMs: 200, peer: 'a', bytes: MIB },
  ]
  const spec = stackedRateChart({ ...DROP, samples, peers: [{ peer: 'a', label: 'a' }], endMs: 100_000, marks: [] })
  expect(datasetOf(spec, 'rates').slice(0, 2)).toMatchObject([
    { s: 0, rate: 10 },
    { s: 0.2, rate: 5 },
  ])
  expect((await textsOf(spec)).join()).toContain('bins of 200 ms')
})

test.each([1, 20])('stacked rate: %d peers are all in the legend', async (count) => {
  const peers = Array.from({ length: count }, (_, index) => ({ peer: `p${index}`, label: `peer ${index + 1}` }))
  const samples = peers.map(({ peer }) => ({ tMs: 0, peer, bytes: MIB }))
  const texts = await textsOf(stackedRateChart({ ...DROP, peers, samples }))
  for (const { label } of peers) expect(texts).toContain(label)
})

test('lines with a band: sound, every measured x has its tick', async () => {
  const texts = await textsOf(lineWithBandChart(SPEED))
  for (const text of [
    '1',
    '2',
    '3',
    '5',
    '8',
    '12',
    '20',
    'seeders',
    'throughput (MiB/s)',
    'measured',
    'theory (T2)',
  ]) {
    expect(texts).toContain(text)
  }
  const caption =
    'n = 3 per point · hollow: each sample · median and 95 % bootstrap interval (the range of the samples where n < 5) · runtime processes'
  expect(texts.join(' ')).toContain(caption)
  expect(texts).not.toContain('RTT')
})

test('lines with a band: the median and the range of three samples, in the shown unit', () => {
  const [first] = datasetOf(lineWithBandChart(SPEED), 'measured')
  expect(first).toEqual({ series: '', x: 1, y: 2, low: 1.9, high: 2.1 })
})

test('lines that go below 0 are all inside, others begin at 0', async () => {
  const domainOf = (spec: TopLevelSpec) =>
    JSON.stringify(spec).match(/"domain":\[(-?[\d.]+),[\d.]+\],"nice":false\},"axis":\{"tickCount":6/)![1]
  expect(Number(domainOf(lineWithBandChart(SPEED)))).toBe(0)
  const measured = SPEED.measured.map(({ x, ...point }) => ({ ...point, x, samples: [(x - 3) * MIB] }))
  expect(Number(domainOf(lineWithBandChart({ ...SPEED, measured })))).toBeCloseTo(-2.12, 9)
})

test('log lines: sound, powers of two on the axis, a legend for colour and one for style', async () => {
  const texts = await textsOf(logLinesChart(PIPELINE))
  for (const text of [
    '1',
    '2',
    '4',
    '64',
    'pipeline depth (blocks)',
    'throughput (Mbit/s)',
    'RTT',
    '20 ms',
    '100 ms',
    'measured',
    'theory (T1)',
  ]) {
    expect(texts).toContain(text)
  }
  expect(texts).toContain('n = 1 per point, no interval · runtime sim · seed 7')
})

test('log lines: measured and theory of a series have one colour, theory is dashed', async () => {
  const { svg } = await chartSvg(logLinesChart(PIPELINE))
  for (const color of seriesColors(2)) {
    const lines = [...svg.matchAll(/<path [^>]*>/g)]
      .map(([path]) => path)
      .filter((path) => path.includes(`stroke="${color}"`))
    expect(lines.filter((path) => path.includes('stroke-dasharray="6,4"'))).toHaveLength(1)
    expect(lines.some((path) => path.includes('stroke-dasharray="1,0"'))).toBe(true)
  }
})

test('series have as many colours as there are, all different', () => {
  for (const count of [1, 7, 8, 20, 50]) expect(new Set(seriesColors(count)).size).toBe(count)
})

/** Every text in the drawing; fails when vega-lite or vega had a complaint. */
async function textsOf(spec: TopLevelSpec): Promise<string[]> {
  const { svg, warnings } = await chartSvg(spec)
  expect(warnings).toEqual([])
  const texts = [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, text]) => text!)
  return texts.map((text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
}

function datasetOf(spec: TopLevelSpec, name: string): Record<string, unknown>[] {
  return spec.datasets![name] as Record<string, unknown>[]
}

const DROP: StackedRateInput = {
  title: 'How a download survives the loss of a peer',
  subtitle: 'content 24 MiB, link 16 Mbit/s',
  origin: { runtime: 'sim', seed: 7 },
  binMs: 100,
  endMs: 350,
  peers: [1, 2, 3].map((nth) => ({ peer: `127.0.0.${nth}:6881`, label: `peer ${nth}` })),
  samples: [1, 2, 3].flatMap((nth) =>
    [0, 100, 200, 300]
      .filter((tMs) => nth < 3 || tMs < 200)
      .map((tMs) => ({ tMs, peer: `127.0.0.${nth}:6881`, bytes: (2 * MIB) / 10 })),
  ),
  marks: [{ tMs: 200, label: 'peer 3 dropped' }],
  theory: {
    label: 'predicted (T2)',
    steps: [
      { tMs: 0, bytesPerSecond: 6 * MIB },
      { tMs: 200, bytesPerSecond: 4 * MIB },
    ],
  },
}

const SPEED: LinesInput = {
  title: 'How speed grows with seeders',
  subtitle: 'link 16 Mbit/s',
  origin: { runtime: 'processes', seed: 7 },
  xTitle: 'seeders',
  y: { label: 'throughput', shown: SHOWN.mibPerSecond },
  measured: [1, 2, 3, 5, 8, 12, 20].map((x) => ({
    series: '',
    x,
    samples: [1.9, 2.1, 2].map((rate) => rate * x * MIB),
  })),
  theory: { label: 'theory (T2)', points: [1, 20].map((x) => ({ series: null, x, y: 2 * x * MIB })) },
}

const PIPELINE = { ...pipelineOf(['20 ms', '100 ms']), origin: { runtime: 'sim', seed: 7 } } as const

function pipelineOf(series: readonly string[]): LinesInput {
  return {
    ...SPEED,
    xTitle: 'pipeline depth (blocks)',
    y: { label: 'throughput', shown: SHOWN.mbitPerSecond },
    seriesTitle: 'RTT',
    measured: series.flatMap((name, index) =>
      [1, 8, 64].map((x) => ({ series: name, x, samples: [x * 1e5 * (index + 1)] })),
    ),
    theory: {
      label: 'theory (T1)',
      points: series.flatMap((name) => [1, 64].map((x) => ({ series: name, x, y: x * 1e5 }))),
    },
  }
}

test.each<[string, LinesInput]>([
  ['20 series', pipelineOf(Array.from({ length: 20 }, (_, index) => `${index * 10} ms`))],
  ['no point at all', pipelineOf([])],
  ['one point', { ...pipelineOf(['20 ms']), measured: [{ series: '20 ms', x: 8, samples: [1e6] }] }],
])('lines of %s are sound', async (_name, input) => {
  for (const build of [lineWithBandChart, logLinesChart]) {
    const texts = await textsOf(build(input))
    for (const { series } of input.measured) if (input.measured.length > 1) expect(texts).toContain(series)
  }
})

test('lines: a bound is dotted and in the legend, with a theory or without one', async () => {
  const input: LinesInput = {
    title: 'x',
    subtitle: 'y',
    origin: { runtime: 'sim', seed: 1 },
    xTitle: 'peers',
    y: { label: 'time', shown: SHOWN.seconds },
    measured: [1, 2].map((x) => ({ series: '', x, samples: [x] })),
    bound: { label: 'at most', points: [1, 2].map((x) => ({ series: null, x, y: 2 * x })) },
  }
  expect(await textsOf(lineWithBandChart(input))).toContain('at most')
  const dashesOf = (spec: TopLevelSpec) =>
    /"strokeDash":\{"datum":"measured".*?"range":(\[\[.*?\]\])/.exec(JSON.stringify(spec))?.[1]
  expect(dashesOf(lineWithBandChart(input))).toBe('[[1,0],[2,3]]')
  const theory = { label: 'expected', points: [{ series: null, x: 1, y: 1 }] }
  expect(dashesOf(lineWithBandChart({ ...input, theory }))).toBe('[[1,0],[6,4],[2,3]]')
  // The axis reaches as high as the bound.
  expect(JSON.stringify(lineWithBandChart(input))).toContain('"domain":[0,4.24]')
})
