/** What a swarm's clients and samples add up to. Means are over those there are; null where there is none. */
import type { ClientResult, RunResult } from '../runtimes/runtime.ts'
import { SEED_GROUP } from './swarm-parameters.ts'

/** Those who came without the content. */
export function leechersOf({ clients }: Pick<RunResult, 'clients'>, group?: string): ClientResult[] {
  return clients.filter((client) => !client.isSeed && (group === undefined || client.group === group))
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** From arrival to completion, of those that were complete. */
export function meanDownloadSeconds(clients: readonly ClientResult[]): number | null {
  return mean(clients.flatMap(({ completedSeconds }) => completedSeconds ?? []))
}

/** From the start of the clients; null unless all of these were complete. */
export function lastCompletionSeconds(clients: readonly ClientResult[]): number | null {
  let last = 0
  for (const { arrivedSeconds, completedSeconds } of clients) {
    if (completedSeconds === null) return null
    last = Math.max(last, arrivedSeconds + completedSeconds)
  }
  return clients.length === 0 ? null : last
}

/**
 * How much more comes from leechers of one's own class than if whoever sends did not care to whom: 1 is no preference.
 * The mean over those that received anything; whom one could have received from is everybody else, by what they sent.
 */
export function clusteringRatio({ clients }: Pick<RunResult, 'clients'>): number | null {
  const leechers = clients.filter(({ group }) => group !== SEED_GROUP)
  const sentByGroup = new Map<string, number>()
  let sentByAll = 0
  for (const { group, sentBytes } of leechers) {
    sentByGroup.set(group, (sentByGroup.get(group) ?? 0) + sentBytes)
    sentByAll += sentBytes
  }
  const ratios = leechers.flatMap(({ group, sentBytes, receivedBytes, fromSeedsBytes, fromGroupBytes }) => {
    const fromLeechers = receivedBytes - fromSeedsBytes
    const indifferent = (sentByGroup.get(group)! - sentBytes) / (sentByAll - sentBytes)
    return fromLeechers > 0 && indifferent > 0 ? [fromGroupBytes / fromLeechers / indifferent] : []
  })
  return mean(ratios)
}

/** Figures without those that have no value. */
export function known<Name extends string>(
  figures: Readonly<Record<Name, number | null>>,
): Partial<Record<Name, number>> {
  const entries = Object.entries<number | null>(figures).filter(([, value]) => value !== null)
  return Object.fromEntries(entries) as Partial<Record<Name, number>>
}
