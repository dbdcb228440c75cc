/**
 * T7: what rarest first and the choker of a seed do for a swarm, and what becomes of who gives nothing. Qualitative; the
 * numbers are limits chosen against it.
 */
import { mean, min } from 'simple-statistics'
import type { PickStrategy } from '../../client/pieces/pick-strategy.ts'
import { MIB } from '../engine/common-parameters.ts'
import { jainIndex } from '../engine/swarm-figures.ts'
import type { ClientPlan } from '../engine/swarm-plan.ts'
import type { ClientResult } from '../runtimes/runtime.ts'
import { leecherOf, linkOf, payloadOfMbit, SEED_GROUP, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Finding, Setting, SettingRun, SettingRuns, TheoryCheck } from './check.ts'
import { atLeast, atMost, between, findingOf, pairedSamples, samplesOf } from './predictions.ts'

const SEED_MBIT = 8
const UP_MBIT = 4
const RTT_MS = 20
const PIECE_KIB = 64
const FREE_RIDERS = 'free-riders'
/** Every fifth. */
const FREE_RIDER_STEP = 5
const LEAVING = 'leaving at once'
/** Whoever leaves takes its copies along: with fewer than this part of the leechers there, what is left is chance. */
const PRESENT_STEP = 3
/** First blocks are a problem, last pieces are not. */
const FIRST_PIECE_MIN = 1
const LAST_SHARE_MAX = 3
const LAST_SHARE = 0.05
/** How often it is looked at, in shares of the time that the seed needs for one copy. */
const SAMPLES_PER_COPY = 100

const leechersOf = (effort: Effort) => (effort === 'quick' ? 24 : 40)
const contentMibOf = (effort: Effort) => (effort === 'quick' ? 8 : 16)

export const rarestFirst: TheoryCheck = {
  id: 'T7',
  name: 't07-rarest-first',
  title: 'Rarest first and choking',
  claim:
    'The first copy takes ≈ F/u_s, then no piece is only with the seed; a seed serves all alike (Legout et al. 2006).',
  settings: (effort) => [
    pickerSetting('rarest-first', effort),
    pickerSetting('random', effort),
    pickerSetting('sequential', effort),
    leavingSetting(effort),
    freeRiderSetting(effort),
  ],
  findings: (runs, effort) => [
    ...transientFindings(runs, effort),
    ...ablationFindings(runs),
    ...servingFindings(runs),
    ...pieceFindings(runs, effort),
  ],
}

function transientFindings(runs: SettingRuns, effort: Effort): Finding[] {
  const copySeconds = copySecondsOf(effort)
  const transient = samplesOf(runs, 'rarest-first', (run) => over(transientSeconds(run), copySeconds))
  return [
    {
      // No sooner than it can be sent; a sample may be a step late.
      ...findingOf('time of the first copy over F/u_s, rarest first', '', transient, between(1, 1.5)),
      note: `F/u_s is ${copySeconds.toFixed(1)} s`,
    },
  ]
}

function ablationFindings(runs: SettingRuns): Finding[] {
  return (['random', 'sequential'] as const).flatMap((picker) => {
    const pair = [picker, 'rarest-first'] as const
    const transients = pairedSamples(runs, pair, (one, other) => over(transientSeconds(one), transientSeconds(other)))
    const means = pairedSamples(runs, pair, (one, other) => over(meanCompletion(one), meanCompletion(other)))
    return [
      findingOf(`time of the first copy, ${picker} over rarest first`, '', transients, atLeast(1)),
      findingOf(`mean completion, ${picker} over rarest first`, '', means, atLeast(1)),
    ]
  })
}

function servingFindings(runs: SettingRuns): Finding[] {
  return [
    findingOf(
      'fairness of the seed’s service time among leechers (Jain)',
      '',
      samplesOf(runs, 'rarest-first', (run) => jainIndex(leechers(run).map((each) => each.unchokedBySeedsSeconds))),
      atLeast(0.9),
    ),
    findingOf(
      'mean completion, free riders over contributors',
      '',
      samplesOf(runs, 'free riders', (run) => {
        const of = (isFree: boolean) =>
          completions(leechers(run).filter(({ group }) => (group === FREE_RIDERS) === isFree))
        return over(mean(of(true)), mean(of(false)))
      }),
      atLeast(1),
    ),
  ]
}

function pieceFindings(runs: SettingRuns, effort: Effort): Finding[] {
  const presentMin = leechersOf(effort) / PRESENT_STEP
  return [
    findingOf(
      'copies of the rarest piece beyond the seed after the first copy, peers leave when complete',
      '',
      samplesOf(runs, LEAVING, (run) => rarestAfterTransient(run, presentMin)),
      atLeast(1, 'each'),
    ),
    findingOf(
      'time to the first piece over that of an average one',
      '',
      samplesOf(runs, LEAVING, firstOverMeanPiece),
      atLeast(FIRST_PIECE_MIN),
    ),
    findingOf(
      'time for the last 5 % of the content over that of an average 5 %',
      '',
      samplesOf(runs, 'rarest-first', lastOverMeanShare),
      atMost(LAST_SHARE_MAX),
    ),
  ]
}

function pickerSetting(picker: PickStrategy, effort: Effort): Setting {
  return settingOf(picker, effort, () => ({ picker }))
}

/** They come one after another, over the time that the seed needs for a copy. */
function leavingSetting(effort: Effort): Setting {
  const stepMs = (copySecondsOf(effort) * 1000) / leechersOf(effort)
  return settingOf(LEAVING, effort, (index) => ({ arrivesMs: Math.round(index * stepMs), seedsMs: 0 }))
}

function freeRiderSetting(effort: Effort): Setting {
  return settingOf('free riders', effort, (index) =>
    // Nobody stays: what a free rider gets, it gets from those who are paid for what they give.
    index % FREE_RIDER_STEP === FREE_RIDER_STEP - 1
      ? { group: FREE_RIDERS, uploadSlots: 0, seedsMs: 0 }
      : { seedsMs: 0 },
  )
}

function settingOf(name: string, effort: Effort, changes: (index: number) => Partial<ClientPlan>): Setting {
  const count = leechersOf(effort)
  const contentMib = contentMibOf(effort)
  const link = (upMbit: number) => linkOf({ upMbit, downMbit: null, rttMs: RTT_MS })
  const copySeconds = copySecondsOf(effort)
  return {
    name,
    seeds: 'all',
    plan: (seed) => ({
      ...swarmOf({
        contentMib,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(link(SEED_MBIT))],
        leechers: Array.from({ length: count }, (_, index) => leecherOf(link(UP_MBIT), changes(index))),
        expectedSeconds: 8 * copySeconds,
      }),
      sampleEveryMs: Math.round((copySeconds * 1000) / SAMPLES_PER_COPY),
    }),
  }
}

function copySecondsOf(effort: Effort): number {
  return (contentMibOf(effort) * MIB) / payloadOfMbit(SEED_MBIT)
}

/** Until every piece is with somebody beside the seed; null: never seen. */
function transientSeconds({ result }: SettingRun): number | null {
  const first = result.swarm.find(({ rarestCopies }) => rarestCopies >= 2)
  return first === undefined ? null : first.tMs / 1000
}

/** The fewest, while there are leechers to have it. */
function rarestAfterTransient(run: SettingRun, presentMin: number): number | null {
  const fromSeconds = transientSeconds(run)
  if (fromSeconds === null) return null
  const after = run.result.swarm.filter(
    ({ tMs, leechers: present }) => tMs / 1000 >= fromSeconds && present >= presentMin,
  )
  return after.length === 0 ? null : min(after.map(({ rarestCopies }) => rarestCopies)) - 1
}

function firstOverMeanPiece(run: SettingRun): number {
  const { totalBytes, pieceLengthBytes } = run.plan.content
  const all = leechers(run)
  const meanPieceSeconds = mean(completions(all)) / (totalBytes / pieceLengthBytes)
  return mean(all.map(({ firstPieceSeconds }) => firstPieceSeconds ?? Number.NaN)) / meanPieceSeconds
}

/** Of the client under test. */
function lastOverMeanShare({ plan, result }: SettingRun): number | null {
  const { samples, seconds } = result.observations
  let leftBytes = plan.content.totalBytes
  for (const { tMs, bytes } of samples) {
    leftBytes -= bytes
    if (leftBytes <= plan.content.totalBytes * LAST_SHARE) return (seconds - tMs / 1000) / (seconds * LAST_SHARE)
  }
  return null
}

function meanCompletion(run: SettingRun): number | null {
  const times = completions(leechers(run))
  return times.length === 0 ? null : mean(times)
}

function leechers({ result }: SettingRun): ClientResult[] {
  return result.clients.filter(({ group }) => group !== SEED_GROUP)
}

function completions(clients: readonly ClientResult[]): number[] {
  return clients.map(({ completedSeconds }) => completedSeconds ?? Number.NaN)
}

function over(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one / other
}
