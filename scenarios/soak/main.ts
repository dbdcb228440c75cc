/** `npm run soak`: kills the client at a hundred moments, and ends with exit code 1 when a restart is not as it must be. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeClock } from '../../client/node/clock.ts'
import { defineCommand } from '../../client/node/command.ts'
import { CommandError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { parseInteger, parseOneOf } from '../../client/node/option-values.ts'
import { nodeRandom } from '../../client/node/random.ts'
import { SIGNAL_EXIT_CODES } from '../../client/node/signals.ts'
import type { EndSignal } from './soak-options.ts'

const KILLS_MAX = 100_000
const SEED_MAX = 2 ** 31

const soakCommand = defineCommand({
  name: 'soak',
  summary: 'Kill the client at random moments of downloads, and see that each restart goes on',
  positionals: {},
  options: {
    kills: { coerce: parseInteger(1, KILLS_MAX), default: 100, describe: 'How often' },
    signal: {
      coerce: parseOneOf<EndSignal>('SIGKILL', 'SIGINT'),
      default: 'SIGKILL',
      describe: 'By which signal: SIGKILL, or SIGINT, after which nothing that came whole may come again',
    },
    'fast-resume': { boolean: true, describe: 'Restart with --fast-resume' },
    seed: {
      coerce: parseInteger(0, SEED_MAX),
      defaultDescription: 'any',
      describe: 'Which moments and files: the same seed draws the same',
    },
    json: { boolean: true, describe: 'Print one JSON object a line' },
  },
  async run({ kills, signal, fastResume, seed = nodeRandom().below(SEED_MAX), json }) {
    const [{ soak }, { soakDisplay }, { SoakFailure }] = await Promise.all([
      import('./soak.ts'),
      import('./display.ts'),
      import('./soak-options.ts'),
    ])
    const clock = nodeClock()
    const folder = await mkdtemp(join(tmpdir(), 'swarmlab-soak-'))
    const abort = new AbortController()
    // Not `once`: who listens no more is taken (by what ends child processes with us) to want the signal's default.
    process.on('SIGINT', () => abort.abort())
    process.on('SIGTERM', () => abort.abort())
    const options = { kills, signal: signal as EndSignal, fastResume, seed, folder, abort: abort.signal }
    const display = soakDisplay(options, { json, isTerminal: process.stdout.isTTY === true })
    const startedMs = clock.nowMs()
    try {
      const figures = await soak(options, { clock, wallMs: () => Date.now() }, display)
      await rm(folder, { recursive: true })
      if (figures === null) return SIGNAL_EXIT_CODES.SIGINT
      display.done(figures, (clock.nowMs() - startedMs) / 1000)
      return 0
    } catch (error) {
      throw error instanceof SoakFailure ? new CommandError(error.message, 1) : error
    } finally {
      display.close()
    }
  },
})

await runCommandLine({ script: 'soak', commands: soakCommand })
