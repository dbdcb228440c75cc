/**
 * The events of a client tell one story: requests, blocks, pieces and bytes add up (see ../../swarm-judge.ts). Each life
 * is a story of its own.
 */

import { formatAddress } from '../../../client/ports/transport.ts'
import { Judge } from '../../swarm-judge.ts'
import type { Life } from '../life.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'one-story'

export function oneStory({ of: { torrent } }: HuntWorld): Invariant {
  const judges = new Map<Life, Judge>()
  const judge = (name: string, act: () => void): void => {
    try {
      act()
    } catch (error) {
      throw new Violation(PROPERTY, `${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    lifeBegan: ({ schedule: { choices } }, life) => {
      const depth = choices.pipelineDepth === 'auto' ? Number.POSITIVE_INFINITY : choices.pipelineDepth
      judges.set(life, new Judge(torrent.geometry, depth, choices.files === null))
    },
    hears: ({ life, wire, book }, message) => {
      if (message.type !== 'allowed-fast' || !book.usesFast) return
      judges.get(life)?.allowedFast(formatAddress(wire.remote), message.piece)
    },
    event: ({ name }, life, event) => judge(name, () => judges.get(life)?.emit(life.nowMs, event)),
    lifeEnded: ({ name }, life) => {
      judge(name, () => judges.get(life)?.checkBytes())
      judges.delete(life)
    },
  }
}
