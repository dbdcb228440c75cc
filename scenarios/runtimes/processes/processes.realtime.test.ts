/** The runtime on real sockets: a small swarm runs, is measured, and leaves nothing behind. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { PERFECT_LINK } from '../../../links/link.ts'
import { distributionTime } from '../../engine/swarm-figures.ts'
import { type ClientPlan, PLAIN_CLIENT, PLAIN_SWARM, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { SCENARIOS } from '../../index.ts'
import type { ClientResult } from '../runtime.ts'
import { processesRuntime } from './processes-runtime.ts'

const scenario = SCENARIOS.find(({ name }) => name === 'multi-peer-drop')!
const parameters = {
  peers: 3,
  contentMib: 6,
  linkMbit: 16,
  rttMs: 10,
  pipelineDepth: 10,
  pieceKib: 128,
  dropAtPercent: 40,
}

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^swarmlab-[A-Za-z0-9]{6}$/.test(name))
}

test('a client survives the loss of a peer, over TCP', async () => {
  const before = leftovers()
  const plan = scenario.swarm(parameters, 1)
  const result = await processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
  expect(result.failure).toBeNull()
  expect(result.contentMatches).toBe(true)
  const { observations, client } = result
  expect(observations.usefulBytes).toBe(6 * 1_048_576)
  expect(observations.marks.find(({ mark, peer }) => mark === 'peer-closed' && peer === 'peer 3')).toBeDefined()
  expect(observations.requests.again).toBeLessThanOrEqual(observations.requestsLost)
  expect(observations.requestsLost).toBeLessThanOrEqual(parameters.pipelineDepth)
  expect(client!.cpuSeconds).toBeGreaterThan(0.01)
  expect(client!.peakRssBytes).toBeGreaterThan(20 * 1_048_576)
  // No run beats the links: 6 MiB over three links of 2 MB/s take over a second.
  expect(observations.seconds).toBeGreaterThan((6 * 1_048_576) / 6e6)
  expect(leftovers()).toEqual(before)
})

function planOf(name: string, chosen: Readonly<Record<string, number | string>>) {
  const each = SCENARIOS.find((one) => one.name === name)!
  const defaults = Object.entries(each.parameters).map(([key, spec]) => [key, spec.default] as const)
  return each.swarm({ ...Object.fromEntries(defaults), ...chosen }, 1)
}

test('a client that is killed part-way finds its pieces again, and completes', async () => {
  const before = leftovers()
  const plan = planOf('resume-after-crash', { contentMib: 4, pieceKib: 64, downSeconds: 0.2 })
  const result = await processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
  expect(result.failure).toBeNull()
  expect(result.contentMatches).toBe(true)
  const { restart, usefulBytes } = result.observations
  expect(restart!.foundPieces * 65_536).toBeGreaterThanOrEqual(restart!.storedBytes)
  expect(restart!.storedBytes).toBeGreaterThan(0)
  expect(restart!.restartedSeconds - restart!.crashedSeconds).toBeGreaterThanOrEqual(0.2)
  expect(usefulBytes - 4 * 1_048_576).toBeLessThanOrEqual(restart!.unstoredBytes)
  expect(leftovers()).toEqual(before)
})

test('several clients, a process and a link each, give each other what the seed gave them', async () => {
  const plan = planOf('picker-ablation', { leechers: 3, contentMib: 2 })
  const result = await processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
  expect(result.failure).toBeNull()
  expect(result.contentMatches).toBe(true)
  expect(result.clients.map(({ completedSeconds }) => completedSeconds)).toEqual(Array(3).fill(expect.any(Number)))
  const [seed] = result.seeders
  // No faster than its uplink of 1 MB/s, and less than a copy for each.
  expect(seed!.copySeconds).toBeGreaterThan((2 * 1_048_576) / 1e6 - 0.1)
  expect(seed!.bytes).toBeLessThan(3 * 2 * 1_048_576)
})

test('a small flash crowd: clients come, share and go, each on a host of its own, one of them behind a NAT', async () => {
  const link = { ...PERFECT_LINK, upBytesPerSecond: 1e6, rttMs: 5 }
  const leecher: ClientPlan = { ...PLAIN_CLIENT, link, pipelineDepth: 'auto', seedsMs: 500 }
  const seed: ClientPlan = { ...leecher, group: 'seed', isSeed: true, seedsMs: null }
  const plan: SwarmPlan = {
    ...PLAIN_SWARM,
    content: { totalBytes: 2 * 1_048_576, contentSeed: 3, pieceLengthBytes: 65_536 },
    seeders: [],
    client: leecher,
    others: [seed, { ...leecher, arrivesMs: 400, isReachable: false }, { ...leecher, arrivesMs: 800, leavesMs: 1_500 }],
    disturbedShareMax: 0.9,
    timeLimitMs: 30_000,
    sampleEveryMs: 200,
  }
  const result = await processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
  expect(result.failure).toBeNull()
  expect(result.contentMatches).toBe(true)
  const [first, origin, late, leaver] = result.clients
  expect([first, late].map((client) => client!.receivedBytes)).toEqual([2 * 1_048_576, 2 * 1_048_576])
  expect(first!.fromSeedsBytes + first!.fromGroupBytes).toBe(first!.receivedBytes)
  expect(origin).toMatchObject({ group: 'seed', isSeed: true, completedSeconds: 0, receivedBytes: 0 })
  expect(late!.arrivedSeconds).toBeGreaterThanOrEqual(0.4)
  expect(late!.arrivedSeconds).toBeLessThan(0.9)
  expect(late!.unchokedBySeedsSeconds).toBeGreaterThan(0.1)
  expect(leaver).toMatchObject({ completedSeconds: null })
  // A timer of Node may fire a millisecond early.
  expect(leaver!.leftSeconds).toBeGreaterThanOrEqual(1.498)
  // Each block that somebody has, somebody has sent; some that were sent were never wanted.
  const sum = (of: (client: ClientResult) => number) => result.clients.reduce((total, client) => total + of(client), 0)
  expect(sum(({ sentBytes }) => sentBytes)).toBeGreaterThanOrEqual(sum(({ receivedBytes }) => receivedBytes))
  expect(result.swarm.find(({ tMs }) => tMs >= 200)).toMatchObject({ leechers: 1, seeds: 1, rarestCopies: 1 })
  expect(result.swarm.some(({ leechers, seeds }) => leechers + seeds === 4)).toBe(true)
  const { minimumSeconds, tookSeconds } = distributionTime(plan, result)!
  expect(tookSeconds).toBeGreaterThan(minimumSeconds * 0.999)
})

test('a link that varies does so from the start of the clients', async () => {
  const schedule = [{ atMs: 1_000, upBytesPerSecond: 2_000_000 }]
  const seed = { link: { ...PERFECT_LINK, upBytesPerSecond: 250_000, schedule }, script: [] }
  const plan: SwarmPlan = {
    ...PLAIN_SWARM,
    content: { totalBytes: 1_500_000, contentSeed: 3, pieceLengthBytes: 65_536 },
    seeders: [seed],
    client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto' },
    disturbedShareMax: 0.9,
    timeLimitMs: 30_000,
  }
  const result = await processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
  const { minimumSeconds, tookSeconds } = distributionTime(plan, result)!
  // A quarter of a MB in the first second, 2 MB a second from then on.
  expect(minimumSeconds).toBeCloseTo(1.625, 2)
  expect(tookSeconds).toBeGreaterThan(minimumSeconds * 0.999)
  expect(tookSeconds).toBeLessThan(minimumSeconds * 1.3)
})

test('an aborted run ends at once and leaves nothing behind', async () => {
  const before = leftovers()
  const controller = new AbortController()
  const plan = scenario.swarm({ ...parameters, contentMib: 64 }, 1)
  const running = processesRuntime().run(plan, 1, { signal: controller.signal, progress: () => controller.abort() })
  await expect(running).rejects.toThrow('aborted')
  expect(leftovers()).toEqual(before)
})
