/** The charts of whole swarms: sound, with what they must say, and small however many clients there are. */
import type { TopLevelSpec } from 'vega-lite'
import { expect, test } from 'vitest'
import { type AvailabilityInput, availabilityChart } from './availability.ts'
import { type DistributionInput, distributionChart } from './distribution.ts'
import { type ExchangeInput, exchangeChart } from './exchange.ts'
import { chartSvg } from './render.ts'

const ABOUT = { subtitle: 'leechers 4', origin: { runtime: 'sim', seed: 7 } } as const
const MANY = 10_000

const TIMES: DistributionInput = {
  ...ABOUT,
  title: 'Time to completion',
  xLabel: 'time from arrival',
  groups: [
    { group: 'contributors', values: [10, 12, 11] },
    { group: 'free riders', values: [20, null] },
  ],
  bound: { label: 'minimum (T3)', at: 9 },
}

const OVER_TIME: AvailabilityInput = {
  ...ABOUT,
  title: 'Clients and copies',
  samples: [0, 500, 1000].map((tMs) => ({ tMs, leechers: 40, seeds: 1, rarestCopies: 1, meanCopies: 1 + tMs / 100 })),
}

const EXCHANGED: ExchangeInput = {
  ...ABOUT,
  title: 'Given and got',
  groups: ['slow', 'fast'],
  clients: [
    { group: 'slow', upBytesPerSecond: 1e5, downBytesPerSecond: 2e5 },
    { group: 'fast', upBytesPerSecond: 5e5, downBytesPerSecond: 4e5 },
  ],
}

test('times: groups, bound, axes, and how many there are and never were', async () => {
  const texts = await textsOf(distributionChart(TIMES))
  for (const text of [
    'Time to completion',
    'leechers 4',
    'time from arrival (s)',
    'complete (% of clients)',
    'contributors',
    'free riders',
    'minimum (T3)',
    'n = 5 clients · 1 never · runtime sim · seed 7',
  ]) {
    expect(texts).toContain(text)
  }
})

test('times: of one group without a bound there is no legend', async () => {
  const { bound: _, ...rest } = TIMES
  const texts = await textsOf(distributionChart({ ...rest, groups: TIMES.groups.slice(0, 1) }))
  expect(texts).not.toContain('contributors')
})

test('availability: four lines, ticks that reach from 0 to the most', async () => {
  const texts = await textsOf(availabilityChart(OVER_TIME))
  for (const text of ['leechers', 'seeds', 'copies, mean piece', 'copies, rarest piece', '0', '1', '20']) {
    expect(texts).toContain(text)
  }
  expect(texts).toContain('n = 1 swarm · 3 samples · runtime sim · seed 7')
})

test('exchange: a point per client, in Mbit/s', async () => {
  const spec = exchangeChart(EXCHANGED)
  expect(spec.datasets!.clients).toEqual([
    { group: 'slow', up: 0.8, down: 1.6 },
    { group: 'fast', up: 4, down: 3.2 },
  ])
  const texts = await textsOf(spec)
  for (const text of ['mean download (Mbit/s)', 'mean upload (Mbit/s)', 'slow', 'fast']) expect(texts).toContain(text)
})

test.each<[string, TopLevelSpec]>([
  [
    'times',
    distributionChart({
      ...TIMES,
      groups: ['a', 'b', 'c'].map((group) => ({ group, values: Array.from({ length: MANY }, (_, i) => i % 997) })),
    }),
  ],
  [
    'availability',
    availabilityChart({
      ...OVER_TIME,
      samples: Array.from({ length: MANY }, (_, tMs) => ({ ...OVER_TIME.samples[0]!, tMs, leechers: tMs })),
    }),
  ],
  [
    'exchange',
    exchangeChart({
      ...EXCHANGED,
      clients: Array.from({ length: MANY }, (_, i) => ({ ...EXCHANGED.clients[i % 2]!, upBytesPerSecond: i })),
    }),
  ],
])('%s of 10,000 clients are sound, in about 2,000 points', async (_, spec) => {
  await textsOf(spec)
  const points = Object.values(spec.datasets!).reduce((sum, rows) => sum + (rows as unknown[]).length, 0)
  expect(points).toBeLessThanOrEqual(2_010)
  expect(points).toBeGreaterThan(1_000)
})

test.each<[string, TopLevelSpec]>([
  ['times', distributionChart({ ...TIMES, groups: [{ group: 'nobody', values: [] }] })],
  ['availability', availabilityChart({ ...OVER_TIME, samples: [] })],
  ['exchange', exchangeChart({ ...EXCHANGED, clients: [] })],
])('%s of nobody are sound', async (_, spec) => {
  await textsOf(spec)
})

/** Every text in the drawing; fails when vega-lite or vega had a complaint. */
async function textsOf(spec: TopLevelSpec): Promise<string[]> {
  const { svg, warnings } = await chartSvg(spec)
  expect(warnings).toEqual([])
  return [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, text]) => text!)
}
