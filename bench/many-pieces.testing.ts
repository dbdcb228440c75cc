/**
 * CPU time, measured so that a busy machine lies little: two ways of doing the same work in turns, each pair of which sees
 * the same machine, and the median of what the pairs say.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from 'simple-statistics'

export interface Work {
  /** Not measured. */
  prepare(): Promise<void>
  run(): Promise<void>
}

export interface Comparison {
  /** CPU of the second by that of the first. */
  readonly ratio: number
  /** CPU of one run, of each. */
  readonly runMs: readonly [number, number]
}

/** So many runs of each are one pair, the one that goes first in turns. */
const RUNS_A_PAIR = 4
/** Not counted: the engine has not seen the code yet. */
const PAIRS_BEFORE = 2

export async function compare(first: Work, second: Work, pairs: number): Promise<Comparison> {
  const counted: [number, number][] = []
  for (let pair = -PAIRS_BEFORE; pair < pairs; pair++) {
    let [firstMs, secondMs] = [0, 0]
    for (let run = 0; run < RUNS_A_PAIR; run++) {
      if (run % 2 === 0) firstMs += await cpuMsOf(first)
      secondMs += await cpuMsOf(second)
      if (run % 2 === 1) firstMs += await cpuMsOf(first)
    }
    if (pair >= 0) counted.push([firstMs / RUNS_A_PAIR, secondMs / RUNS_A_PAIR])
  }
  return {
    ratio: median(counted.map(([firstMs, secondMs]) => secondMs / firstMs)),
    runMs: [median(counted.map(([firstMs]) => firstMs)), median(counted.map(([, secondMs]) => secondMs))],
  }
}

/** Of the whole process. */
export async function cpuMsDuring(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await action()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** What `measure` says, and once more where that is not good: a bad verdict may be the machine's fault. */
export async function judged<T>(measure: () => Promise<T>, isGood: (verdict: T) => boolean): Promise<T> {
  const verdict = await measure()
  return isGood(verdict) ? verdict : await measure()
}

/**
 * Garbage is collected before, not meanwhile: every block is 16 KiB of it whatever the torrent, and the collector, which
 * all share, comes around once in two runs and would fall on the same one again and again.
 */
async function cpuMsOf(work: Work): Promise<number> {
  await work.prepare()
  collectGarbage()
  return cpuMsDuring(() => work.run())
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
