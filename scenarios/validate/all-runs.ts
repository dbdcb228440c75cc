/** What must hold in every run of a validation, whatever it was for: T3, no uplink above its rate, and the bytes stored. */
import { timesMinimum, uploadUtilisation } from './bounds.ts'
import type { Finding, Sample, SettingRun } from './check.ts'
import { atMost, exactly, findingOf, neverBelow } from './predictions.ts'

export const ALL_RUNS = {
  id: 'all',
  title: 'Every run',
  claim: 'No run beats the minimum distribution time (T3) or its uplinks, and what is stored is the content.',
}

/** The same seed runs in many settings: the sample keeps it, for whoever looks for the run. */
export function allRunsFindings(runs: readonly SettingRun[]): Finding[] {
  // A run that is cut off at a time has not distributed anything to all.
  const whole = runs.filter(({ plan }) => plan.window === null && plan.endMs === null)
  const swarms = runs.filter(({ plan }) => plan.window === null && plan.seeders.length === 0)
  const checked = runs.filter(({ result }) => result.contentMatches !== null)
  const findings = [
    findingOf(`last completion over the minimum (T3), ${count(whole)}`, '', samples(whole, minimumOf), neverBelow(1)),
    findingOf(`use of all uplinks, ${count(swarms)}`, '', samples(swarms, utilisationOf), atMost(1, 'each')),
    findingOf(
      `clients whose content differs, ${count(checked)}`,
      '',
      samples(checked, ({ result }) => (result.contentMatches === false ? 1 : 0)),
      exactly(0, 0),
    ),
  ]
  return findings.filter((finding) => finding.samples.length > 0)
}

function minimumOf({ plan, result }: SettingRun): number | null {
  return timesMinimum(plan, result)
}

function utilisationOf({ plan, result }: SettingRun): number {
  return uploadUtilisation(plan, result, result.endedSeconds)
}

function samples(runs: readonly SettingRun[], figure: (run: SettingRun) => number | null): Sample[] {
  return runs.flatMap((run) => {
    const value = figure(run)
    return value === null ? [] : [{ seed: run.seed, value }]
  })
}

function count(runs: readonly SettingRun[]): string {
  return `${runs.length} runs`
}
