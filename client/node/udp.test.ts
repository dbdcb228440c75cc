import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { datagramsCompliance } from '../ports/datagrams.compliance.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { udpDatagrams } from './udp.ts'

const LOCALHOST = '127.0.0.1'
/** Reserved for documentation (RFC 5737), so no interface has it; only ever bound to, never sent to. */
const NOT_OURS = '198.51.100.1'
const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

const clock = nodeClock()

datagramsCompliance('node', () => ({
  clock,
  hosts: [LOCALHOST, process.platform === 'linux' ? '127.0.0.2' : LOCALHOST], // other systems have just one
  name: 'localhost',
  notOurs: NOT_OURS,
  datagrams: (localHost) => udpDatagrams({ clock, localHost }),
  run: runEventLoop,
  close: () => {},
}))

if (HAS_IPV6) {
  datagramsCompliance('node, IPv6', () => ({
    clock,
    hosts: ['::1', '::1'],
    name: '::1',
    notOurs: '2001:db8::1',
    datagrams: () => udpDatagrams({ clock }),
    run: runEventLoop,
    close: () => {},
  }))

  test('a listener on every address hears IPv4 as IPv4, and answers it', async () => {
    const datagrams = udpDatagrams({ clock })
    let local: PeerAddress | null = null
    let from: PeerAddress | null = null
    const listener = datagrams.listen(
      { host: '::', port: 0 },
      {
        listening: (_, bound) => {
          local = bound
        },
        failed: () => {},
        received: (_, bytes, remote) => {
          from = remote
          listener.send(bytes, remote)
        },
      },
    )
    await runEventLoop(() => local !== null)
    let answer: Uint8Array | null = null
    const socket = datagrams.connect(
      { host: LOCALHOST, port: local!.port },
      {
        opened: () => socket.send(Uint8Array.of(7)),
        received: (_, bytes) => {
          answer = bytes
        },
        failed: () => {},
      },
    )
    await runEventLoop(() => answer !== null)
    expect([from!.host, answer]).toEqual([LOCALHOST, Uint8Array.of(7)])
    socket.close()
    listener.close()
  })
}
