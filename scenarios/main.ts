/** `npm run scenario`: runs a scenario, leaves a record with charts, and says whether all was as expected. */
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../client/node/command.ts'
import { usageError } from '../client/node/command-error.ts'
import { runCommandLine } from '../client/node/command-line.ts'
import { userPath } from '../client/node/npm-run.ts'
import { parseInteger, parseOneOf, parsePercent } from '../client/node/option-values.ts'
import { printLine, printProblem } from '../client/node/output.ts'

const REPEATS_MAX = 1_000
const WORKERS_MAX = 256
const SEED_MAX = 2 ** 31
const EXIT_CODE_INTERRUPTED = 130
/** One Ctrl-C may arrive twice, from the terminal and from npm. */
const SAME_KEY_MS_MAX = 500
const PROJECT_FOLDER = fileURLToPath(new URL('..', import.meta.url))

const scenarioCommand = defineCommand({
  name: 'scenario',
  summary: 'Run a scenario',
  positionals: { scenario: { describe: 'Its name, as --list shows it' } },
  options: {
    list: { boolean: true, describe: 'List the scenarios and their parameters' },
    on: {
      coerce: parseOneOf<'processes' | 'sim' | 'containers'>('processes', 'sim', 'containers'),
      defaultDescription: 'what the scenario says',
      describe: 'The runtime: processes, sim or containers',
    },
    isolate: { boolean: true, describe: 'Every peer in a container of its own (containers)' },
    set: { array: true, describe: 'Fix a parameter: key=value' },
    sweep: { array: true, describe: 'Sweep a parameter: key=v1,v2,…' },
    repeat: { coerce: parseInteger(1, REPEATS_MAX), default: 1, describe: 'How often each cell runs' },
    until: {
      coerce: parsePercent(0.01, 100),
      describe: 'Repeat until the headline measure is known to ± this, as 2%, for every set of parameters',
    },
    'repeat-max': {
      coerce: parseInteger(1, REPEATS_MAX),
      defaultDescription: '50',
      describe: 'How often at most (--until)',
    },
    seed: { coerce: parseInteger(0, SEED_MAX), default: 1, describe: 'Seeds everything random' },
    workers: {
      coerce: parseInteger(1, WORKERS_MAX),
      defaultDescription: 'one a core',
      describe: 'Cells that run at once (sim); 1: in the main thread',
    },
    out: { describe: 'The folder of the record', defaultDescription: 'results/runs/NAME/TIME' },
    resume: { boolean: true, describe: 'Continue the newest record that is not complete, or that of --out' },
    trace: { describe: 'Write what the client sends and gets to this file, readable (sim, one cell)' },
    pcap: { describe: 'The same for Wireshark, in virtual time' },
    json: { boolean: true, describe: 'Print one JSON object a line' },
    quiet: { boolean: true, describe: 'Do not show progress' },
  },
  async run(args) {
    const { SCENARIOS } = await import('./index.ts')
    if (args.list) {
      const { listing, listingAsJson } = await import('./engine/listing.ts')
      for (const line of args.json ? listingAsJson(SCENARIOS) : listing(SCENARIOS)) printLine(line)
      return 0
    }
    const names = SCENARIOS.map(({ name }) => name).join(', ')
    if (args.scenario === undefined) throw usageError(`no scenario given; there are ${names}`)
    const scenario = SCENARIOS.find(({ name }) => name === args.scenario)
    if (scenario === undefined) throw usageError(`unknown scenario "${args.scenario}"; there are ${names}`)
    const on = args.on ?? scenario.defaultRuntime
    if (args.isolate && on !== 'containers') throw usageError('--isolate goes with --on containers')
    const { chooseUntil } = await import('./engine/until.ts')
    const until = chooseUntil(args.until, args['repeat-max'], args.repeat)
    const { chooseParameters, ParameterError } = await import('./engine/parameters.ts')
    const { runFromCommandLine } = await import('./engine/command-run.ts')
    try {
      const choice = chooseParameters(scenario, on, args.set ?? [], args.sweep ?? [])
      const { seed, resume, json, quiet } = args
      const out = args.out === undefined ? null : userPath(args.out)
      const signal = abortedBySignals()
      const setting = {
        scenario,
        choice,
        seed,
        repeats: until?.repeatsMin ?? args.repeat,
        until,
        resume,
        projectFolder: PROJECT_FOLDER,
        out,
        on,
        signal,
        now: () => new Date(),
        nodeVersion: process.versions.node,
        workers: args.workers ?? null,
        isolate: args.isolate,
        captures: {
          trace: args.trace === undefined ? undefined : userPath(args.trace),
          pcap: args.pcap === undefined ? undefined : userPath(args.pcap),
        },
      }
      const display = { json, quiet, isTerminal: process.stdout.isTTY === true }
      return await runFromCommandLine(setting, display)
    } catch (error) {
      if (error instanceof ParameterError) throw usageError(error.message)
      throw error
    }
  },
})

/** The first Ctrl-C or SIGTERM ends the run with its record whole, the second ends it at once. */
function abortedBySignals(): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        if (performance.now() - firstMs > SAME_KEY_MS_MAX) process.exit(EXIT_CODE_INTERRUPTED)
        return
      }
      firstMs = performance.now()
      printProblem('ending: what has run is kept')
      controller.abort()
    })
  }
  return controller.signal
}

await runCommandLine({ script: 'scenario', commands: scenarioCommand })
