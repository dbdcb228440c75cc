/** `npm run validate`: checks `sim` against theory, or real sockets against `sim`, and says where they do not agree. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../client/node/command.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { userPath } from '../../client/node/npm-run.ts'
import { parseInteger, parseOneOf } from '../../client/node/option-values.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))
const SEEDS_MAX = 1_000
const WORKERS_MAX = 256

const validateCommand = defineCommand({
  name: 'validate',
  summary: 'Check the simulator against theory, and real sockets against the simulator',
  positionals: {},
  options: {
    list: { boolean: true, describe: 'List the checks' },
    only: { describe: 'Run these checks: T1,T5', defaultDescription: 'all' },
    quick: { boolean: true, describe: 'Smaller swarms, for CI' },
    seeds: {
      coerce: parseInteger(1, SEEDS_MAX),
      defaultDescription: '5, with --quick 1',
      describe: 'How often each swarm runs, with another seed',
    },
    workers: {
      coerce: parseInteger(1, WORKERS_MAX),
      default: availableParallelism(),
      describe: 'How many swarms are simulated at once',
    },
    against: {
      coerce: parseOneOf<'theory' | 'processes'>('theory', 'processes'),
      default: 'theory' as const,
      describe: 'theory: sim against it; processes: shared scenarios on real sockets against sim',
    },
    out: { describe: 'The folder of the report', defaultDescription: 'results/runs/validate/TIME' },
    json: { boolean: true, describe: 'Print one JSON object a line' },
    quiet: { boolean: true, describe: 'Print the last line only' },
  },
  async run({ list, only, quick, seeds, workers, against, out, json, quiet }) {
    const { listChecks, validateAgainstTheory } = await import('./command-theory.ts')
    if (list) return listChecks()
    const setting = {
      only: only ?? null,
      effort: quick ? 'quick' : 'full',
      seedCount: seeds ?? null,
      workers,
      out: out === undefined ? null : userPath(out),
      projectFolder: PROJECT_FOLDER,
      nodeVersion: process.versions.node,
      now: () => new Date(),
      display: { json, quiet, isTerminal: process.stdout.isTTY === true },
    } as const
    if (against === 'theory') return validateAgainstTheory(setting)
    const { validateAgainstProcesses } = await import('./command-processes.ts')
    return validateAgainstProcesses(setting)
  },
})

await runCommandLine({ script: 'validate', commands: validateCommand })
