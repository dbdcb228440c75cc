import { expect, test } from 'vitest'
import { type Baseline, decodeBaseline, differences, encodeBaseline } from './baseline.ts'
import { reasonProblem, withReason } from './changelog.ts'
import { verdictText } from './verdict.ts'

const WAS: Baseline = { swarm: { 'peers=1': { seconds: 10, wastedBytes: 0 }, 'peers=2': { seconds: 5 } } }

test('the same values are the same bytes, whatever order they come in', () => {
  const other: Baseline = { swarm: { 'peers=2': { seconds: 5 }, 'peers=1': { wastedBytes: 0, seconds: 10 } } }
  expect(encodeBaseline(other)).toBe(encodeBaseline(WAS))
  expect(decodeBaseline(encodeBaseline(WAS))).toEqual(WAS)
})

test('a value that changed by one in the last place is a difference, with scenario, cell and measure', () => {
  const is: Baseline = { swarm: { ...WAS.swarm, 'peers=2': { seconds: 5.000000000000001 } } }
  const found = differences(WAS, is)
  expect(found).toEqual([{ scenario: 'swarm', cell: 'peers=2', measure: 'seconds', was: 5, is: 5.000000000000001 }])
  expect(verdictText(found, is, false)).toContain(
    '| swarm    | peers=2 | seconds |   5 | 5.000000000000001 | +0.00 % |',
  )
})

test('a cell that is gone and one that is new are differences', () => {
  const is: Baseline = { swarm: { 'peers=1': WAS.swarm!['peers=1']!, 'peers=3': { seconds: 4 } } }
  expect(differences(WAS, is).map(({ cell, was, is }) => [cell, was, is])).toEqual([
    ['peers=2', 5, null],
    ['peers=3', null, 4],
  ])
})

test('the same bytes pass; the same values in other bytes fail', () => {
  expect(verdictText([], WAS, true)).toBe('gate, exact: passed, 2 cells of 1 scenarios as in bench/baseline.json')
  expect(verdictText([], WAS, false)).toContain('failed')
})

test('a baseline that is none is refused in one line', () => {
  expect(() => decodeBaseline('{"swarm": 3}')).toThrow(/^bench\/baseline\.json: not scenario/)
  expect(() => decodeBaseline('{')).toThrow(/^bench\/baseline\.json: not scenario/)
})

test('the reason goes under Changed of the version to come, which is made where there is none', () => {
  const released = '## [0.1.0]\n\n### Changed\n\n- old\n'
  expect(withReason(`# Changelog\n\n## [Unreleased]\n\n### Changed\n\n- one\n\n${released}`, 'why')).toBe(
    `# Changelog\n\n## [Unreleased]\n\n### Changed\n\n- Baseline of the gate accepted: why\n- one\n\n${released}`,
  )
  expect(withReason(`## [Unreleased]\n\n### Added\n\n- one\n\n${released}`, 'why')).toBe(
    `## [Unreleased]\n\n### Changed\n\n- Baseline of the gate accepted: why\n\n### Added\n\n- one\n\n${released}`,
  )
  expect(() => withReason('# Changelog\n', 'why')).toThrow('CHANGELOG.md')
})

test('a reason is one line of 1 to 300 characters', () => {
  expect(reasonProblem('x'.repeat(300))).toBeNull()
  expect(reasonProblem('x'.repeat(301))).toContain('301')
  expect(reasonProblem(' ')).toContain('wants a reason')
  expect(reasonProblem('a\nb')).toContain('one line')
})
