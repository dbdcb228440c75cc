/** Every invariant there is. Each is in a file named after what must hold. */
import type { Invariant } from '../violation.ts'
import type { HuntWorld } from '../world.ts'
import { bansOnlyGuilty } from './bans-only-guilty.ts'
import { bytesConserved } from './bytes-conserved.ts'
import { bytesCountedOnce } from './bytes-counted-once.ts'
import { memoryBounded } from './memory-bounded.ts'
import { noRequestWhileChoked } from './no-request-while-choked.ts'
import { nobodyHammered } from './nobody-hammered.ts'
import { nobodyStarved } from './nobody-starved.ts'
import { oneStory } from './one-story.ts'
import { onlyGoodBytesClaimed } from './only-good-bytes-claimed.ts'
import { pipelineBounded } from './pipeline-bounded.ts'
import { silentAfterEnd } from './silent-after-end.ts'
import { speaksTheProtocol } from './speaks-the-protocol.ts'
import { stateClaimsHold } from './state-claims-hold.ts'
import { t3NeverBeaten } from './t3-never-beaten.ts'
import { timeGoesOn } from './time-goes-on.ts'

export const ALL_INVARIANTS: readonly ((world: HuntWorld) => Invariant)[] = [
  timeGoesOn,
  silentAfterEnd,
  oneStory,
  onlyGoodBytesClaimed,
  stateClaimsHold,
  noRequestWhileChoked,
  pipelineBounded,
  speaksTheProtocol,
  bansOnlyGuilty,
  bytesCountedOnce,
  bytesConserved,
  memoryBounded,
  nobodyHammered,
  nobodyStarved,
  t3NeverBeaten,
]
