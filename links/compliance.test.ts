/** The clock of a timeline that a real clock paces is a clock like any. */
import { runEventLoop } from '../client/node/clock.testing.ts'
import { preciseClock } from '../client/node/clock.ts'
import { clockCompliance } from '../client/ports/clock.compliance.ts'
import { PacedTimeline } from './paced-timeline.ts'

clockCompliance('paced', () => {
  const timeline = new PacedTimeline(preciseClock())
  return { clock: timeline.clock, run: runEventLoop, close: () => {} }
})
