/**
 * The loop: inputs from a corpus and from nothing, changed again and again, run until a property breaks or time is up.
 *
 * Without coverage: what leads on is the kind of outcome that a target tells (`run`). An input of a new kind joins the
 * pool that is changed further. The same seed and corpus give the same inputs in the same order.
 *
 * Beside the target's own properties, one execution is held to `EXECUTION_MS_MAX` and `ALLOCATED_BYTES_MAX`. Both depend
 * on the machine, so a breach counts when it happens thrice.
 */
import type { Random } from '../ports/random.ts'
import { happens, pick } from './chance.ts'
import { mutateBytes } from './mutate.ts'
import { BrokenProperty, type FuzzTarget, INPUT_BYTES_MAX } from './target.ts'

/** What it has of the outside world. */
export interface FuzzWorld {
  nowMs(): number
  /** Memory in use, garbage included. */
  usedBytes(): number
}

export interface FuzzOptions {
  readonly corpus: readonly Uint8Array[]
  readonly random: Random
  readonly durationMs: number
  readonly executionsMax: number
}

export interface FuzzOutcome {
  readonly executions: number
  readonly elapsedMs: number
  /** Of outcomes that were seen. */
  readonly kinds: number
  readonly finding: Finding | null
}

export interface Finding {
  readonly input: Uint8Array
  /** One line: which property broke, or what was thrown and where. */
  readonly problem: string
}

/** A thousand times what an input of 64 KiB takes on a slow machine. */
const EXECUTION_MS_MAX = 2000
/** A string that is believed to be long takes more; what 64 KiB of the costliest input take is a quarter of it. */
const ALLOCATED_BYTES_MAX = 128 * 1024 * 1024
const TRIES = 3
const POOL_MAX = 2000
/** Long inputs are made again from short ones; as a start for others they would only slow everything down. */
const POOL_INPUT_BYTES_MAX = 8192
const MUTATIONS_MAX = 4
const SHRINK_EXECUTIONS_MAX = 3000

export function fuzz(target: FuzzTarget, world: FuzzWorld, options: FuzzOptions): FuzzOutcome {
  const { random, corpus } = options
  const startMs = world.nowMs()
  const kinds = new Set<string>()
  const pool: Uint8Array[] = []
  let executions = 0
  const isOver = () => executions >= options.executionsMax || world.nowMs() - startMs >= options.durationMs
  for (;;) {
    const kept = corpus[executions]
    if (kept === undefined && isOver()) break
    const input = kept ?? nextInput(target, random, pool)
    const execution = execute(target, world, input)
    executions += 1
    if (execution.problem !== null) {
      const finding = kept === undefined ? smallest(target, input, execution.problem) : { input, ...execution }
      return { executions, elapsedMs: world.nowMs() - startMs, kinds: kinds.size, finding }
    }
    const isNew = !kinds.has(execution.kind) && input.length <= POOL_INPUT_BYTES_MAX
    if ((kept !== undefined || isNew) && pool.length < POOL_MAX) pool.push(input)
    kinds.add(execution.kind)
  }
  return { executions, elapsedMs: world.nowMs() - startMs, kinds: kinds.size, finding: null }
}

export type Execution =
  | { readonly kind: string; readonly problem: null }
  | { readonly kind: null; readonly problem: string }

/** One input, held to every property. */
export function execute(target: FuzzTarget, world: FuzzWorld, input: Uint8Array): Execution {
  let problem = 'none'
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const startMs = world.nowMs()
    const startBytes = world.usedBytes()
    const execution = executeOnce(target, input)
    if (execution.problem !== null) return execution
    const tookMs = world.nowMs() - startMs
    const allocatedBytes = world.usedBytes() - startBytes
    if (tookMs <= EXECUTION_MS_MAX && allocatedBytes <= ALLOCATED_BYTES_MAX) return execution
    problem =
      tookMs > EXECUTION_MS_MAX
        ? `took ${Math.round(tookMs)} ms, more than ${EXECUTION_MS_MAX}`
        : `allocated ${allocatedBytes} bytes, more than ${ALLOCATED_BYTES_MAX}`
  }
  return { kind: null, problem }
}

function executeOnce(target: FuzzTarget, input: Uint8Array): Execution {
  try {
    // A copy of its own: nothing that an input does reaches another one.
    return { kind: target.run(input.slice()), problem: null }
  } catch (error) {
    return { kind: null, problem: describeProblem(error) }
  }
}

function describeProblem(error: unknown): string {
  if (error instanceof BrokenProperty) return `broke "${error.message}"`
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const [, place = 'nowhere'] = /\bat .*?([\w.-]+\.ts:\d+)/.exec(error.stack ?? '') ?? []
  return `threw ${error.name}: ${error.message.split('\n', 1)[0]} (${place})`
}

function nextInput(target: FuzzTarget, random: Random, pool: readonly Uint8Array[]): Uint8Array {
  if (pool.length === 0 || happens(random, 10)) return target.generate(random).subarray(0, INPUT_BYTES_MAX)
  let input = pick(random, pool)
  for (let left = 1 + random.below(MUTATIONS_MAX); left > 0; left--) {
    const reshaped = happens(random, 40) ? target.reshape(random, input) : null
    input = reshaped?.subarray(0, INPUT_BYTES_MAX) ?? mutateBytes(random, input, pick(random, pool))
  }
  return input
}

/** Leaves out what the problem does not need. One of time or memory is left as it is: it costs too much to try. */
function smallest(target: FuzzTarget, found: Uint8Array, problem: string): Finding {
  let input = found
  let left = problem.startsWith('took') || problem.startsWith('allocated') ? 0 : SHRINK_EXECUTIONS_MAX
  for (let partBytes = Math.ceil(input.length / 2); partBytes >= 1 && left > 0; ) {
    const shorter = shortened(input, partBytes, (candidate) => {
      left -= 1
      return left >= 0 && withoutNumbers(executeOnce(target, candidate).problem ?? '') === withoutNumbers(problem)
    })
    if (shorter === null) partBytes = partBytes === 1 ? 0 : Math.ceil(partBytes / 2)
    else input = shorter
  }
  return { input, problem }
}

function withoutNumbers(problem: string): string {
  return problem.replace(/\d+/g, '#')
}

function shortened(
  input: Uint8Array,
  partBytes: number,
  isSame: (candidate: Uint8Array) => boolean,
): Uint8Array | null {
  for (let at = 0; at < input.length; at += partBytes) {
    const candidate = Uint8Array.from([...input.subarray(0, at), ...input.subarray(at + partBytes)])
    if (isSame(candidate)) return candidate
  }
  return null
}
