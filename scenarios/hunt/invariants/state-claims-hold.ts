/**
 * A resume state never claims what is not on the disk: looked at whenever a client dies or stops, as the next start would
 * find it. What the world harmed since it was written is for the next start to find out.
 */
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import { nodeSha1 } from '../../../client/node/sha1.ts'
import { describeResumeFault, parseResumeState } from '../../../client/storage/resume-state.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'state-claims-hold'

export function stateClaimsHold({ of: { torrent } }: HuntWorld): Invariant {
  const expected = { infohash: torrent.infohashV1!, content: torrent }
  return {
    lifeEnded: ({ name, disk }) => {
      const bytes = disk.simulated.state
      if (bytes === null) return
      const parsed = parseResumeState(bytes, expected, nodeSha1)
      if (parsed.kind === 'fault') throw new Violation(PROPERTY, `${name}: ${describeResumeFault(parsed.fault)}`)
      for (let piece = 0; piece < torrent.geometry.pieceCount; piece++) {
        if (!parsed.state.complete.has(piece as PieceIndex) || disk.isHarmedSinceState(piece) || disk.isGood(piece))
          continue
        throw new Violation(PROPERTY, `the state of ${name} claims piece ${piece}, which is not on its disk`)
      }
    },
  }
}
