/** A small plan and its cells, for tests: two swept peers counts, two repeats, in `sim`. */
import type { CellResult } from './parts.ts'
import type { CellRow, Provenance } from './schema.ts'
import type { Plan } from './store.ts'

export const SAMPLE_PROVENANCE: Provenance = {
  git: { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false },
  versions: { node: '24.21.0', swarmlab: '0.1.0', dependencies: { zod: '4.6.7' } },
  machine: { cpu: 'AMD EPYC', cores: 2, memoryBytes: 8 * 2 ** 30, os: 'Linux 6.1.0', arch: 'x64' },
}

export function samplePlan(changes: Partial<Plan> = {}): Plan {
  return {
    scenario: 'speed-vs-peers',
    question: 'How does speed grow with peers?',
    parameters: {
      fixed: { rttMs: 20, contentMib: 24 },
      sweep: [{ name: 'peers', values: [1, 2] }],
      about: { rttMs: { label: 'RTT', unit: 'ms' }, contentMib: { label: 'content', unit: 'MiB' } },
    },
    seed: 7,
    repeats: 2,
    runtime: 'sim',
    timelineBinMs: 100,
    ...SAMPLE_PROVENANCE,
    cellsTotal: 4,
    ...changes,
  }
}

const MIB = 2 ** 20

/** Cell `index`: peers vary slowest, then the repeat. */
export function sampleCell(index: number): CellResult {
  const peers = Math.floor(index / 2) + 1
  const repeat = index % 2
  return {
    index,
    row: {
      seed: 7,
      repeat,
      parameters: { rttMs: 20, contentMib: 24, peers },
      measures: {
        traceHash: `00c0ffee${index}`,
        hashFailures: 0,
        wastedBytes: 16_384 * repeat,
        throughputBytesPerSecond: peers * 2 * MIB + repeat * 1024,
        seconds: 12 / peers,
        virtualSeconds: 12 / peers,
      },
      predicted: { throughputBytesPerSecond: peers * 2 * MIB },
      ok: true,
    },
    cost: {
      wallSeconds: 0.25,
      cpuSeconds: 0.2,
      peakRssBytes: 90 * MIB,
      blocksPerSecond: 6144,
      node: 'host-a',
      further: { eventsPerSecond: 1e6, apparentSpeedup: 48 },
    },
    timeline: [
      sampleClient(0),
      { tMs: 40, leechers: 2, seeds: 1, rarestCopies: 1, meanCopies: 1.5 },
      { tMs: 100, peer: '10.0.0.1:6881', bytes: 209_715 },
      { tMs: 140, mark: 'peer-closed', peer: '10.0.0.1:6881', detail: 'reset' },
      { tMs: 0, peer: '10.0.0.1:6881', bytes: 180_224 },
      sampleClient(1),
    ],
  }
}

/** The first leecher comes at the start, the next one a second later and is never complete. */
export function sampleClient(client: number) {
  return {
    client,
    group: 'leechers',
    isSeed: false,
    arrivedSeconds: client,
    completedSeconds: client === 0 ? 12 : null,
    firstPieceSeconds: 1.5,
    leftSeconds: null,
    sentBytes: 16_384,
    receivedBytes: 32_768,
    fromSeedsBytes: 16_384,
    fromGroupBytes: 16_384,
    unchokedBySeedsSeconds: 4.25,
  }
}

export function sampleRow(changes: Partial<CellRow> = {}): CellRow {
  return { ...sampleCell(0).row, schema: 1, scenario: 'speed-vs-peers', runtime: 'sim', ...changes }
}

/** A clock that stands still unless it is pushed. */
export function sampleClock(startMs: number = Date.UTC(2026, 0, 31, 9, 30, 15)) {
  let nowMs = startMs
  return {
    now: () => new Date(nowMs),
    push(ms: number) {
      nowMs += ms
    },
  }
}
