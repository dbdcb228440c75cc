/** A simulated transport with taps on it passes the suite, and what it took in virtual time is in the file. */
import { expect, test } from 'vitest'
import { joined } from '../client/ports/bytes.ts'
import { transportCompliance } from '../client/ports/transport.compliance.ts'
import { NO_HANDLER } from '../client/ports/transport.ts'
import { readPcap } from '../client/tap/pcap.testing.ts'
import { pcapTap } from '../client/tap/pcap.ts'
import { tappedTransport } from '../client/tap/tapped-transport.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const US = '127.0.0.1'
const THEM = '127.0.0.2'
const LIMIT_MS = 3_600_000

transportCompliance('simulated, 1 Gbit/s, 1 ms, tapped', () => {
  const simulation = new Simulation()
  const { clock } = simulation
  const network = new SimulatedNetwork(simulation, seededRandom(1, -1, PURPOSE.links))
  const link = { ...PERFECT_LINK, upBytesPerSecond: 125e6, downBytesPerSecond: 125e6, rttMs: 0.5 }
  const tap = pcapTap({ originUnixMs: 0, write() {} })
  const transports = new Map(
    [US, THEM].map((localHost) => [
      localHost,
      tappedTransport(network.addHost(localHost, link), tap, { clock, localHost }),
    ]),
  )
  return {
    clock,
    hosts: [US, THEM],
    nowhere: { host: '127.0.0.3', port: 9 },
    transport: (host) => transports.get(host)!,
    run(until) {
      const ended = simulation.run(until, LIMIT_MS)
      return ended === 'done' ? Promise.resolve() : Promise.reject(new Error(`it never came: ${ended}`))
    },
    close: () => {},
  }
})

// Round trips of 30 and 50 ms: 80 ms between the two.
test('a dial takes a round trip between the packets in the file, and virtual time starts in 1970', () => {
  const simulation = new Simulation()
  const { clock } = simulation
  const network = new SimulatedNetwork(simulation, { below: () => 0 })
  const inner = network.addHost(US, { ...PERFECT_LINK, rttMs: 30 })
  const remote = network.addHost(THEM, { ...PERFECT_LINK, rttMs: 50 })
  const written: Uint8Array[] = []
  const tap = pcapTap({ originUnixMs: 0, write: (bytes) => written.push(bytes) })
  remote.listen(
    { host: THEM, port: 6881 },
    {
      listening() {},
      failed() {},
      accepted(_, connection) {
        connection.send(new Uint8Array(68))
        return NO_HANDLER
      },
    },
  )
  const us = tappedTransport(inner, tap, { clock, localHost: US })
  const connection = us.connect({ host: THEM, port: 6881 }, { ...NO_HANDLER, received: () => connection.close() })
  expect(simulation.run(() => false, LIMIT_MS)).toBe('idle')
  const packets = readPcap(joined(written))
  expect(
    packets.map(({ flags, seconds, nanoseconds, payload }) => `${flags} ${seconds} ${nanoseconds} ${payload.length}`),
  ).toEqual([
    'SYN 0 0 0',
    'SYN ACK 0 80000000 0',
    'ACK 0 80000000 0',
    'PSH ACK 0 80000000 68',
    'FIN ACK 0 80000000 0',
    'FIN ACK 0 80000000 0',
    'ACK 0 80000000 0',
  ])
})
