/** `npm run validate -- --against processes`: shared scenarios on real sockets, one at a time, each beside its twin in `sim`. */
import { usageError } from '../../client/node/command-error.ts'
import { SCENARIOS } from '../index.ts'
import { startRuntime } from '../runtimes/start-runtime.ts'
import { compareRuntimes } from './compare-runtimes.ts'
import { runSession } from './session.ts'
import { seedsOf, type ValidateSetting } from './setting.ts'
import { type SharedCells, sharedCells } from './shared-cells.ts'

const SEEDS = { quick: 1, full: 5 } as const

export async function validateAgainstProcesses(setting: ValidateSetting): Promise<number> {
  const shared = chosenScenarios(setting, sharedCells(setting.effort))
  const seeds = seedsOf(setting, SEEDS)
  const [reference, real] = [await startRuntime('sim', {}), await startRuntime('processes', {})]
  const session = { name: 'runtimes', title: 'What `sim` says, and what real sockets do', seeds }
  return runSession(setting, session, (context) =>
    compareRuntimes({ shared, scenarios: SCENARIOS, reference, real, seeds, ...context }),
  )
}

function chosenScenarios({ only }: ValidateSetting, shared: readonly SharedCells[]): readonly SharedCells[] {
  if (only === null) return shared
  const wanted = only.split(',').map((word) => word.trim())
  const unknown = wanted.find((word) => !shared.some(({ scenario }) => scenario === word))
  if (unknown !== undefined) {
    throw usageError(`"${unknown}" is not compared; there are ${shared.map(({ scenario }) => scenario).join(', ')}`)
  }
  return shared.filter(({ scenario }) => wanted.includes(scenario))
}
