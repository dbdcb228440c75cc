/** Records as runs leave them, for tests of the page. */
import type { RunRecord } from '../read.ts'
import { SAMPLE_PROVENANCE, sampleRow } from '../sample.testing.ts'
import type { TimelineRow } from '../schema.ts'

const OF = { cell: 0, repeat: 0 } as const
const PEERS = 10
const PIECES = 400

/** Two cells, the second of which failed, a third that is invalid; `samples` in the timeline of the first. */
export function sampleRecord(samples: number): RunRecord {
  const cells = [
    sampleRow(),
    sampleRow({
      parameters: { ...sampleRow().parameters, peers: 2 },
      ok: false,
      failure: 'took <b>13 s</b>, at most 12',
    }),
    sampleRow({ parameters: { ...sampleRow().parameters, peers: 2 }, repeat: 1, invalid: 'event loop 40 ms late' }),
  ]
  const cost = {
    wallSeconds: 1,
    cpuSeconds: 1,
    peakRssBytes: 1,
    blocksPerSecond: 1,
    node: 'host-a',
    schema: 1,
  } as const
  return {
    manifest: {
      schema: 1,
      scenario: 'speed-vs-peers',
      question: 'How does speed grow with peers?',
      parameters: {
        fixed: { rttMs: 20 },
        sweep: [{ name: 'peers', values: [1, 2] }],
        about: { rttMs: { label: 'RTT', unit: 'ms' } },
      },
      seed: 7,
      repeats: 2,
      runtime: 'sim',
      timelineBinMs: 100,
      ...SAMPLE_PROVENANCE,
      startedAt: '2026-01-31T09:30:15.000Z',
      endedAt: '2026-01-31T09:31:15.000Z',
      state: 'complete',
      cells: { total: 3, done: 3 },
      resumed: [],
    },
    cells,
    costs: cells.map(({ repeat, seed }, cell) => ({ ...cost, cell, repeat, seed })),
    timeline: timelineOf(samples),
  }
}

/** Peers one after another in each bin; each chokes now and then, and pieces come evenly. */
function timelineOf(samples: number): TimelineRow[] {
  const bins = Math.ceil(samples / PEERS)
  const rows: TimelineRow[] = []
  let stored = 0
  for (let bin = 0; bin < bins; bin++) {
    const tMs = bin * 100
    for (let peer = 0; peer < Math.min(PEERS, samples - bin * PEERS); peer++) {
      rows.push({ ...OF, tMs, peer: `peer ${peer + 1}`, bytes: 16_384 * (1 + ((bin * 7 + peer * 3) % 9)) })
    }
    const until = Math.floor((PIECES * (bin + 1)) / bins)
    const pieces = Array.from({ length: until - stored }, (_, nth) => ((stored + nth) * 37) % PIECES)
    if (pieces.length > 0) rows.push({ ...OF, tMs, pieces, piecesLeft: PIECES - until })
    stored = until
    if (bin % 20 === 3) rows.push({ ...OF, tMs, mark: 'peer-choked', peer: `peer ${(bin % PEERS) + 1}` })
    if (bin % 50 === 9) rows.push({ ...OF, tMs, mark: 'peer-closed', peer: 'peer 2', detail: 'reset' })
    if (bin % 5 === 0) rows.push({ ...OF, tMs, leechers: 40 - (bin % 40), seeds: 1, rarestCopies: 1, meanCopies: 2 })
  }
  rows.push({ ...OF, tMs: bins * 60, mark: 'peer-banned', peer: 'peer 3', detail: 'corrupt piece 3' })
  rows.push({ ...OF, tMs: bins * 100, mark: 'completed' })
  return rows.sort((one, other) => ('tMs' in one && 'tMs' in other ? one.tMs - other.tMs : 0))
}
