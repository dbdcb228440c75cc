/** T8: three classes of bandwidth; those of the fast one find each other when the seed is fast, and do not when it is slow. */
import { sum } from 'simple-statistics'
import { leecherOf, linkOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Finding, Setting, SettingRun, TheoryCheck } from './check.ts'
import { atLeast, findingOf, pairedSamples, samplesOf } from './predictions.ts'

/**
 * Uplinks of the literature (20, 50 and 200 kB/s; the seed has 200 or 20) divided by 4, and so is the content: a download
 * takes as many rounds of the choker, with fewer blocks.
 */
const CLASSES = [
  { group: 'slow', kilobytesPerSecond: 5 },
  { group: 'middle', kilobytesPerSecond: 12.5 },
  { group: 'fast', kilobytesPerSecond: 50 },
] as const
const SEEDS = { 'fast seed': 50, 'slow seed': 5 } as const
type SeedName = keyof typeof SEEDS

const contentMibOf = (effort: Effort) => (effort === 'quick' ? 8 : 24)
const PIECE_KIB = 64
const RTT_MS = 20
const PER_CLASS = 14
/** Qualitative: clearly more than even. */
const CLUSTERING_MIN = 1.1

export const clustering: TheoryCheck = {
  id: 'T8',
  name: 't08-clustering',
  title: 'Clustering by bandwidth',
  claim: 'Peers of one class serve each other when the seed is fast, and do not when it is slow (Legout et al. 2007).',
  settings: (effort) => [settingOf('fast seed', effort), settingOf('slow seed', effort)],
  findings: (runs): Finding[] => [
    findingOf(
      'fast peers: what they give to their own class, over an even spread, fast seed',
      '',
      samplesOf(runs, 'fast seed', clusteringOf),
      atLeast(CLUSTERING_MIN),
    ),
    findingOf(
      'the same with the fast seed over that with the slow one',
      '',
      pairedSamples(runs, ['fast seed', 'slow seed'], (fast, slow) => {
        const [one, other] = [clusteringOf(fast), clusteringOf(slow)]
        return one === null || other === null ? null : one / other
      }),
      atLeast(CLUSTERING_MIN),
    ),
  ],
}

function settingOf(name: SeedName, effort: Effort): Setting {
  const contentMib = contentMibOf(effort)
  const link = (kilobytesPerSecond: number) =>
    linkOf({ upMbit: (kilobytesPerSecond * 8) / 1000, downMbit: null, rttMs: RTT_MS })
  const leechers = Array.from({ length: PER_CLASS * CLASSES.length }, (_, index) => {
    const { group, kilobytesPerSecond } = CLASSES[index % CLASSES.length]!
    return leecherOf(link(kilobytesPerSecond), { group, seedsMs: 0 })
  })
  return {
    name,
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(link(SEEDS[name]))],
        leechers,
        // Who is left when the others have gone has the slowest uplinks.
        expectedSeconds: (contentMib * 2 ** 20) / (SEEDS['slow seed'] * 1000),
      }),
  }
}

/** Of what the fast ones sent, the share that went to fast ones, over their share among the leechers that are not the sender. */
function clusteringOf({ result }: SettingRun): number | null {
  const fast = result.clients.filter(({ group }) => group === 'fast')
  const within = sum(fast.map(({ fromGroupBytes }) => fromGroupBytes))
  const sent = sum(fast.map(({ sentBytes }) => sentBytes))
  const even = (PER_CLASS - 1) / (PER_CLASS * CLASSES.length - 1)
  return sent === 0 ? null : within / sent / even
}
