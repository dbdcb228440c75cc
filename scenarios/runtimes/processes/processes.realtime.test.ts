/** The runtime on real sockets: a small swarm runs, is measured, and leaves nothing behind. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { SCENARIOS } from '../../index.ts'
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
  expect(result.leecherSeconds).toHaveLength(2)
  const [seed] = result.seeders
  // No faster than its uplink of 1 MB/s, and less than a copy for each.
  expect(seed!.copySeconds).toBeGreaterThan((2 * 1_048_576) / 1e6 - 0.1)
  expect(seed!.bytes).toBeLessThan(3 * 2 * 1_048_576)
})

test('an aborted run ends at once and leaves nothing behind', async () => {
  const before = leftovers()
  const controller = new AbortController()
  const plan = scenario.swarm({ ...parameters, contentMib: 64 }, 1)
  const running = processesRuntime().run(plan, 1, { signal: controller.signal, progress: () => controller.abort() })
  await expect(running).rejects.toThrow('aborted')
  expect(leftovers()).toEqual(before)
})
