/**
 * How far the hosts of a plan may run ahead of each other: the shortest way between two of them. None where something
 * touches several hosts at once, or may shorten a way that is under way: a link that a script changes, a crash.
 *
 * Only swarms gain from it. A single client with its scripted peers is looked at event by event.
 */
import { type Link, PERFECT_LINK } from '../../../links/link.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'

/** In ms; 0: they may not. */
export function lookaheadMs(plan: SwarmPlan): number {
  const hasSteps = plan.seeders.some(({ script }) => script.length > 0)
  if (plan.others.length === 0 || plan.crash !== null || hasSteps) return 0
  const links = [PERFECT_LINK, ...plan.seeders.map(({ link }) => link), ...clientsOf(plan).map(({ link }) => link)]
  const [first = 0, second = 0] = links.map(shortestRttMs).sort((a, b) => a - b)
  return (first + second) / 2
}

/** Whatever becomes of it. */
function shortestRttMs({ rttMs, schedule = [] }: Link): number {
  return schedule.reduce((shortest, change) => Math.min(shortest, change.rttMs ?? shortest), rttMs)
}
