import { expect, test } from 'vitest'
import { mbitToBytesPerSecond } from '../../links/link.ts'
import { minimumDistribution } from './minimum-distribution.ts'
import type { ClientPlan } from './swarm-plan.ts'
import { leecherPlan, linkOf, MIB, payload, seedPlan, swarmPlan } from './swarms.testing.ts'

const mbit = (rate: number) => payload(mbitToBytesPerSecond(rate))
const CONTENT = { totalBytes: 64 * MIB, contentSeed: 1, pieceLengthBytes: 262_144 }

function published(leechers: number) {
  const leecher = leecherPlan({ link: linkOf(mbit(5), mbit(50)) })
  const others = [seedPlan({ link: linkOf(mbit(20)) }), ...Array<ClientPlan>(leechers - 1).fill(leecher)]
  return swarmPlan([leecher], { others, content: CONTENT })
}

test.each([
  [1, 26.84],
  [5, 59.65],
  [10, 76.7],
  [50, 99.42],
  [1000, 106.95],
])('T3 for a plan: 64 MiB, a seed of 20 Mbit/s and %d leechers of 5 take at least %d s', (leechers, expected) => {
  expect(minimumDistribution(published(leechers))).toBeCloseTo(expected, 2)
})

/** A seed of 1 MiB/s, and leechers of 1/4 MiB/s: 1 MiB of content. */
const two = [leecherPlan(), leecherPlan()]

test.each([
  ['a lone leecher: the seed sends each byte once', swarmPlan([leecherPlan()]), 1],
  ['a slow downlink', swarmPlan([leecherPlan({ link: linkOf(null, payload(MIB / 8)) })]), 8],
  ['two leechers: 2 MiB through 1.5 MiB/s', swarmPlan(two), 4 / 3],
  ['without a limit the seed', swarmPlan(two, { others: [seedPlan({ link: linkOf(null) }), leecherPlan()] }), 0],
  // 1.25 MiB in the first second, then 1.5 MiB/s: 2 MiB after 1.5 s.
  ['the second gives only from its arrival', swarmPlan([two[0]!, leecherPlan({ arrivesMs: 1_000 })]), 1.5],
  // It takes all of it since it came.
  [
    'a late one with a slow downlink',
    swarmPlan([two[0]!, leecherPlan({ arrivesMs: 5_000, link: linkOf(null, payload(MIB)) })]),
    6,
  ],
  ['the clock starts with the first leecher', swarmPlan([leecherPlan({ arrivesMs: 3_000 })]), 1],
  ['a seed that comes late', swarmPlan([two[0]!], { others: [seedPlan({ arrivesMs: 2_000 })] }), 3],
  ['nobody has it', swarmPlan(two, { others: [leecherPlan()] }), Number.POSITIVE_INFINITY],
])('%s', (_, plan, expected) => {
  expect(minimumDistribution(plan)).toBeCloseTo(expected, 6)
})

test('links that vary are integrated: half a second at the full rate, then a tenth', () => {
  const schedule = [{ atMs: 500, upBytesPerSecond: payload(MIB / 10) }]
  const plan = swarmPlan([leecherPlan()], { others: [seedPlan({ link: { ...linkOf(payload(MIB)), schedule } })] })
  expect(minimumDistribution(plan)).toBeCloseTo(0.5 + 5, 6)
})

test('only those that count must have it, but everybody gives', () => {
  const plan = swarmPlan([leecherPlan(), leecherPlan(), leecherPlan()])
  expect(minimumDistribution(plan)).toBeCloseTo(3 / 1.75, 6)
  expect(minimumDistribution(plan, (index) => index !== 3)).toBeCloseTo(2 / 1.75, 6)
})

test('a scripted peer gives as fast as its script ever lets it', () => {
  const slowDown = (upBytesPerSecond: number) => ({
    when: { afterStartMs: 100 },
    do: { behaviour: 'slow-down', upBytesPerSecond },
  })
  const seeder = { link: linkOf(payload(MIB)), script: [slowDown(payload(MIB / 2)), slowDown(payload(4 * MIB))] }
  expect(minimumDistribution(swarmPlan([leecherPlan()], { others: [], seeders: [seeder] }))).toBeCloseTo(0.25, 6)
})
