/**
 * What a swarm's clients did together, as measures: from the results of clients and the samples of the swarm, and so the
 * same in every runtime. Only swarms have them: plans with clients of ours beside the one under test.
 */
import { quantileSorted, sum } from 'simple-statistics'
import type { ClientResult, RunResult, SwarmSample } from '../runtimes/runtime.ts'
import { firstArrivalMs, minimumDistribution } from './minimum-distribution.ts'
import type { Figures } from './scenario.ts'
import { clientsOf, programsOf, type SwarmPlan } from './swarm-plan.ts'
import { payloadRate } from './theory.ts'

export interface SecondsWindow {
  /** From the start of the clients. */
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** Of a run that is only watched, the first half is how it got there. */
const SETTLED_FROM_SHARE = 0.5

export function swarmFigures(plan: SwarmPlan, result: RunResult): Figures {
  if (plan.others.length === 0) return {}
  const leechers = result.clients.filter(({ isSeed }) => !isSeed)
  // What a program sent is not seen from outside, and its link is nobody's to shape.
  if (programsOf(plan).length > 0) return percentilesOf(leechers)
  const settled = { fromSeconds: result.endedSeconds * SETTLED_FROM_SHARE, toSeconds: result.endedSeconds }
  return {
    ...efficiencyOf(plan, result),
    ...percentilesOf(leechers),
    ...fairnessOf(plan, result),
    ...seedCostOf(plan, result),
    ...utilisationOf(plan, result),
    ...(plan.endMs === null ? {} : steadyFigures(result, settled)),
  }
}

/** T3, of those leechers that were complete: both from the arrival of the first of all leechers. */
export interface DistributionTime {
  readonly minimumSeconds: number
  readonly tookSeconds: number
}

/** Null where none was complete. */
export function distributionTime(plan: SwarmPlan, { clients }: Pick<RunResult, 'clients'>): DistributionTime | null {
  let lastSeconds = Number.NEGATIVE_INFINITY
  for (const { isSeed, arrivedSeconds, completedSeconds } of clients) {
    if (!isSeed && completedSeconds !== null) lastSeconds = Math.max(lastSeconds, arrivedSeconds + completedSeconds)
  }
  if (lastSeconds === Number.NEGATIVE_INFINITY) return null
  return {
    minimumSeconds: minimumDistribution(plan, (index) => clients[index]?.completedSeconds !== null),
    tookSeconds: lastSeconds - firstArrivalMs(plan) / 1000,
  }
}

/** Of a window in which the swarm is watched; what has no value in it is left out. */
export function steadyFigures({ clients, swarm }: RunResult, window: SecondsWindow): Figures {
  const { fromSeconds, toSeconds } = window
  const isInside = (seconds: number) => seconds >= fromSeconds && seconds < toSeconds
  const samples = swarm.filter(({ tMs }) => isInside(tMs / 1000))
  const leechers = clients.filter(({ isSeed }) => !isSeed)
  const arrived = leechers.filter(({ arrivedSeconds }) => isInside(arrivedSeconds)).length
  const lengthSeconds = toSeconds - fromSeconds
  if (samples.length === 0 || lengthSeconds <= 0) return {}
  const mean = (of: (sample: SwarmSample) => number) => sum(samples.map(of)) / samples.length
  const meanLeechers = mean((sample) => sample.leechers)
  return {
    meanLeechers,
    meanSeeds: mean((sample) => sample.seeds),
    meanRarestCopies: mean((sample) => sample.rarestCopies),
    arrivalsPerSecond: arrived / lengthSeconds,
    ...(meanLeechers === 0 ? {} : { littleLawRatio: meanLeechersIn(leechers, window) / meanLeechers }),
  }
}

/** Present and not complete, on average over a window: arrivals times their mean time, without edges, and exact. */
export function meanLeechersIn(leechers: readonly ClientResult[], { fromSeconds, toSeconds }: SecondsWindow): number {
  const spentSeconds = leechers.map(({ arrivedSeconds, completedSeconds, leftSeconds }) => {
    const endSeconds = completedSeconds === null ? (leftSeconds ?? toSeconds) : arrivedSeconds + completedSeconds
    return Math.max(0, Math.min(endSeconds, toSeconds) - Math.max(arrivedSeconds, fromSeconds))
  })
  return sum(spentSeconds) / (toSeconds - fromSeconds)
}

function efficiencyOf(plan: SwarmPlan, result: RunResult): Figures {
  const time = distributionTime(plan, result)
  return time === null || time.tookSeconds <= 0 ? {} : { efficiency: time.minimumSeconds / time.tookSeconds }
}

function percentilesOf(leechers: readonly ClientResult[]): Figures {
  const times = leechers.flatMap(({ completedSeconds }) => completedSeconds ?? []).sort((a, b) => a - b)
  if (times.length === 0) return {}
  return {
    completionP10Seconds: quantileSorted(times, 0.1),
    completionP50Seconds: quantileSorted(times, 0.5),
    completionP90Seconds: quantileSorted(times, 0.9),
    completionP99Seconds: quantileSorted(times, 0.99),
  }
}

/** Jain's index over those that mean to give. */
function fairnessOf(plan: SwarmPlan, { clients }: RunResult): Figures {
  const plans = clientsOf(plan)
  const sent = clients.flatMap(({ isSeed, sentBytes }, index) =>
    isSeed || plans[index]!.uploadSlots === 0 ? [] : [sentBytes],
  )
  const index = jainIndex(sent)
  return index === null ? {} : { uploadFairness: index }
}

/** Jain's index of fairness: 1 where all have the same, 1 over their number where one has all; null where nobody has anything. */
export function jainIndex(values: readonly number[]): number | null {
  const squares = sum(values.map((value) => value * value))
  return squares === 0 ? null : sum([...values]) ** 2 / (values.length * squares)
}

function seedCostOf({ content }: SwarmPlan, { clients, seeders }: RunResult): Figures {
  const bySeeds = clients.filter(({ isSeed }) => isSeed).map(({ sentBytes }) => sentBytes)
  return { seedCostCopies: sum([...bySeeds, ...seeders.map(({ bytes }) => bytes)]) / content.totalBytes }
}

/** T9. Nothing to say where an uplink has no limit, or varies. */
function utilisationOf(plan: SwarmPlan, { clients, endedSeconds }: RunResult): Figures {
  let sentBytes = 0
  let capacityBytes = 0
  for (const [index, { link, isSeed }] of clientsOf(plan).entries()) {
    const client = clients[index]
    if (isSeed || client === undefined) continue
    if (link.upBytesPerSecond === null || link.schedule !== undefined) return {}
    const presentSeconds = Math.max(0, (client.leftSeconds ?? endedSeconds) - client.arrivedSeconds)
    sentBytes += client.sentBytes
    capacityBytes += payloadRate(link.upBytesPerSecond) * presentSeconds
  }
  return capacityBytes === 0 ? {} : { uploadUtilisation: sentBytes / capacityBytes }
}
