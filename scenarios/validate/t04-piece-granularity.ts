/** T4: equal uploads, one seed among them; a piece can be passed on only once it is whole, so copies double at best. */
import { MIB } from '../engine/common-parameters.ts'
import { distributionTime } from '../engine/swarm-figures.ts'
import { leecherOf, linkOf, payloadOfMbit, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Setting, TheoryCheck } from './check.ts'
import { neverBelow, samplesOf } from './predictions.ts'

interface Case {
  readonly leechers: number
  readonly pieces: number
}

const PIECE_KIB = 256
const UP_MBIT = 8
const RTT_MS = 20

const casesFor = (effort: Effort): readonly Case[] =>
  effort === 'quick'
    ? [{ leechers: 20, pieces: 32 }]
    : [
        { leechers: 20, pieces: 64 },
        { leechers: 100, pieces: 64 },
      ]

export const pieceGranularity: TheoryCheck = {
  id: 'T4',
  name: 't04-piece-granularity',
  title: 'Piece-granular bound',
  claim: 'Equal uploads, N peers, K pieces: T ≥ (1 + ⌊log₂ N⌋/K)·F/u (Mundinger, Weber and Weiss 2008).',
  settings: (effort) => casesFor(effort).map(settingOf),
  findings: (runs, effort) =>
    casesFor(effort).map((each) => {
      const { name } = settingOf(each)
      return {
        figure: `last completion over F/u, ${name}`,
        unit: '',
        samples: samplesOf(runs, name, ({ plan, result }) => {
          const time = distributionTime(plan, result)
          return time === null ? null : time.tookSeconds / copySeconds(each)
        }),
        prediction: neverBelow(boundOf(each)),
      }
    }),
}

function settingOf(each: Case): Setting {
  const link = linkOf({ upMbit: UP_MBIT, downMbit: null, rttMs: RTT_MS })
  return {
    name: `N = ${each.leechers}, K = ${each.pieces}`,
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib: contentMibOf(each),
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(link)],
        leechers: Array.from({ length: each.leechers }, () => leecherOf(link)),
        expectedSeconds: boundOf(each) * copySeconds(each),
      }),
  }
}

/** In units of F/u. The logarithm of a whole number, without Math.log. */
function boundOf({ leechers, pieces }: Case): number {
  return 1 + (31 - Math.clz32(leechers)) / pieces
}

function copySeconds(each: Case): number {
  return (contentMibOf(each) * MIB) / payloadOfMbit(UP_MBIT)
}

function contentMibOf({ pieces }: Case): number {
  return (pieces * PIECE_KIB) / 1024
}
