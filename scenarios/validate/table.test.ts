import { expect, test } from 'vitest'
import { SAMPLE_PROVENANCE } from '../../results/sample.testing.ts'
import type { Finding } from './check.ts'
import { about, atMost, between, exactly, findingOf, neverBelow } from './predictions.ts'
import type { CheckReport } from './run-checks.ts'
import { reportJson, reportMarkdown, terminalLines, verdictLine } from './table.ts'
import { judge, overall } from './verdict.ts'

const samples = (...values: readonly number[]) => values.map((value, index) => ({ seed: index + 1, value }))

function report(id: string, ...findings: readonly Finding[]): CheckReport {
  const judged = findings.map((finding) => judge(finding, [], finding.samples.length > 0))
  const verdict = overall(judged.map((each) => each.verdict))
  return { id, title: `Title of ${id}`, claim: 'X ≥ Y | Z', verdict, findings: judged }
}

const REPORTS = [
  report('T1', findingOf('throughput, d = 1', 'Mbit/s', samples(2.32), exactly(2.3176, 0.005)), {
    ...findingOf('last | completion', '', samples(1.5, 1.2, 0.9), neverBelow(1)),
    note: 'the minimum is 26.84 s',
  }),
  report('T5', findingOf('time', 's', samples(31, 32, 33, 34, 35), about(32, 0.1))),
  report('T6', findingOf('growth', '/s', [], between(1.3, 2.7)), findingOf('deviation', 's', [], atMost(1.5, 'each'))),
]

const SETTING = {
  title: 'What theory predicts',
  effort: 'quick',
  seeds: [1, 2, 3],
  startedAt: '2026-01-31T09:30:15.000Z',
  wallSeconds: 12.4,
  provenance: SAMPLE_PROVENANCE,
} as const

test('Markdown: a row a finding, what failed with its reason, what each check claims, and by what code', () => {
  const lines = reportMarkdown(REPORTS, SETTING).split('\n')
  const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.replaceAll(/ +/g, ' '))
  expect(rows.slice(2)).toEqual([
    '| T1 | throughput, d = 1 | 2.318 Mbit/s | each within 0.5 % | 2.32 Mbit/s | +0.1 % | 1 | pass |',
    '| T1 | last \\| completion | 1 | never below | 1.2 \\[0.9, 1.5\\] | +20 % | 3 | fail |',
    '| T5 | time | 32 s | median within 10 % | 33 s \\[31, 35\\] | +3.1 % | 5 | pass |',
    '| T6 | growth | – | median between 1.3 /s and 2.7 /s | – | – | 0 | not run |',
    '| T6 | deviation | – | each at most 1.5 s | – | – | 0 | not run |',
  ])
  expect(lines).toContain('**1 of 3 checks pass; failed: T1; not run: T6.**')
  expect(lines).toContain('- T1 failed, last \\| completion: 1 of 3 runs do not agree, the first is 0.9 with seed 3.')
  expect(lines).toContain('- T1, last \\| completion: the minimum is 26.84 s.')
  expect(lines).toContain('- **T5** Title of T5. X ≥ Y \\| Z')
  expect(lines.at(-2)).toMatch(
    /quick, seeds 1 to 3; swarmlab 0\.1\.0 at 0123456789ab; Node 24\.21\.0, AMD EPYC, 2 cores/,
  )
})

test('JSON keeps every sample, and has no infinity', () => {
  const { schema, seeds, checks } = JSON.parse(reportJson(REPORTS, SETTING))
  expect([schema, seeds]).toEqual([1, [1, 2, 3]])
  expect(checks[0].findings[1]).toMatchObject({
    samples: [
      { seed: 1, value: 1.5 },
      { seed: 2, value: 1.2 },
      { seed: 3, value: 0.9 },
    ],
    prediction: { low: 1, high: null },
    verdict: 'fail',
  })
})

test('a terminal: the verdict first, and why it failed', () => {
  const lines = terminalLines(REPORTS[0]!)
  expect(lines[0]).toBe('FAIL    T1   Title of T1')
  expect(lines[2]).toBe(
    '  fail     last | completion: 1.2 [0.9, 1.5] (never below 1): 1 of 3 runs do not agree, the first is 0.9 with seed 3',
  )
  expect(verdictLine(REPORTS)).toBe('1 of 3 checks pass; failed: T1; not run: T6')
})
