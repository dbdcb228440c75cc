/** Every scenario there is; `--list` shows them in this order. */
import type { Scenario } from './engine/scenario.ts'
import { multiPeerDrop } from './multi-peer-drop.ts'
import { pipelineDepth } from './pipeline-depth.ts'
import { speedVsPeers } from './speed-vs-peers.ts'

export const SCENARIOS: readonly Scenario[] = [multiPeerDrop, speedVsPeers, pipelineDepth]
