/**
 * One honest peer of 2 MiB/s among nine hostile ones, on real sockets: 24 MiB in at most 1.5 times the honest peer's
 * time alone, the client's memory below 200 MiB, and at most 6 MiB taken from a peer that corrupts everything.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { PERFECT_LINK } from '../links/link.ts'
import { PLAIN_CLIENT, PLAIN_SWARM, peerLabel, type SeederPlan, type SwarmPlan } from './engine/swarm-plan.ts'
import { HOSTILE_MIXES, mixName } from './hostile-mixes.testing.ts'
import { processesRuntime } from './runtimes/processes/processes-runtime.ts'
import type { RunResult } from './runtimes/runtime.ts'

const MIB = 1024 * 1024
const PEAK_RSS_BYTES_MAX = 200 * MIB
const CORRUPT_BYTES_MAX = 6 * MIB
const LIMIT_MS = 60_000

const HONEST: SeederPlan = { link: { ...PERFECT_LINK, upBytesPerSecond: 2 * MIB, rttMs: 20 }, script: [] }

function run(others: readonly SeederPlan[]): Promise<RunResult> {
  const plan: SwarmPlan = {
    ...PLAIN_SWARM,
    content: { totalBytes: 24 * MIB, contentSeed: 1, pieceLengthBytes: MIB / 4 },
    seeders: [HONEST, ...others],
    client: { ...PLAIN_CLIENT, link: PERFECT_LINK, pipelineDepth: 'auto' },
    disturbedShareMax: 1,
    timeLimitMs: LIMIT_MS,
  }
  return processesRuntime().run(plan, 1, { signal: new AbortController().signal, progress: () => {} })
}

function receivedFrom({ observations }: RunResult, label: string): number {
  return observations.samples.reduce((sum, { peer, bytes }) => (peer === label ? sum + bytes : sum), 0)
}

describe('one honest peer among nine hostile ones, over TCP', () => {
  let aloneSeconds = 0

  beforeAll(async () => {
    aloneSeconds = (await run([])).observations.seconds
  }, LIMIT_MS)

  test.each(HOSTILE_MIXES.map((mix) => ({ name: mixName(mix), mix })))('$name', async ({ mix }) => {
    const result = await run(mix.map(({ script }) => ({ ...HONEST, script })))
    expect([result.failure, result.contentMatches]).toEqual([null, true])
    expect(result.observations.seconds / aloneSeconds).toBeLessThanOrEqual(1.5)
    expect(result.client!.peakRssBytes).toBeLessThan(PEAK_RSS_BYTES_MAX)
    const banned = result.observations.marks.flatMap(({ mark, peer }) => (mark === 'peer-banned' ? [peer] : []))
    expect(banned).not.toContain(peerLabel(0))
    const corrupter = mix.findIndex(({ name }) => name === 'corrupts-all-blocks')
    if (corrupter !== -1) expect(receivedFrom(result, peerLabel(corrupter + 1))).toBeLessThanOrEqual(CORRUPT_BYTES_MAX)
  })
})
