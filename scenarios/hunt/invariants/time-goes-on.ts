/** Virtual time goes on: nothing goes round and round at one instant, and a second holds so many events and no more. */
import { type Invariant, Violation } from '../violation.ts'

const PROPERTY = 'time-goes-on'
/** A piece of 64 blocks that is checked, stored and told to everybody is some hundreds of them. */
const EVENTS_AT_ONCE_MAX = 20_000
/** As many as a thousand peers at 100 Mbit/s would make. */
const EVENTS_PER_SECOND_MAX = 1_000_000

export function timeGoesOn(): Invariant {
  let atMs = -1
  let atOnce = 0
  let inSecond = 0
  return {
    settled: (nowMs) => {
      inSecond++
      atOnce = nowMs === atMs ? atOnce + 1 : 0
      atMs = nowMs
      if (atOnce > EVENTS_AT_ONCE_MAX) throw new Violation(PROPERTY, `${atOnce} events at ${nowMs} ms`)
      if (inSecond > EVENTS_PER_SECOND_MAX) throw new Violation(PROPERTY, `${inSecond} events in a second`)
    },
    everySecond: () => {
      inSecond = 0
    },
  }
}
