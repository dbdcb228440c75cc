/** Cells of ordinary scenarios that run in both runtimes, so that `processes` can be compared with `sim`. */
import type { NumericMeasureName } from '../../results/measures.ts'
import type { Effort } from './check.ts'

export interface SharedCells {
  readonly scenario: string
  /** Each a cell, as `--set` has it; what is not set is as by default. */
  readonly cells: readonly (readonly string[])[]
  readonly measures: readonly NumericMeasureName[]
}

const DOWNLOAD: readonly NumericMeasureName[] = ['seconds', 'throughputBytesPerSecond']
const SWARM: readonly NumericMeasureName[] = ['meanCompletionSeconds', 'lastCompletionSeconds']

export function sharedCells(effort: Effort): readonly SharedCells[] {
  const isFull = effort === 'full'
  const peers = isFull ? ['1', '3', '8', '12'] : ['3', '12']
  const depths = isFull ? ['2', '8', '32'] : ['8']
  const leechers = isFull ? ['2', '4'] : ['2']
  return [
    { scenario: 'multi-peer-drop', cells: [['contentMib=24'], ...(isFull ? [['peers=5']] : [])], measures: DOWNLOAD },
    { scenario: 'speed-vs-peers', cells: peers.map((each) => [`peers=${each}`]), measures: DOWNLOAD },
    {
      scenario: 'pipeline-depth',
      cells: depths.map((depth) => ['rttMs=50', `pipelineDepth=${depth}`]),
      measures: ['throughputBytesPerSecond'],
    },
    {
      scenario: 'flash-crowd',
      cells: leechers.map((each) => ['contentMib=8', 'pieceKib=128', 'seedUpMbit=16', 'upMbit=8', `leechers=${each}`]),
      measures: SWARM,
    },
  ]
}
