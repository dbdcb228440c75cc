/** One cell: the plan through the runtime, and what it measured as a row of the record. */
import { usageError } from '../../client/node/command-error.ts'
import type { CellResult, TimelineEntry } from '../../results/parts.ts'
import { CellDied } from '../runtimes/cell-died.ts'
import type { RunContext, RunResult, Runtime, RuntimeName } from '../runtimes/runtime.ts'
import type { Cell } from './cells.ts'
import type { Observations } from './observations.ts'
import type { CellRun, Figures, Scenario } from './scenario.ts'
import { distributionTime, swarmFigures } from './swarm-figures.ts'
import { programsOf, type SwarmPlan } from './swarm-plan.ts'

export interface CellSetting {
  readonly scenario: Scenario
  readonly runtime: Runtime
  /** The name of this machine, for the costs. */
  readonly node: string
}

/** A cell that the rig spoiled is run again, this often; a busy machine is not the client's fault. */
const INVALID_RETRIES_MAX = 3

/** Of the bound: times are measured in whole events. */
const ROUNDING_SHARE = 0.001

export async function runCell(
  { scenario, runtime, node }: CellSetting,
  cell: Cell,
  context: RunContext,
): Promise<CellResult> {
  try {
    return await measureCell({ scenario, runtime, node }, cell, context)
  } catch (error) {
    if (!(error instanceof CellDied)) throw error
    return diedCell(cell, error, node)
  }
}

async function measureCell(
  { scenario, runtime, node }: CellSetting,
  cell: Cell,
  context: RunContext,
): Promise<CellResult> {
  const plan = scenario.swarm(cell.parameters, cell.seed)
  refusePrograms(plan, scenario.name, runtime.name)
  let attempts = 1
  let result = await runtime.run(plan, cell.seed, context)
  while (result.invalid !== null && attempts <= INVALID_RETRIES_MAX && !context.signal.aborted) {
    result = await runtime.run(plan, cell.seed, context)
    attempts++
  }
  const predicted = scenario.predict(cell.parameters)
  const run = { runtime: runtime.name, parameters: cell.parameters, plan, result, predicted }
  const measures = {
    ...commonMeasures(runtime.name, plan, result),
    ...swarmFigures(plan, result),
    ...scenario.measure(run),
  }
  const failure = failureOf(scenario, { ...run, measures })
  const row: CellResult['row'] = {
    seed: cell.seed,
    repeat: cell.repeat,
    parameters: cell.parameters,
    measures: { ...measures, ...(result.traceHash === null ? {} : { traceHash: result.traceHash }) },
    ...(Object.keys(predicted).length === 0 ? {} : { predicted }),
    ok: failure === null,
    ...(failure === null ? {} : { failure }),
    ...(result.invalid === null ? {} : { invalid: result.invalid }),
  }
  const { further, ...costs } = result.costs
  const cost = { ...costs, node, further: { ...further, attempts } }
  return { index: cell.index, row, cost, timeline: timelineOf(plan, result) }
}

/** Before anything runs: no program lives in virtual time. */
function refusePrograms(plan: SwarmPlan, scenario: string, runtime: RuntimeName): void {
  const program = programsOf(plan)[0]
  if (program === undefined || runtime !== 'sim') return
  throw usageError(`${scenario}: the program ${program.client} cannot run in sim; use --on processes`)
}

/** It left nothing to measure. */
function diedCell(
  { index, seed, repeat, parameters }: Cell,
  { message, wallSeconds }: CellDied,
  node: string,
): CellResult {
  return {
    index,
    row: { seed, repeat, parameters, measures: {}, ok: false, failure: message },
    cost: { node, wallSeconds, cpuSeconds: 0, peakRssBytes: 0, blocksPerSecond: 0 },
    timeline: [],
  }
}

/** Of a swarm a row for each client too: one client alone is told by its measures. */
function timelineOf({ others }: SwarmPlan, { observations, swarm, clients }: RunResult): TimelineEntry[] {
  const byClient = others.length === 0 ? [] : clients.map((result, client) => ({ client, ...result }))
  return [...observations.samples, ...observations.marks, ...piecesOf(observations), ...swarm, ...byClient]
}

function piecesOf({ pieces = [] }: Observations): TimelineEntry[] {
  return pieces.map((row) => ({ ...row, pieces: [...row.pieces] }))
}

function commonMeasures(runtime: RuntimeName, plan: SwarmPlan, result: RunResult): Figures {
  const { observations, client, endedSeconds } = result
  const { requests, throughputBytesPerSecond, timeToFirstByteSeconds } = observations
  const isProgram = plan.client.program !== undefined
  return {
    seconds: observations.seconds,
    ...(throughputBytesPerSecond === null ? {} : { throughputBytesPerSecond }),
    payloadBytes: observations.usefulBytes + observations.wastedBytes,
    wastedBytes: observations.wastedBytes,
    // Nobody outside can tell these.
    ...(isProgram
      ? {}
      : {
          hashFailures: observations.hashFailures,
          requestsAgain: requests.again,
          requestsEndgame: requests.endgame,
          requestsLost: observations.requestsLost,
        }),
    ...(timeToFirstByteSeconds === null ? {} : { timeToFirstByteSeconds }),
    ...(runtime === 'sim' ? { virtualSeconds: endedSeconds } : {}),
    ...(client === null ? {} : { cpuSeconds: client.cpuSeconds, peakRssBytes: client.peakRssBytes }),
  }
}

/** The first thing that did not hold, in one line; null when all did. */
function failureOf(scenario: Scenario, run: CellRun): string | null {
  const isFinding = run.plan.client.program?.failureIsFinding === true
  if (run.result.failure !== null && !isFinding) return run.result.failure
  if (run.result.contentMatches === false && !isFinding) return 'the bytes stored differ from the content'
  const beaten = beatenBound(run)
  if (beaten !== null) return beaten
  const broken = scenario.expect(run).find(({ holds }) => !holds)
  return broken === undefined ? null : `${broken.claim}: ${broken.found}`
}

/** T3 holds in every cell, in every runtime: whoever beats it has measured wrongly. A window says nothing of it. */
function beatenBound({ plan, result }: CellRun): string | null {
  const time = distributionTime(plan, result)
  if (time === null || time.tookSeconds >= time.minimumSeconds * (1 - ROUNDING_SHARE)) return null
  const { tookSeconds, minimumSeconds } = time
  return `no distribution is faster than all links together allow (T3): ${tookSeconds.toFixed(3)} s, at least ${minimumSeconds.toFixed(3)} s`
}
