/** TCP with taps on it passes the suite that TCP passes. */
import { poisonBorrowed } from '../ports/poison.compliance.ts'
import { transportCompliance } from '../ports/transport.compliance.ts'
import { pcapTap } from '../tap/pcap.ts'
import { tappedTransport, tapsTogether } from '../tap/tapped-transport.ts'
import { wireTrace } from '../tap/wire-trace.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { tcpTransport } from './tcp.ts'

transportCompliance('node, tapped', () => {
  const clock = nodeClock()
  const tap = tapsTogether([
    pcapTap({ originUnixMs: 0, write() {} }),
    wireTrace({ startMs: clock.nowMs(), pieceCount: () => null, write() {} }),
  ])
  return {
    clock,
    hosts: ['127.0.0.1', process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'],
    nowhere: { host: '127.0.0.256', port: 9 },
    transport: (localHost) =>
      poisonBorrowed(tappedTransport(tcpTransport({ clock, localHost }), tap, { clock, localHost })),
    run: runEventLoop,
    close: () => {},
  }
})
