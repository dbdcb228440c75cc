/** `npm run validate`: the checks that the user wants, in threads. */
import { usageError } from '../../client/node/command-error.ts'
import { printLine } from '../../client/node/output.ts'
import { pooledSimRuntime } from '../runtimes/sim/sim-pool.ts'
import type { TheoryCheck } from './check.ts'
import { CHECKS } from './registry.ts'
import { type RunPlan, runChecks } from './run-checks.ts'
import { runSession } from './session.ts'
import { seedsOf, type ValidateSetting } from './setting.ts'

const SEEDS = { quick: 1, full: 5 } as const

export function listChecks(): number {
  for (const { id, name, title, claim } of CHECKS) {
    printLine(`${id.padEnd(4)} ${title} (${name})`)
    printLine(`     ${claim}`)
  }
  return 0
}

export function validateAgainstTheory(setting: ValidateSetting): Promise<number> {
  const checks = chosenChecks(setting.only)
  const seeds = seedsOf(setting, SEEDS)
  const session = { name: 'validation', title: 'What theory predicts, and what `sim` does', seeds }
  return runSession(setting, session, async ({ signal, progress }) => {
    const sim = pooledSimRuntime({ workers: setting.workers })
    const run: RunPlan = (plan, seed) => sim.run(plan, seed, { signal, progress: () => {} })
    try {
      return await runChecks({ checks, effort: setting.effort, seeds, run, signal, progress })
    } finally {
      await sim.close()
    }
  })
}

/** `T1,t05-fluid-model`: by number or by name. */
function chosenChecks(only: string | null): readonly TheoryCheck[] {
  if (only === null) return CHECKS
  const wanted = only.split(',').map((word) => word.trim().toLowerCase())
  const unknown = wanted.find((word) => !CHECKS.some((check) => isNamed(check, word)))
  if (unknown !== undefined) {
    throw usageError(`there is no check "${unknown}"; there are ${CHECKS.map(({ id }) => id).join(', ')}`)
  }
  return CHECKS.filter((check) => wanted.some((word) => isNamed(check, word)))
}

function isNamed({ id, name }: TheoryCheck, word: string): boolean {
  return id.toLowerCase() === word || name === word
}
