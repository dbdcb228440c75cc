/**
 * T9: how much of all uplinks a flash crowd uses, peers leaving when they are complete. Of the literature it has the links
 * (6 Mbit/s for the seed, 1500/400 kbit/s for a leecher) and the arrivals within 10 s; the crowd is smaller than its 1000.
 */

import { distributionTime } from '../engine/swarm-figures.ts'
import { evenMs } from '../swarms/arrivals.ts'
import { leecherOf, linkOf, payloadOfMbit, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import { uploadUtilisation } from './bounds.ts'
import type { Effort, Finding, Setting, TheoryCheck } from './check.ts'
import { atLeast, findingOf, samplesOf } from './predictions.ts'

const SEED_MBIT = 6
const UP_MBIT = 0.4
const DOWN_MBIT = 1.5
const RTT_MS = 50
const PIECE_KIB = 256
const JOIN_MS = 10_000

const leechersOf = (effort: Effort) => (effort === 'quick' ? 40 : 200)
/** 100 MB as in the literature would spread the start, in which nobody has anything to give, over more time. */
const contentMibOf = (effort: Effort) => (effort === 'quick' ? 24 : 48)

export const utilisation: TheoryCheck = {
  id: 'T9',
  name: 't09-upload-utilisation',
  title: 'Upload utilisation',
  claim: 'In a flash crowd with one seed the mean use of all uplinks is above 90 % (Bharambe et al. 2006).',
  settings: (effort) => [settingOf(effort)],
  findings(runs, effort): Finding[] {
    const { name } = settingOf(effort)
    const samples = samplesOf(runs, name, ({ plan, result }) => {
      const time = distributionTime(plan, result)
      return time === null ? null : 100 * uploadUtilisation(plan, result, time.tookSeconds)
    })
    return [findingOf(`use of all uplinks, ${name}`, '%', samples, atLeast(90))]
  },
}

function settingOf(effort: Effort): Setting {
  const count = leechersOf(effort)
  const contentMib = contentMibOf(effort)
  const link = linkOf({ upMbit: UP_MBIT, downMbit: DOWN_MBIT, rttMs: RTT_MS })
  return {
    name: `${count} leechers, ${contentMib} MiB`,
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(linkOf({ upMbit: SEED_MBIT, downMbit: null, rttMs: RTT_MS }))],
        leechers: Array.from({ length: count }, (_, index) =>
          leecherOf(link, { arrivesMs: index === 0 ? 0 : evenMs(seed, index, 0, JOIN_MS), seedsMs: 0 }),
        ),
        expectedSeconds: (contentMib * 2 ** 20) / payloadOfMbit(UP_MBIT),
      }),
  }
}
