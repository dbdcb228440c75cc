import { expect, test } from 'vitest'
import { sampleCell, samplePlan } from './sample.testing.ts'
import type { CellRow, Manifest } from './schema.ts'
import { summaryMarkdown, verdict } from './summary.ts'

const ROWS: readonly CellRow[] = [0, 1, 2, 3].map((index) => ({
  ...sampleCell(index).row,
  schema: 1,
  scenario: 'speed-vs-peers',
  runtime: 'sim',
}))

test('a run that passed is one page: verdict, findings, charts, table, provenance', () => {
  const report = {
    notes: ['speed with 2 peers is 2.00 of that with 1'],
    charts: [{ title: 'Speed [sim]', png: 'charts/speed.png' }],
  }
  expect(summaryMarkdown({ manifest: manifest(), rows: ROWS, report })).toBe(PAGE)
})

const PAGE = `# speed-vs-peers

How does speed grow with peers?

**Passed: 4 of 4 cells as expected.**

- speed with 2 peers is 2.00 of that with 1

![Speed \\[sim\\]](charts/speed.png)

| peers |  n | time (s) | throughput (MiB/s) | predicted | deviation | wasted (KiB) | hash failures | virtual time (s) | result |
| ----: | -: | -------: | -----------------: | --------: | --------: | -----------: | ------------: | ---------------: | :----- |
|     1 |  2 |       12 |     2 \\[2, 2.001\\] |         2 |  +0.024 % |  8 \\[0, 16\\] |             0 |               12 | ok     |
|     2 |  2 |        6 |     4 \\[4, 4.001\\] |         4 |  +0.012 % |  8 \\[0, 16\\] |             0 |                6 | ok     |

Medians over n repeats; in brackets 95 % bootstrap intervals. With fewer than 5 repeats that is the range of the samples, and holds the median less often.

Fixed: content 24 MiB, RTT 20 ms.

Runtime sim, seed 7, 2 repeats; swarmlab 0.1.0 at 0123456789ab; Node 24.21.0; AMD EPYC, 2 cores, 8 GiB, Linux 6.1.0, x64; 2026-01-31T09:30:15.000Z to 2026-01-31T09:31:15.000Z.
`

test('a cell that failed and one that does not count are named, and the latter is not in the median', () => {
  const rows = [
    { ...ROWS[0]!, ok: false, failure: 'took 13 s | <b>at most 12' },
    { ...ROWS[1]!, invalid: 'event loop 40 ms late' },
    ROWS[2]!,
  ]
  const page = summaryMarkdown({ manifest: manifest(), rows, report: {} })
  expect(page).toContain(
    '|     1 |  1 |       12 |                  2 |         2 |       0 % |            0 |             0 |               12 | 1 failed, 1 invalid (of 2) |',
  )
  expect(page).toContain('- peers 1, repeat 0: failed: took 13 s \\| \\<b\\>at most 12\n')
  expect(page).toContain('- peers 1, repeat 1: invalid: event loop 40 ms late\n')
})

test('a run without a finished cell still has its page', () => {
  const page = summaryMarkdown({ manifest: manifest({ state: 'interrupted', endedAt: null }), rows: [], report: {} })
  expect(page).toContain('**Interrupted: 0 of 4 cells as expected, 4 not run.**')
  expect(page).not.toContain('| peers')
})

const failed = { ...ROWS[0]!, ok: false, failure: 'slow' }
const invalid = { ...ROWS[0]!, invalid: 'rig too slow' }
const failedButInvalid = { ...failed, invalid: 'rig too slow' }

test.each<[Manifest['state'], readonly CellRow[], string]>([
  ['complete', ROWS, 'Passed: 4 of 4 cells as expected.'],
  ['complete', [failed, ...ROWS.slice(1)], 'Failed: 3 of 4 cells as expected, 1 not.'],
  ['complete', [invalid, ...ROWS.slice(1)], 'Undecided: 3 of 4 cells as expected, 1 invalid: the rig was the limit.'],
  [
    'complete',
    [failedButInvalid, ...ROWS.slice(1)],
    'Undecided: 3 of 4 cells as expected, 1 invalid: the rig was the limit.',
  ],
  ['interrupted', ROWS.slice(2), 'Interrupted: 2 of 4 cells as expected, 2 not run.'],
  ['failed', ROWS.slice(3), 'Broken off by an error: 1 of 4 cells as expected, 3 not run.'],
  ['interrupted', [failed], 'Failed: 0 of 4 cells as expected, 1 not, 3 not run.'],
])('verdict of a run that is %s (case %#)', (state, rows, words) => {
  expect(verdict(manifest({ state }), rows)).toBe(words)
})

function manifest(changes: Partial<Manifest> = {}): Manifest {
  const { cellsTotal, ...plan } = samplePlan()
  return {
    ...plan,
    schema: 1,
    startedAt: '2026-01-31T09:30:15.000Z',
    endedAt: '2026-01-31T09:31:15.000Z',
    state: 'complete',
    cells: { total: cellsTotal, done: cellsTotal },
    resumed: [],
    ...changes,
  }
}
