/** `npm run hunt`: random swarms under random faults, until an invariant breaks; and one of them again, in every step. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import logUpdate from 'log-update'
import { writeAtomically } from '../../client/node/atomic-file.ts'
import { nodeClock } from '../../client/node/clock.ts'
import { defineCommand } from '../../client/node/command.ts'
import { CommandError, usageError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { userPath } from '../../client/node/npm-run.ts'
import { parseInteger } from '../../client/node/option-values.ts'
import { printLine } from '../../client/node/output.ts'
import type { HuntFigures, HuntOptions } from './hunt-seeds.ts'
import type { Schedule } from './schedule.ts'

const SEEDS_MAX = 10_000_000
const SEED_MAX = 2 ** 31
const WORKERS_MAX = 256
const REGRESSIONS = fileURLToPath(new URL('regressions/', import.meta.url))
/** Where no terminal shows it live. */
const PROGRESS_EVERY_MS = 10_000

const huntCommand = defineCommand({
  name: 'hunt',
  summary: 'Look for a swarm and faults that the client does not stand, and end with exit code 1 when some are found',
  positionals: {},
  options: {
    seeds: { coerce: parseInteger(1, SEEDS_MAX), default: 1_000, describe: 'How many' },
    from: { coerce: parseInteger(0, SEED_MAX), default: 1, describe: 'The first seed' },
    workers: {
      coerce: parseInteger(1, WORKERS_MAX),
      default: availableParallelism(),
      defaultDescription: 'one for each core',
      describe: 'Threads',
    },
    out: { describe: 'The folder to write the smallest schedules to', defaultDescription: 'the regressions' },
    replay: { describe: 'Instead: this seed, or the schedule of this file, in every step' },
    blocks: { boolean: true, describe: 'With --replay: what happens to every block too' },
    trace: { describe: 'With --replay: write the steps to this file' },
  },
  async run({ seeds, from, workers, out, replay, blocks, trace }) {
    if (replay !== undefined) {
      if (out !== undefined) throw usageError('--out goes with a search, not with --replay')
      return replayOne(await scheduleOf(replay), blocks, trace === undefined ? null : userPath(trace))
    }
    if (trace !== undefined) throw usageError('--trace goes with --replay')
    if (blocks) throw usageError('--blocks goes with --replay')
    return search({ from, seeds, workers }, out === undefined ? REGRESSIONS : userPath(out))
  },
})

async function search(options: HuntOptions, folder: string): Promise<void> {
  const { huntSeeds } = await import('./hunt-seeds.ts')
  const { regressionText } = await import('./regression.ts')
  const clock = nodeClock()
  const sinceMs = clock.nowMs()
  const progress = progressDisplay(options.seeds, () => clock.nowMs() - sinceMs)
  const figures = await huntSeeds(options, {
    progressed: (done, found) => progress.show(done, found),
    found: ({ seed, finding }) => progress.line(`seed ${seed}: ${finding!.property}: ${finding!.detail}`),
    async shrunk(regression) {
      const path = join(folder, `seed-${regression.seed}-${regression.property}.json`)
      await mkdir(folder, { recursive: true })
      await writeAtomically(path, new TextEncoder().encode(regressionText(regression)))
      const { clients, peers, faults } = regression.schedule
      const left = `${clients.length} clients, ${peers.length} peers, ${faults.length} faults`
      progress.line(`smallest of seed ${regression.seed}: ${left}; again by: npm run hunt -- --replay ${path}`)
    },
  })
  progress.close()
  const summary = summaryOf(figures, clock.nowMs() - sinceMs)
  if (figures.found > 0) throw new CommandError(`hunt: ${figures.found} seeds found something; ${summary}`, 1)
  printLine(`hunt: nothing found; ${summary}`)
}

function summaryOf({ done, events, virtualMs, livenessShareMax }: HuntFigures, tookMs: number): string {
  const perSecond = ((done * 1_000) / tookMs).toFixed(1)
  const hours = (virtualMs / 3_600_000).toFixed(1)
  return [
    `${done} seeds in ${(tookMs / 1_000).toFixed(1)} s, ${perSecond} a second`,
    `${events} events in ${hours} hours of virtual time`,
    `liveness took at most ${(100 * livenessShareMax).toFixed(0)} % of its bound`,
  ].join('; ')
}

function progressDisplay(seeds: number, sinceStartMs: () => number) {
  const isTerminal = process.stdout.isTTY === true
  let shownMs = 0
  const text = (done: number, found: number) => {
    const perSecond = ((done * 1_000) / Math.max(1, sinceStartMs())).toFixed(1)
    return `${done} of ${seeds} seeds, ${found} found something, ${perSecond} a second`
  }
  return {
    show(done: number, found: number) {
      if (isTerminal) return logUpdate(text(done, found))
      if (sinceStartMs() - shownMs < PROGRESS_EVERY_MS) return
      shownMs = sinceStartMs()
      printLine(text(done, found))
    },
    line(line: string) {
      if (isTerminal) logUpdate.clear()
      printLine(line)
    },
    close() {
      if (isTerminal) logUpdate.clear()
    },
  }
}

async function scheduleOf(replay: string): Promise<Schedule> {
  if (/^\d+$/.test(replay)) {
    const { drawSchedule } = await import('./draw.ts')
    return drawSchedule(parseInteger(0, SEED_MAX)(replay))
  }
  const path = userPath(replay)
  const { parseRegression } = await import('./regression.ts')
  try {
    return parseRegression(await readFile(path, 'utf8')).schedule
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw error
    throw usageError(`${path} is no schedule: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function replayOne(schedule: Schedule, blocks: boolean, tracePath: string | null): Promise<void> {
  const { outcomeText, traceOf } = await import('./trace.ts')
  const { lines, outcome } = traceOf(schedule, blocks)
  if (tracePath === null) for (const line of lines) printLine(line)
  else await writeFile(tracePath, `${lines.join('\n')}\n`)
  if (outcome.finding !== null) throw new CommandError(`hunt: ${outcomeText(outcome)}`, 1)
  printLine(`hunt: ${outcomeText(outcome)}`)
}

await runCommandLine({ script: 'hunt', commands: huntCommand })
