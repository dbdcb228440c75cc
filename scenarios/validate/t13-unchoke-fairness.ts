/**
 * T13: a seed that serves many one after another gives each the same time. Everybody always wants something of it: the
 * leechers give each other nothing, and what one of them gets is far from everything. (Who is unchoked and asks for
 * nothing does not count as served, others get its place: between leechers that trade, times are not equal.)
 */

import { max, mean } from 'simple-statistics'
import { leecherOf, linkOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Finding, SettingRun, TheoryCheck } from './check.ts'
import { atMost, findingOf, samplesOf } from './predictions.ts'

const LEECHERS = 20
const SHARE_SECONDS = 90
/** A client of ours has the optimistic slot beside those it is told; as a seed it gives all of them in turns. */
const UPLOAD_SLOTS = 1
const SLOTS = UPLOAD_SLOTS + 1
const RUN_SECONDS = (LEECHERS * SHARE_SECONDS) / SLOTS
const DEVIATION_MAX_SECONDS = 1.5
const SEED_MBIT = 0.25
const CONTENT_MIB = 64
const NAME = `${LEECHERS} leechers, ${SLOTS} slots, ${RUN_SECONDS} s`

export const unchokeFairness: TheoryCheck = {
  id: 'T13',
  name: 't13-unchoke-fairness',
  title: 'Fairness of unchoking',
  claim: '20 interested peers, each served 90 s: all within 1.5 s of an equal share (rotation by longest wait).',
  settings: () => [
    {
      name: NAME,
      seeds: 'all',
      plan: (seed) => ({
        ...swarmOf({
          contentMib: CONTENT_MIB,
          pieceKib: 256,
          contentSeed: seed,
          seeds: [{ ...seedOf(linkOf({ upMbit: SEED_MBIT, downMbit: null, rttMs: 20 })), uploadSlots: UPLOAD_SLOTS }],
          leechers: Array.from({ length: LEECHERS }, () =>
            leecherOf(linkOf({ upMbit: 1, downMbit: null, rttMs: 20 }), { uploadSlots: 0 }),
          ),
          expectedSeconds: RUN_SECONDS,
          endMs: RUN_SECONDS * 1000,
        }),
      }),
    },
  ],
  findings: (runs): Finding[] => [
    findingOf(
      `largest deviation from the mean time unchoked, ${NAME}`,
      's',
      samplesOf(runs, NAME, largestDeviation),
      atMost(DEVIATION_MAX_SECONDS, 'each'),
    ),
  ],
}

function largestDeviation({ result }: SettingRun): number {
  const served = result.clients.filter(({ isSeed }) => !isSeed).map((each) => each.unchokedBySeedsSeconds)
  const share = mean(served)
  return max(served.map((seconds) => Math.abs(seconds - share)))
}
