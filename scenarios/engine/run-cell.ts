/** One cell: the plan through the runtime, and what it measured as a row of the record. */
import type { CellResult } from '../../results/parts.ts'
import type { RunContext, RunResult, Runtime } from '../runtimes/runtime.ts'
import type { Cell } from './cells.ts'
import type { CellRun, Figures, Scenario } from './scenario.ts'

export interface CellSetting {
  readonly scenario: Scenario
  readonly runtime: Runtime
  /** The name of this machine, for the costs. */
  readonly node: string
}

/** A cell that the rig spoiled is run again, this often; a busy machine is not the client's fault. */
const INVALID_RETRIES_MAX = 3

export async function runCell(
  { scenario, runtime, node }: CellSetting,
  cell: Cell,
  context: RunContext,
): Promise<CellResult> {
  const plan = scenario.swarm(cell.parameters, cell.seed)
  let attempts = 1
  let result = await runtime.run(plan, cell.seed, context)
  while (result.invalid !== null && attempts <= INVALID_RETRIES_MAX && !context.signal.aborted) {
    result = await runtime.run(plan, cell.seed, context)
    attempts++
  }
  const predicted = scenario.predict(cell.parameters)
  const run = { runtime: runtime.name, parameters: cell.parameters, plan, result, predicted }
  const measures = { ...commonMeasures(result), ...scenario.measure(run) }
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
  const { samples, marks } = result.observations
  return { index: cell.index, row, cost, timeline: [...samples, ...marks] }
}

function commonMeasures({ observations, client }: RunResult): Figures {
  const { requests, throughputBytesPerSecond, timeToFirstByteSeconds } = observations
  return {
    seconds: observations.seconds,
    ...(throughputBytesPerSecond === null ? {} : { throughputBytesPerSecond }),
    payloadBytes: observations.usefulBytes + observations.wastedBytes,
    wastedBytes: observations.wastedBytes,
    hashFailures: observations.hashFailures,
    requestsAgain: requests.again,
    requestsEndgame: requests.endgame,
    requestsLost: observations.requestsLost,
    ...(timeToFirstByteSeconds === null ? {} : { timeToFirstByteSeconds }),
    ...(client === null ? {} : { cpuSeconds: client.cpuSeconds, peakRssBytes: client.peakRssBytes }),
  }
}

/** The first thing that did not hold, in one line; null when all did. */
function failureOf(scenario: Scenario, run: CellRun): string | null {
  if (run.result.failure !== null) return run.result.failure
  if (run.result.contentMatches === false) return 'the bytes stored differ from the content'
  const broken = scenario.expect(run).find(({ holds }) => !holds)
  return broken === undefined ? null : `${broken.claim}: ${broken.found}`
}
