/**
 * T5: the steady state of a swarm that people come to and leave, against the fluid model. Content, uplinks and downlinks
 * are those of the literature (64 MiB, 1 and 4 MiB/s) divided by the same number: the model has only their quotients.
 *
 * It starts near its steady state: with the seeds that the model has, who leave as all others do. Who came after the
 * warm-up and long enough before the end is counted.
 */
import { mean } from 'simple-statistics'
import { type Link, PERFECT_LINK } from '../../links/link.ts'
import type { ClientPlan } from '../engine/swarm-plan.ts'
import { payloadRate } from '../engine/theory.ts'
import type { ClientResult } from '../runtimes/runtime.ts'
import { exponentialStayMs, poissonArrivalsMs } from '../swarms/arrivals.ts'
import { type FluidSwarm, fluidSteadyState } from '../swarms/fluid-model.ts'
import { leecherOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Finding, Prediction, Setting, SettingRun, TheoryCheck } from './check.ts'
import { about, exactly, findingOf, pairedSamples, samplesOf } from './predictions.ts'

const MIB = 2 ** 20
/** λ ×4 may move the download time by so much. */
const TOLERANCE = 0.1
/**
 * The model is the limit of many small blocks: its leechers always have something to give (η = 1), and start and end of a
 * download cost nothing. What there is of it here is η, and it is not to be below this; nor may chance of arrivals take a
 * swarm far below the model.
 */
const EFFECTIVENESS_MIN = 0.8
const BELOW_MAX = 0.1
const RTT_MS = 20
const WARMUP_MS = 100_000
/** Who comes later than this before the end may not be complete by then. */
const TAIL_MS = 100_000

interface Size {
  /** What content and rates of the literature are divided by. */
  readonly divisor: number
  readonly pieceKib: number
  readonly measuredMs: number
}

const SIZES: Readonly<Record<Effort, Size>> = {
  quick: { divisor: 4, pieceKib: 64, measuredMs: 80_000 },
  full: { divisor: 4, pieceKib: 64, measuredMs: 300_000 },
}

interface Case {
  readonly name: string
  readonly meanSeedingSeconds: number
  readonly originMibPerSecond: number
  readonly arrivalsPerSecond: number
}

const PLAIN: Case = {
  name: 'seeding 32 s, λ = 0.5/s',
  meanSeedingSeconds: 32,
  originMibPerSecond: 0,
  arrivalsPerSecond: 0.5,
}
/** No origin: four times the arrivals change nothing. */
const FEW: Case = { ...PLAIN, name: 'seeding 32 s, λ = 0.25/s', arrivalsPerSecond: 0.25 }
const MANY: Case = { ...PLAIN, name: 'seeding 32 s, λ = 1/s', arrivalsPerSecond: 1 }
const CASES: readonly Case[] = [
  PLAIN,
  { ...PLAIN, name: 'seeding 80 s, λ = 0.5/s', meanSeedingSeconds: 80 },
  { ...PLAIN, name: 'seeding 32 s, an origin of 4 MiB/s, λ = 0.5/s', originMibPerSecond: 4 },
]

export const fluidModel: TheoryCheck = {
  id: 'T5',
  name: 't05-fluid-model',
  title: 'Fluid model of a steady state',
  claim: 'T = max{1/c, (1/η)(1/μ − 1/γ)}, x̄ = λT, without an origin independent of λ (Qiu and Srikant 2004; η = 1).',
  settings: (effort) => casesFor(effort).map((each) => settingOf(each, effort)),
  findings: (runs, effort) => [
    ...modelCases(effort).flatMap((each): Finding[] => {
      const { downloadSeconds } = fluidSteadyState(modelOf(each, effort))
      const times = samplesOf(runs, each.name, (run) => meanDownloadSeconds(run))
      const present = samplesOf(runs, each.name, (run) => leechersPerArrival(run))
      return [
        findingOf(`mean download time, ${each.name}`, 's', times, nearModel(downloadSeconds)),
        ...(effort === 'quick'
          ? []
          : [findingOf(`leechers over arrivals per second, ${each.name}`, 's', present, nearModel(downloadSeconds))]),
      ]
    }),
    ...(effort === 'quick' ? [] : [independenceOf(runs)]),
    {
      ...findingOf(
        'samples in which the leechers present are not those whose times say so',
        '',
        casesFor(effort).flatMap(({ name }) => samplesOf(runs, name, miscounted)),
        exactly(0, 0),
      ),
      note: 'Little’s law, x̄ = λT, then holds by arithmetic',
    },
  ],
}

function independenceOf(runs: Parameters<TheoryCheck['findings']>[0]): Finding {
  const ratios = pairedSamples(runs, [MANY.name, FEW.name], (many, few) => {
    const [much, little] = [meanDownloadSeconds(many), meanDownloadSeconds(few)]
    return much === null || little === null ? null : much / little
  })
  return findingOf('download time with λ = 1/s over that with λ = 0.25/s', '', ratios, about(1, TOLERANCE))
}

function nearModel(value: number): Prediction {
  const rule = `median as η = ${EFFECTIVENESS_MIN} to 1, or ${BELOW_MAX * 100} % below`
  return { value, low: value * (1 - BELOW_MAX), high: value / EFFECTIVENESS_MIN, rule, of: 'typical' }
}

function modelCases(effort: Effort): readonly Case[] {
  return effort === 'quick' ? [PLAIN] : CASES
}

function casesFor(effort: Effort): readonly Case[] {
  return effort === 'quick' ? [PLAIN] : [...CASES, FEW, MANY]
}

function modelOf(each: Case, effort: Effort): FluidSwarm {
  const { divisor } = SIZES[effort]
  return {
    contentBytes: (64 * MIB) / divisor,
    upBytesPerSecond: MIB / divisor,
    downBytesPerSecond: (4 * MIB) / divisor,
    arrivalsPerSecond: each.arrivalsPerSecond,
    meanSeedingSeconds: each.meanSeedingSeconds,
    originBytesPerSecond: (each.originMibPerSecond * MIB) / divisor,
  }
}

function settingOf(each: Case, effort: Effort): Setting {
  return { name: each.name, seeds: 'all', plan: (seed) => planOf(each, effort, seed) }
}

function planOf(each: Case, effort: Effort, seed: number) {
  const { pieceKib, measuredMs } = SIZES[effort]
  const model = modelOf(each, effort)
  const endMs = WARMUP_MS + measuredMs + TAIL_MS
  const link = linkOf(model.upBytesPerSecond, model.downBytesPerSecond)
  const stayMs = (index: number) => exponentialStayMs(seed, index, each.meanSeedingSeconds * 1000)
  const arrivals = poissonArrivalsMs(seed, each.arrivalsPerSecond, endMs)
  const seedCount = Math.round(fluidSteadyState(model).seeds)
  const origin = model.originBytesPerSecond === 0 ? [] : [seedOf(linkOf(model.originBytesPerSecond, null))]
  const early = Array.from({ length: seedCount }, (_, index): ClientPlan => {
    return { ...seedOf(link), leavesMs: stayMs(arrivals.length + index) }
  })
  return swarmOf({
    contentMib: model.contentBytes / MIB,
    pieceKib,
    contentSeed: seed,
    seeds: [...origin, ...early],
    leechers: arrivals.map((arrivesMs, index) => leecherOf(link, { arrivesMs, seedsMs: stayMs(index) })),
    expectedSeconds: endMs / 1000,
    endMs,
  })
}

/** A link that carries so much payload. */
function linkOf(up: number, down: number | null): Link {
  const withHeaders = (bytesPerSecond: number) => bytesPerSecond ** 2 / payloadRate(bytesPerSecond)
  return {
    ...PERFECT_LINK,
    upBytesPerSecond: withHeaders(up),
    downBytesPerSecond: down === null ? null : withHeaders(down),
    rttMs: RTT_MS,
  }
}

/** Of who came in the measured time; null where one of them was not complete at the end. */
function meanDownloadSeconds({ plan, result }: SettingRun): number | null {
  const counted = result.clients.filter(({ isSeed, arrivedSeconds }) => {
    const arrivedMs = arrivedSeconds * 1000
    return !isSeed && arrivedMs >= WARMUP_MS && arrivedMs < (plan.endMs ?? 0) - TAIL_MS
  })
  const times = counted.map(({ completedSeconds }) => completedSeconds ?? Number.NaN)
  return times.length === 0 ? null : mean(times)
}

/** x̄/λ, by the samples of the swarm and with the arrivals that there were: how many come is chance. */
function leechersPerArrival({ plan, result }: SettingRun): number | null {
  const toMs = (plan.endMs ?? 0) - TAIL_MS
  const isInside = (ms: number) => ms >= WARMUP_MS && ms < toMs
  const samples = result.swarm.filter(({ tMs }) => isInside(tMs)).map(({ leechers }) => leechers)
  const arrived = result.clients.filter(({ isSeed, arrivedSeconds }) => !isSeed && isInside(arrivedSeconds * 1000))
  if (samples.length === 0 || arrived.length === 0) return null
  return (mean(samples) * (toMs - WARMUP_MS)) / 1000 / arrived.length
}

/** Two ledgers of the same: the samples of the swarm, and the times of each client. What happens at the very moment may count. */
function miscounted({ result }: SettingRun): number {
  return result.swarm.filter(({ tMs, leechers }) => {
    const seconds = tMs / 1000
    const sure = result.clients.filter((client) => isLeeching(client, (from, to) => from < seconds && seconds < to))
    const possible = result.clients.filter((client) =>
      isLeeching(client, (from, to) => from <= seconds && seconds <= to),
    )
    return leechers < sure.length || leechers > possible.length
  }).length
}

function isLeeching(client: ClientResult, isWithin: (from: number, to: number) => boolean): boolean {
  const { isSeed, arrivedSeconds, completedSeconds, leftSeconds } = client
  if (isSeed) return false
  const completed = completedSeconds === null ? Number.POSITIVE_INFINITY : arrivedSeconds + completedSeconds
  return isWithin(arrivedSeconds, Math.min(completed, leftSeconds ?? Number.POSITIVE_INFINITY))
}
