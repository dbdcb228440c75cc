/**
 * Everything that can go wrong outside of us, or be made to: what the client does about it, what it tells, what it costs
 * at most, and which tests show it. docs/faults.md is made from this and from a run of those tests.
 */
import { DISK_FAULTS } from './disk-faults.ts'
import type { FaultEntry } from './fault-entry.ts'
import { PEER_FAULTS } from './peer-faults.ts'
import { TORRENT_FAULTS } from './torrent-faults.ts'
import { TRACKER_FAULTS } from './tracker-faults.ts'
import { WEB_SEED_FAULTS } from './web-seed-faults.ts'

export const FAULT_REGISTRY: readonly FaultEntry[] = [
  ...PEER_FAULTS,
  ...WEB_SEED_FAULTS,
  ...TRACKER_FAULTS,
  ...DISK_FAULTS,
  ...TORRENT_FAULTS,
]
