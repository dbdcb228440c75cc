/** Every scenario there is; `--list` shows them in this order. */

import { bandwidthClasses } from './bandwidth-classes.ts'
import { churn } from './churn.ts'
import { compareClients } from './compare-clients.ts'
import { corruptPeers } from './corrupt-peers.ts'
import type { Scenario } from './engine/scenario.ts'
import { flakyPeers } from './flaky-peers.ts'
import { flashCrowd } from './flash-crowd.ts'
import { freeRiders } from './free-riders.ts'
import { hostileMatrix } from './hostile-matrix.ts'
import { interopMatrix } from './interop-matrix.ts'
import { missingPiece } from './missing-piece.ts'
import { multiPeerDrop } from './multi-peer-drop.ts'
import { nat } from './nat.ts'
import { pickerAblation } from './picker-ablation.ts'
import { pipelineDepth } from './pipeline-depth.ts'
import { realSwarm } from './real-swarm.ts'
import { resumeAfterCrash } from './resume-after-crash.ts'
import { seedFairness } from './seed-fairness.ts'
import { slowPeers } from './slow-peers.ts'
import { speedVsPeers } from './speed-vs-peers.ts'
import { steadySwarm } from './steady-swarm.ts'
import { trackerOutage } from './tracker-outage.ts'

export const SCENARIOS: readonly Scenario[] = [
  multiPeerDrop,
  speedVsPeers,
  pipelineDepth,
  flakyPeers,
  corruptPeers,
  slowPeers,
  trackerOutage,
  pickerAblation,
  resumeAfterCrash,
  flashCrowd,
  steadySwarm,
  freeRiders,
  bandwidthClasses,
  churn,
  missingPiece,
  seedFairness,
  nat,
  compareClients,
  interopMatrix,
  hostileMatrix,
  realSwarm,
]
