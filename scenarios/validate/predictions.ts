/** The kinds of predictions that checks make; which kind says how exact theory is. */
import type { Finding, Prediction, Sample, SettingRun, SettingRuns } from './check.ts'

/** Theory is exact: every run is within `share` of it. */
export function exactly(value: number, share: number): Prediction {
  const spread = Math.abs(value) * share
  return { value, low: value - spread, high: value + spread, rule: `each within ${percent(share)}`, of: 'each' }
}

/** Nothing may be below it, ever. */
export function neverBelow(value: number): Prediction {
  return { value, low: value, high: Number.POSITIVE_INFINITY, rule: 'never below', of: 'each' }
}

/** Statistical: the interval of the median lies within `share` of it. */
export function about(value: number, share: number): Prediction {
  const spread = Math.abs(value) * share
  return { value, low: value - spread, high: value + spread, rule: `median within ${percent(share)}`, of: 'typical' }
}

export function atLeast(low: number, of: Prediction['of'] = 'typical'): Prediction {
  return { value: null, low, high: Number.POSITIVE_INFINITY, rule: `${wordOf(of)} at least`, of }
}

export function atMost(high: number, of: Prediction['of'] = 'typical'): Prediction {
  return { value: null, low: Number.NEGATIVE_INFINITY, high, rule: `${wordOf(of)} at most`, of }
}

export function between(low: number, high: number, of: Prediction['of'] = 'typical'): Prediction {
  return { value: null, low, high, rule: `${wordOf(of)} between`, of }
}

/** A figure of each run of a setting; null where a run has none. */
export function samplesOf(runs: SettingRuns, setting: string, figure: (run: SettingRun) => number | null): Sample[] {
  return (runs.get(setting) ?? []).flatMap((run) => {
    const value = figure(run)
    return value === null ? [] : [{ seed: run.seed, value }]
  })
}

/** A figure of two settings in runs of the same seed. */
export function pairedSamples(
  runs: SettingRuns,
  [one, other]: readonly [string, string],
  figure: (one: SettingRun, other: SettingRun) => number | null,
): Sample[] {
  const others = new Map((runs.get(other) ?? []).map((run) => [run.seed, run]))
  return samplesOf(runs, one, (run) => {
    const partner = others.get(run.seed)
    return partner === undefined ? null : figure(run, partner)
  })
}

/** A finding per setting, of the same figure. */
export function findingOf(figure: string, unit: string, samples: readonly Sample[], prediction: Prediction): Finding {
  return { figure, unit, samples, prediction }
}

function wordOf(of: Prediction['of']): string {
  return of === 'each' ? 'each' : 'median'
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
