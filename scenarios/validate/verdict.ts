/**
 * Verdicts: does a figure agree with theory? `pass` and `fail`; `not run` where there is no sample to judge.
 *
 * Where every run must agree, one that does not is a fail. Where the typical one must, the whole bootstrap interval of
 * the median must lie within what counts as agreement: an interval that reaches beyond it has not shown the claim.
 */
import { type Estimate, estimate } from '../../results/statistics.ts'
import { formatNumber } from '../../results/units.ts'
import type { Finding, Prediction } from './check.ts'

export type Verdict = 'pass' | 'fail' | 'not run'

export interface JudgedFinding extends Finding {
  readonly verdict: Verdict
  /** Null: no samples. */
  readonly estimate: Estimate | null
  /** Why it is a fail; null otherwise. */
  readonly reason: string | null
}

/** `problems`: runs of its settings that did not come to their end, one line each. They fail it whatever the others gave. */
export function judge(finding: Finding, problems: readonly string[], wasRun: boolean): JudgedFinding {
  const values = finding.samples.map(({ value }) => value)
  const bad = finding.samples.find(({ value }) => !Number.isFinite(value))
  if (bad !== undefined) return failed(finding, null, `seed ${bad.seed} gave ${bad.value}`)
  const measured = values.length === 0 ? null : estimate(values, finding.figure)
  const [problem] = problems
  if (problem !== undefined) return failed(finding, measured, problem)
  if (measured === null) {
    if (wasRun) return failed(finding, null, 'no run has the figure')
    return { ...finding, verdict: 'not run', estimate: null, reason: null }
  }
  const reason = finding.prediction.of === 'each' ? whyNotEach(finding) : whyNotTypical(finding.prediction, measured)
  return reason === null
    ? { ...finding, verdict: 'pass', estimate: measured, reason: null }
    : failed(finding, measured, reason)
}

/** Of a check or of all of them: one fail is a fail, and what did not run has not passed. */
export function overall(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.length === 0 || verdicts.includes('not run') ? 'not run' : 'pass'
}

function failed(finding: Finding, measured: Estimate | null, reason: string): JudgedFinding {
  return { ...finding, verdict: 'fail', estimate: measured, reason }
}

function whyNotEach({ samples, prediction }: Finding): string | null {
  const outside = samples.filter(({ value }) => !agrees(value, prediction))
  const [first] = outside
  if (first === undefined) return null
  return `${outside.length} of ${samples.length} runs do not agree, the first is ${formatNumber(first.value)} with seed ${first.seed}`
}

function whyNotTypical(prediction: Prediction, { median, interval }: Estimate): string | null {
  if (!agrees(median, prediction)) return `the median is ${formatNumber(median)}`
  if (interval === null || (agrees(interval.low, prediction) && agrees(interval.high, prediction))) return null
  return `the interval ${formatNumber(interval.low)} to ${formatNumber(interval.high)} reaches beyond it`
}

function agrees(value: number, { low, high }: Prediction): boolean {
  return value >= low && value <= high
}
