/** Runs the settings of checks, several at once, and judges what came: a report, the same for the same seeds and code. */

import type { SwarmPlan } from '../engine/swarm-plan.ts'
import type { RunResult } from '../runtimes/runtime.ts'
import { ALL_RUNS, allRunsFindings } from './all-runs.ts'
import type { Effort, Finding, Setting, SettingRun, TheoryCheck } from './check.ts'
import { type JudgedFinding, judge, overall, type Verdict } from './verdict.ts'

/** A plan through `sim`, in this thread or another. */
export type RunPlan = (plan: SwarmPlan, seed: number) => Promise<RunResult>

export interface CheckReport {
  readonly id: string
  readonly title: string
  readonly claim: string
  readonly verdict: Verdict
  readonly findings: readonly JudgedFinding[]
}

export interface ChecksSetting {
  readonly checks: readonly TheoryCheck[]
  readonly effort: Effort
  readonly seeds: readonly number[]
  readonly run: RunPlan
  readonly signal: AbortSignal
  readonly progress: (done: number, of: number, what: string) => void
}

interface Job {
  readonly check: TheoryCheck
  readonly setting: Setting
  readonly seed: number
}

type Outcome = { readonly job: Job; readonly run: SettingRun } | { readonly job: Job; readonly problem: string }

/** What was not run when the signal came is `not run`. */
export async function runChecks(setting: ChecksSetting): Promise<CheckReport[]> {
  const { checks, effort, signal } = setting
  const jobs = jobsOf(setting)
  let done = 0
  const outcomes = await Promise.all(
    jobs.map(async (job): Promise<Outcome | null> => {
      const outcome = await runJob(setting, job)
      done++
      if (outcome !== null) setting.progress(done, jobs.length, `${job.check.id} ${job.setting.name}, seed ${job.seed}`)
      return outcome
    }),
  )
  const known = outcomes.filter((outcome) => outcome !== null)
  const reports = checks.map((check) => reportOf(check, effort, known, signal.aborted))
  const findings = allRunsFindings(known.flatMap((outcome) => ('run' in outcome ? [outcome.run] : [])))
  return findings.length === 0 ? reports : [...reports, { ...ALL_RUNS, ...judged(findings, [], true) }]
}

function jobsOf({ checks, effort, seeds }: ChecksSetting): Job[] {
  return checks.flatMap((check) =>
    check.settings(effort).flatMap((setting) => {
      return (setting.seeds === 'one' ? seeds.slice(0, 1) : seeds).map((seed) => ({ check, setting, seed }))
    }),
  )
}

async function runJob({ run, signal }: ChecksSetting, job: Job): Promise<Outcome | null> {
  if (signal.aborted) return null
  const plan = job.setting.plan(job.seed)
  const where = `${job.setting.name}, seed ${job.seed}`
  try {
    const result = await run(plan, job.seed)
    if (result.failure !== null) return { job, problem: `${where}: ${result.failure}` }
    return { job, run: { seed: job.seed, plan, result } }
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

function reportOf(check: TheoryCheck, effort: Effort, outcomes: readonly Outcome[], isCutOff: boolean): CheckReport {
  const own = outcomes.filter(({ job }) => job.check === check)
  const runs = new Map(check.settings(effort).map(({ name }): [string, SettingRun[]] => [name, []]))
  for (const outcome of own) if ('run' in outcome) runs.get(outcome.job.setting.name)!.push(outcome.run)
  const problems = own.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : []))
  const { id, title, claim } = check
  return { id, title, claim, ...judged(check.findings(runs, effort), problems, !isCutOff && own.length > 0) }
}

function judged(findings: readonly Finding[], problems: readonly string[], wasRun: boolean) {
  const judgedFindings = findings.map((finding) => judge(finding, problems, wasRun))
  return { verdict: overall(judgedFindings.map(({ verdict }) => verdict)), findings: judgedFindings }
}
