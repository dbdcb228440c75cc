/**
 * The measures of swarms, part of the registry (./measures.ts): what all clients of a cell did together. A *leecher* came
 * without the content, a *seed* with it; a time to completion counts from the leecher's arrival.
 */
import { type MeasureDefinition, RUNTIMES } from './measure-definition.ts'

type Further = Partial<Pick<MeasureDefinition, 'better' | 'isSigned'>>

function measure<const Unit extends MeasureDefinition['unit']>(
  label: string,
  unit: Unit,
  definition: string,
  { better = null, ...further }: Further = {},
): MeasureDefinition & { readonly unit: Unit; readonly always: false } {
  return { label, unit, definition, better, runtimes: RUNTIMES, always: false, ...further }
}

const HIGHER = { better: 'higher' } as const
const LOWER = { better: 'lower' } as const

function percentile(percent: number) {
  const definition = `Time to completion that ${percent} % of the leechers did not exceed.`
  return measure(`${percent}th percentile of completion times`, 'seconds', definition, LOWER)
}

function meanTimeOf(whom: string, label: string) {
  return measure(label, 'seconds', `Mean time to completion of ${whom}.`, LOWER)
}

export const SWARM_MEASURES = {
  efficiency: measure(
    'efficiency',
    'ratio',
    'The least time in which any protocol could serve everybody (T3), over the time taken: from the first leecher’s arrival to the last completion.',
    HIGHER,
  ),
  completionP10Seconds: percentile(10),
  completionP50Seconds: percentile(50),
  completionP90Seconds: percentile(90),
  completionP99Seconds: percentile(99),
  meanDownloadSeconds: meanTimeOf('the leechers that were complete', 'mean time from arrival to completion'),
  uploadFairness: measure(
    'fairness of uploads',
    'ratio',
    'Jain’s index of what each leecher sent, free riders left out: 1 where all sent the same.',
    HIGHER,
  ),
  seedCostCopies: measure(
    'cost of the seeds',
    'ratio',
    'Payload sent by all seeds, over the size of the content.',
    LOWER,
  ),
  uploadUtilisation: measure(
    'upload utilisation',
    'ratio',
    'What all leechers sent, over what their uplinks could have sent while they were present.',
    HIGHER,
  ),
  meanLeechers: measure(
    'leechers present',
    'ratio',
    'Clients present and not complete, on average over the samples of a window.',
  ),
  meanSeeds: measure(
    'seeds present',
    'ratio',
    'Clients present and complete, on average over the samples of a window.',
  ),
  meanRarestCopies: measure(
    'copies of the rarest piece',
    'ratio',
    'Copies of the rarest piece among those present, on average over the samples of a window.',
    HIGHER,
  ),
  arrivalsPerSecond: measure('arrivals', '1/s', 'Leechers that arrived in a window, over its length.'),
  growthPerSecond: measure('growth', '1/s', 'By how many leechers a second the swarm grew.', {
    ...LOWER,
    isSigned: true,
  }),
  littleLawRatio: measure(
    'Little’s law',
    'ratio',
    'Arrivals a second times the mean time that leechers took, over the mean number of leechers: 1 where books are kept well.',
  ),
  clusteringRatio: measure(
    'clustering',
    'ratio',
    'How much more leechers received from their own class than if whoever sends did not care to whom.',
  ),
  fastClassSeconds: meanTimeOf('leechers of the fast class', 'completion time of the fast'),
  mediumClassSeconds: meanTimeOf('leechers of the medium class', 'completion time of the medium'),
  slowClassSeconds: meanTimeOf('leechers of the slow class', 'completion time of the slow'),
  contributorSeconds: meanTimeOf('leechers that give', 'completion time of contributors'),
  freeRiderSeconds: meanTimeOf('leechers that give nothing', 'completion time of free riders'),
  freeRiderPenalty: measure(
    'penalty of free riders',
    'ratio',
    'Mean time to completion of free riders, over that of contributors.',
    HIGHER,
  ),
  reachableSeconds: meanTimeOf('leechers that others can dial', 'completion time of the reachable'),
  unreachableSeconds: meanTimeOf('leechers that nobody can dial', 'completion time of the unreachable'),
  stayerSeconds: meanTimeOf('leechers that never leave before they are complete', 'completion time of stayers'),
  newcomerSeconds: meanTimeOf('leechers that come later', 'completion time of newcomers'),
  seedTimeFairness: measure(
    'fairness of the seed’s time',
    'ratio',
    'Jain’s index of the time in which the seed had each leecher unchoked while it was interested.',
    HIGHER,
  ),
  seedBytesFairness: measure(
    'fairness of the seed’s bytes',
    'ratio',
    'Jain’s index of what each leecher received from the seed.',
    HIGHER,
  ),
} as const satisfies Record<string, MeasureDefinition>
