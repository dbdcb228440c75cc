/** Shaped TCP passes the suite that TCP passes, whichever side is shaped. */

import { runEventLoop } from '../client/node/clock.testing.ts'
import { preciseClock } from '../client/node/clock.ts'
import { tcpTransport } from '../client/node/tcp.ts'
import { transportCompliance } from '../client/ports/transport.compliance.ts'
import { PERFECT_LINK } from './link.ts'
import { Host } from './network.ts'
import { PacedTimeline } from './paced-timeline.ts'
import { shapedTransport } from './shaped-transport.ts'

const LISTENING = '127.0.0.1'
const CONNECTING = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
const LINK = { ...PERFECT_LINK, upBytesPerSecond: 250e6, downBytesPerSecond: 250e6, rttMs: 1 }

for (const shapedHost of new Set([LISTENING, CONNECTING])) {
  transportCompliance(`shaped, seen from ${shapedHost}`, () => {
    const clock = preciseClock()
    const timeline = new PacedTimeline(clock)
    const local = new Host(timeline.queue, LINK)
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
