/** What a process and all that it started cost, as Linux counts it in /proc; nothing where it is gone, or elsewhere. */
import { readFileSync } from 'node:fs'
import type { ProcessCosts } from '../runtime.ts'

/** Of `utime` and `stime`, on every Linux there is. */
const TICKS_PER_SECOND = 100
const NS_PER_SECOND = 1e9

export function treeCosts(pid: number): ProcessCosts {
  let ticks = 0
  let peakRssKib = 0
  for (const each of treeOf(pid)) {
    ticks += ticksOf(each)
    peakRssKib += Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${each}/status`))?.[1] ?? 0)
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakRssBytes: peakRssKib * 1024 }
}

/** Its main thread stood ready without a core. */
export function waitedSeconds(pid: number): number {
  return Number(read(`/proc/${pid}/schedstat`).split(' ')[1] ?? 0) / NS_PER_SECOND
}

function treeOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(treeOf)]
}

/** User and system time, its own and that of children that have ended. */
function ticksOf(pid: number): number {
  // Behind the name, which may hold anything: state is field 3, utime 14.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
