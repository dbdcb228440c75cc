/** What a behaviour sends again and again: so often a second, so often in all, and never more than the other end takes. */
import { z } from 'zod'
import type { BehaviourHost } from './behaviour.ts'
import type { Session } from './session.ts'

export interface Rate {
  readonly perSecond: number
  readonly count: number
}

const PER_SECOND_MAX = 20_000
const COUNT_MAX = 1_000_000
/** What would be sent more often goes in bursts. */
const TICK_MS_MIN = 10
/** Of one connection, unsent; beyond it nothing is added. */
const BACKLOG_BYTES_MAX = 1_048_576

export function rateOptions(defaults: Rate) {
  return {
    perSecond: z
      .number()
      .positive()
      .max(PER_SECOND_MAX)
      .default(defaults.perSecond)
      .describe('so often a second, at each connection'),
    count: z
      .number()
      .int()
      .positive()
      .max(COUNT_MAX)
      .default(defaults.count)
      .describe('so often in all, all connections together'),
  }
}

/** `act` is called for every connection, the later ones too, the first time as soon as it is open. */
export function atRate(host: BehaviourHost, { perSecond, count }: Rate, act: (session: Session) => void): void {
  const tickMs = Math.max(TICK_MS_MIN, 1_000 / perSecond)
  let left = count
  host.sessions.onOpen((session) => {
    let ticks = 0
    let due = 1
    const tick = (): void => {
      for (; due >= 1 && left > 0 && session.isOpen && session.unsentBytes < BACKLOG_BYTES_MAX; due--) {
        left--
        act(session)
      }
      if (left === 0 || !session.isOpen) return
      ticks++
      // What the other end did not take in time is not made up for.
      due = dueBy(ticks) - dueBy(ticks - 1)
      host.inMs(tickMs, tick)
    }
    const dueBy = (tickCount: number): number => Math.floor((tickCount * tickMs * perSecond) / 1_000 + ROUNDING)
    tick()
  })
}

/** A product of fractions that should be whole may be a little less. */
const ROUNDING = 1e-6
