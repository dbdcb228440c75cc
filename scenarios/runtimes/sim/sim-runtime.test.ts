/** Swarms in virtual time: clients come, share and go; what is counted adds up; same seed, same run. */
import { expect, test } from 'vitest'
import { distributionTime, swarmFigures } from '../../engine/swarm-figures.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { leecherPlan, linkOf, MIB, payload, seedPlan, swarmPlan } from '../../engine/swarms.testing.ts'
import type { ClientResult, RunResult } from '../runtime.ts'
import { runInSim } from './sim-runtime.ts'

const run = (plan: SwarmPlan, seed = 1): RunResult => runInSim(plan, seed, {}, () => {})
const total = (result: RunResult, of: (client: ClientResult) => number) =>
  result.clients.reduce((sum, client) => sum + of(client), 0)

test('a flash crowd: everybody completes, bytes add up, and nobody beats T3', () => {
  const plan = swarmPlan(Array.from({ length: 8 }, () => leecherPlan()))
  const result = run(plan)
  expect([result.failure, result.contentMatches]).toEqual([null, true])
  expect(result.clients.map(({ group }) => group)).toEqual(['leechers', 'seed', ...Array(7).fill('leechers')])
  for (const { isSeed, receivedBytes, fromSeedsBytes, fromGroupBytes } of result.clients) {
    expect(receivedBytes).toBe(isSeed ? 0 : MIB)
    expect(fromSeedsBytes + fromGroupBytes).toBe(receivedBytes)
  }
  expect(total(result, ({ sentBytes }) => sentBytes)).toBeGreaterThanOrEqual(8 * MIB)
  expect(result.clients[1]!.sentBytes).toBeGreaterThanOrEqual(total(result, ({ fromSeedsBytes }) => fromSeedsBytes))
  const { minimumSeconds, tookSeconds } = distributionTime(plan, result)!
  expect(tookSeconds).toBeGreaterThan(minimumSeconds)
  const { efficiency, seedCostCopies, uploadFairness } = swarmFigures(plan, result)
  expect(efficiency).toBeCloseTo(minimumSeconds / tookSeconds, 9)
  expect(seedCostCopies).toBeGreaterThan(1)
  expect(uploadFairness).toBeGreaterThan(1 / 8)
})

test('clients arrive, leave once they have shared, or before they are complete, and are gone from the samples', () => {
  const plan = swarmPlan(
    [leecherPlan({ seedsMs: 0 }), leecherPlan({ arrivesMs: 1_500, seedsMs: 400 }), leecherPlan({ leavesMs: 700 })],
    { sampleEveryMs: 100, endMs: 8_000 },
  )
  const { clients, swarm, failure, endedSeconds } = run(plan)
  const [first, seed, late, leaver] = clients as [ClientResult, ClientResult, ClientResult, ClientResult]
  expect([failure, endedSeconds, swarm.length]).toEqual([null, 8, 81])
  expect(first.leftSeconds).toBe(first.completedSeconds)
  expect(late.arrivedSeconds).toBe(1.5)
  expect(late.leftSeconds).toBeCloseTo(1.5 + late.completedSeconds! + 0.4, 9)
  expect(leaver).toMatchObject({ completedSeconds: null, leftSeconds: 0.7 })
  expect(seed).toMatchObject({ completedSeconds: 0, firstPieceSeconds: 0, leftSeconds: null })
  for (const { tMs, leechers, seeds, rarestCopies, meanCopies } of swarm) {
    const present = clients.filter(
      ({ arrivedSeconds, leftSeconds }) => arrivedSeconds * 1000 <= tMs && tMs < (leftSeconds ?? 9) * 1000,
    )
    expect(leechers + seeds, `at ${tMs} ms`).toBe(present.length)
    expect(rarestCopies).toBeGreaterThanOrEqual(1)
    expect(meanCopies).toBeGreaterThanOrEqual(rarestCopies)
  }
  expect(swarm.at(-1)).toEqual({ tMs: 8_000, leechers: 0, seeds: 1, rarestCopies: 1, meanCopies: 1 })
})

test('a leecher that nobody can dial completes, for it dials; two of them never meet', () => {
  const hidden = leecherPlan({ isReachable: false, group: 'hidden' })
  const { failure, clients } = run(swarmPlan([leecherPlan(), hidden, hidden]))
  expect(failure).toBeNull()
  const [, , one, other] = clients
  expect(one!.receivedBytes).toBe(MIB)
  expect([one!.fromGroupBytes, other!.fromGroupBytes]).toEqual([0, 0])
})

test('one that is unchoked by the seed all the time is so for as long as it is interested', () => {
  const { clients } = run(swarmPlan([leecherPlan()]))
  const [leecher] = clients
  expect(leecher!.unchokedBySeedsSeconds).toBeLessThan(leecher!.completedSeconds!)
  expect(leecher!.unchokedBySeedsSeconds).toBeGreaterThan(leecher!.completedSeconds! - 0.3)
})

test('a watched swarm ends when its plan says, whoever is complete; one that must complete fails at its limit', () => {
  const slow = leecherPlan({ link: linkOf(null, payload(1_000)) })
  const watched = run(swarmPlan([slow], { endMs: 5_000 }))
  expect([watched.failure, watched.endedSeconds, watched.clients[0]!.completedSeconds]).toEqual([null, 5, null])
  expect(run(swarmPlan([slow], { timeLimitMs: 5_000 })).failure).toBe('not complete after 5 s')
})

test('a link that varies does so from the start of the clients: T3 is reached, and not beaten', () => {
  const schedule = [{ atMs: 5_000, upBytesPerSecond: payload(MIB) }]
  const plan = swarmPlan([leecherPlan()], { others: [seedPlan({ link: { ...linkOf(payload(MIB / 10)), schedule } })] })
  const { minimumSeconds, tookSeconds } = distributionTime(plan, run(plan))!
  expect(minimumSeconds).toBeCloseTo(5.5, 6)
  expect(tookSeconds).toBeGreaterThan(minimumSeconds)
  expect(tookSeconds).toBeLessThan(minimumSeconds * 1.05)
})

test('the same seed gives the same run, sampled or not; another seed another one', () => {
  const plan = swarmPlan(Array.from({ length: 5 }, (_, index) => leecherPlan({ arrivesMs: index * 50 })))
  const [one, again, other] = [run(plan), run(plan), run(plan, 2)]
  expect(again.traceHash).toBe(one.traceHash)
  expect(again.clients).toEqual(one.clients)
  expect(other.traceHash).not.toBe(one.traceHash)
  expect(run({ ...plan, sampleEveryMs: 10 }).clients).toEqual(one.clients)
})

test('what one client draws does not depend on who else is there: streams are by place in the plan', () => {
  const early = (arrivesMs: number) =>
    swarmPlan([leecherPlan(), leecherPlan({ arrivesMs }), seedPlan()], { endMs: 900 })
  const [with_, without] = [run(early(500)), run(early(600))]
  // Until the second one comes nothing differs.
  expect(with_.clients[0]!.firstPieceSeconds).toBe(without.clients[0]!.firstPieceSeconds)
})
