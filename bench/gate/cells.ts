/**
 * What the exact part of the gate runs: cells in virtual time, each named by its scenario and swept parameters. They
 * depend on neither machine nor workers, so that a difference is a difference of the code.
 */
import { hostname } from 'node:os'
import type { MeasureName } from '../../results/measures.ts'
import { corruptPeers } from '../../scenarios/corrupt-peers.ts'
import { type Cell, makeCells } from '../../scenarios/engine/cells.ts'
import { chooseParameters } from '../../scenarios/engine/parameters.ts'
import { runCell } from '../../scenarios/engine/run-cell.ts'
import type { Scenario } from '../../scenarios/engine/scenario.ts'
import { flakyPeers } from '../../scenarios/flaky-peers.ts'
import { flashCrowd } from '../../scenarios/flash-crowd.ts'
import { multiPeerDrop } from '../../scenarios/multi-peer-drop.ts'
import { pickerAblation } from '../../scenarios/picker-ablation.ts'
import { pipelineDepth } from '../../scenarios/pipeline-depth.ts'
import { resumeAfterCrash } from '../../scenarios/resume-after-crash.ts'
import { startRuntime } from '../../scenarios/runtimes/start-runtime.ts'
import { slowPeers } from '../../scenarios/slow-peers.ts'
import { speedVsPeers } from '../../scenarios/speed-vs-peers.ts'
import { trackerOutage } from '../../scenarios/tracker-outage.ts'
import type { Baseline, Figures } from './baseline.ts'

const SEED = 1

interface Chosen {
  readonly scenario: Scenario
  readonly sweep: readonly string[]
}

/** Peers that serve, peers that harm, and crowds; none of the long ones: all together take well below 40 s. */
const CHOSEN: readonly Chosen[] = [
  { scenario: multiPeerDrop, sweep: [] },
  { scenario: speedVsPeers, sweep: [] },
  { scenario: pipelineDepth, sweep: [] },
  { scenario: flakyPeers, sweep: [] },
  { scenario: corruptPeers, sweep: [] },
  { scenario: slowPeers, sweep: [] },
  { scenario: trackerOutage, sweep: [] },
  { scenario: resumeAfterCrash, sweep: [] },
  { scenario: pickerAblation, sweep: ['leechers=4'] },
  { scenario: flashCrowd, sweep: ['leechers=5,20'] },
]

/** Throughput, waste of each kind, and the efficiency of crowds; one client alone has its payload instead. */
const MEASURES = [
  'seconds',
  'throughputBytesPerSecond',
  'payloadBytes',
  'wastedBytes',
  'efficiency',
  'hashFailures',
  'requestsAgain',
] as const satisfies readonly MeasureName[]

/** Null: it was interrupted. */
export async function runGateCells(signal: AbortSignal): Promise<Baseline | null> {
  const runtime = await startRuntime('sim', {})
  const scenarios: Record<string, Record<string, Figures>> = {}
  try {
    for (const { scenario, sweep } of CHOSEN) {
      const cells: Record<string, Figures> = {}
      for (const cell of makeCells(chooseParameters(scenario, 'sim', [], sweep), SEED, 1)) {
        if (signal.aborted) return null
        const { row } = await runCell({ scenario, runtime, node: hostname() }, cell, { signal, progress: () => {} })
        cells[nameOf(cell)] = figuresOf(row)
      }
      scenarios[scenario.name] = cells
    }
    return signal.aborted ? null : scenarios
  } finally {
    await runtime.close()
  }
}

function nameOf({ sweptNames, parameters }: Cell): string {
  return sweptNames.map((name) => `${name}=${parameters[name]}`).join(' ') || 'as it is'
}

function figuresOf({ measures, ok }: Awaited<ReturnType<typeof runCell>>['row']): Figures {
  const figures: Record<string, number> = { ok: Number(ok) }
  for (const name of MEASURES) {
    const value = measures[name]
    if (value !== undefined && value !== null) figures[name] = value
  }
  return figures
}
