/** Shaped TCP passes the suite that TCP passes, whichever side is shaped. */

import { runEventLoop } from '../client/node/clock.testing.ts'
import { preciseClock } from '../client/node/clock.ts'
import { tcpTransport } from '../client/node/tcp.ts'
import { transportCompliance } from '../client/ports/transport.compliance.ts'
import { Host } from './host.ts'
import { type Link, PERFECT_LINK } from './link.ts'
import { PacedTimeline } from './paced-timeline.ts'
import { shapedTransport } from './shaped-transport.ts'

const LISTENING = '127.0.0.1'
const CONNECTING = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
const LINK: Link = { ...PERFECT_LINK, upBytesPerSecond: 250e6, downBytesPerSecond: 250e6, rttMs: 1 }
/** Twice as fast and half as fast, a hundred times a second, for as long as any test takes. */
const VARYING: Link = {
  ...LINK,
  slowStart: true,
  schedule: Array.from({ length: 1_000 }, (_, change) => ({
    atMs: change * 10,
    upBytesPerSecond: change % 2 === 0 ? 500e6 : 125e6,
    rttMs: 1 + (change % 3),
  })),
}

const CASES = [...new Set([LISTENING, CONNECTING])].flatMap((shapedHost) => [
  [`seen from ${shapedHost}`, shapedHost, LINK] as const,
  [`seen from ${shapedHost}, slow start and a link that varies`, shapedHost, VARYING] as const,
])

for (const [name, shapedHost, link] of CASES) {
  transportCompliance(`shaped, ${name}`, () => {
    const clock = preciseClock()
    const timeline = new PacedTimeline(clock)
    const local = new Host(timeline.queue, link)
    timeline.call(() => local.followSchedule(timeline.nowNs, timeline.nowNs))
    const far = new Host(timeline.queue, PERFECT_LINK)
    const shaping = { timeline, random: { below: () => 0 }, local, hostOf: () => far }
    return {
      clock,
      hosts: [LISTENING, CONNECTING],
      nowhere: { host: '127.0.0.256', port: 9 },
      transport: (localHost) => {
        const inner = tcpTransport({ clock, localHost })
        return localHost === shapedHost ? shapedTransport(inner, shaping) : inner
      },
      run: runEventLoop,
      close: () => {},
    }
  })
}
