/** `npm run reference`: makes what is cited, in `results/reference`; or checks that it still comes out the same. */
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../client/node/command.ts'
import { usageError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { parseInteger } from '../../client/node/option-values.ts'
import { printLine } from '../../client/node/output.ts'
import { nextSignal, SIGNAL_EXIT_CODES } from '../../client/node/signals.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const WORKERS_MAX = 256
const SECONDS_MAX = 86_400

const referenceCommand = defineCommand({
  name: 'reference',
  summary: 'Make the results that are cited, or check them',
  positionals: {},
  options: {
    list: { boolean: true, describe: 'List what there is, and whether it was made' },
    only: { describe: 'Groups or entries: sim,compare-clients', defaultDescription: 'all' },
    again: { boolean: true, describe: 'Run what was made before too' },
    redraw: { boolean: true, describe: 'Run nothing: draw the charts again from the records' },
    check: {
      boolean: true,
      describe: 'Run cells in virtual time again and compare, to the byte; and all that is derived',
    },
    seconds: {
      coerce: parseInteger(1, SECONDS_MAX),
      defaultDescription: 'all cells',
      describe: 'With --check: one cell of each run, the cheapest, that took at most so long in all',
    },
    workers: { coerce: parseInteger(1, WORKERS_MAX), default: 1, describe: 'Cells in virtual time that run at once' },
  },
  async run({ list, only, again, redraw, check, seconds, workers }) {
    if ([again, redraw, check, list].filter(Boolean).length > 1) {
      throw usageError('one of --list, --again, --redraw and --check at a time')
    }
    if (seconds !== undefined && !check) throw usageError('--seconds goes with --check')
    const { chosenEntries } = await import('./chosen.ts')
    const entries = chosenEntries(only ?? null)
    const session = await import('./session.ts')
    if (list) return session.listEntries(entries, PROJECT_FOLDER)
    if (redraw) return session.redrawEntries(entries, PROJECT_FOLDER)
    const controller = new AbortController()
    const interrupted = nextSignal()
    void interrupted.then(() => controller.abort())
    const setting = {
      projectFolder: PROJECT_FOLDER,
      workers,
      signal: controller.signal,
      now: () => new Date(),
      nodeVersion: process.versions.node,
      isTerminal: process.stdout.isTTY === true,
    }
    const exitCode = check
      ? await (await import('./check.ts')).checkReference(entries, {
          ...setting,
          seconds: seconds ?? null,
          say: printLine,
        })
      : await session.makeEntries(entries, { ...setting, again })
    return controller.signal.aborted ? SIGNAL_EXIT_CODES[await interrupted] : exitCode
  },
})

await runCommandLine({ script: 'reference', commands: referenceCommand })
