/** Every scenario there is; `--list` shows them in this order. */

import { corruptPeers } from './corrupt-peers.ts'
import type { Scenario } from './engine/scenario.ts'
import { flakyPeers } from './flaky-peers.ts'
import { multiPeerDrop } from './multi-peer-drop.ts'
import { pickerAblation } from './picker-ablation.ts'
import { pipelineDepth } from './pipeline-depth.ts'
import { resumeAfterCrash } from './resume-after-crash.ts'
import { slowPeers } from './slow-peers.ts'
import { speedVsPeers } from './speed-vs-peers.ts'
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
]
