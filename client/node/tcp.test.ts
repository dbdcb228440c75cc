import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../ports/clock.ts'
import { poisonBorrowed } from '../ports/poison.compliance.ts'
import { transportCompliance } from '../ports/transport.compliance.ts'
import type { PeerAddress, Transport } from '../ports/transport.ts'
import { Listening, PATTERN, pattern, Rules, Side } from '../ports/transport-recorder.compliance.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { LINGER_MS, tcpTransport } from './tcp.ts'

const LOCALHOST = '127.0.0.1'

/** Reserved for documentation (RFC 5737), so no interface has it; only ever bound to, never sent to. */
const NOT_OURS = '198.51.100.1'

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

transportCompliance('node', () => {
  const clock = nodeClock()
  return {
    clock,
    hosts: [LOCALHOST, process.platform === 'linux' ? '127.0.0.2' : LOCALHOST], // other systems have just one
    nowhere: { host: '127.0.0.256', port: 9 },
    transport: (localHost) => poisonBorrowed(tcpTransport({ clock, localHost })),
    run: runEventLoop,
    close: () => {},
  }
})

const rules = new Rules()
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
  expect(rules.broken.splice(0)).toEqual([])
})

function connect(remote: PeerAddress, transport: Transport, clock: Clock): Side {
  const side = new Side('near', clock, rules)
  side.attach(transport.connect(remote, side))
  cleanups.push(() => side.reset())
  return side
}

async function listen(host: string, transport: Transport, clock: Clock): Promise<Listening> {
  const listening = new Listening(transport, { host, port: 0 }, clock, rules)
  await runEventLoop(() => listening.local !== null || listening.fault !== null)
  cleanups.push(() => listening.close())
  return listening
}

/** A remote that is not ours: what `act` does with each connection. */
async function rawServer(act: (socket: net.Socket) => void): Promise<PeerAddress> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    cleanups.push(() => socket.destroy())
    act(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, LOCALHOST, resolve))
  cleanups.push(() => server.close())
  return { host: LOCALHOST, port: (server.address() as net.AddressInfo).port }
}

/** A real clock whose alarms wake when the test says so. */
function handClock() {
  const real = nodeClock()
  let wake: ((nowMs: number) => void) | null = null
  const armedMs: number[] = []
  const clock: Clock = {
    nowMs: () => real.nowMs(),
    alarm(alarmWake) {
      return {
        set(deadlineMs) {
          wake = deadlineMs === null ? null : alarmWake
          if (deadlineMs !== null) armedMs.push(deadlineMs - real.nowMs())
        },
      }
    },
  }
  return { clock, armedMs, wake: () => wake?.(real.nowMs()), isArmed: () => wake !== null }
}

describe('bytes', () => {
  test('100 requests sent in one turn leave as one segment', async () => {
    const chunks: number[] = []
    const remote = await rawServer((socket) => socket.on('data', (chunk) => chunks.push(chunk.length)))
    const clock = nodeClock()
    const near = connect(remote, tcpTransport({ clock }), clock)
    await runEventLoop(() => near.log.includes('opened'))
    for (let request = 0; request < 100; request++) near.send(new Uint8Array(17))
    await runEventLoop(() => chunks.length > 0)
    expect(chunks).toEqual([1_700])
  })

  test('a connection that we opened lends its chunks, an accepted one gives them away', async () => {
    const clock = nodeClock()
    const transport = tcpTransport({ clock })
    const listening = await listen(LOCALHOST, transport, clock)
    const near = connect(listening.local!, transport, clock)
    await runEventLoop(() => near.log.includes('opened') && listening.sides.length === 1)
    const far = listening.sides[0]!
    const ownerships: string[] = []
    for (const side of [near, far]) {
      side.onReceived = (_chunk, ownership) => ownerships.push(ownership)
      const other = side === near ? far : near
      other.send(pattern(0, 10))
      await runEventLoop(() => side.receivedBytes === 10)
    }
    expect(ownerships).toEqual(['borrowed', 'owned'])
  })
})

describe('close', () => {
  test('a remote that reads nothing is reset when the linger time is over', async () => {
    const remote = await rawServer((socket) => socket.pause())
    const { clock, armedMs, wake, isArmed } = handClock()
    const near = connect(remote, tcpTransport({ clock }), clock)
    await runEventLoop(() => near.log.includes('opened'))
    near.sendPattern(64)
    near.close()
    await runEventLoop(() => isArmed())
    expect(Math.round(armedMs[0]!)).toBe(LINGER_MS)
    expect(near.end).toBe(null)
    wake()
    await runEventLoop(() => near.end !== null)
    expect(near.log).toEqual(['opened', 'ended: closed'])
  })

  test('a remote that never closes its side is reset when the linger time is over', async () => {
    const remoteSaw: string[] = []
    let remoteSocket: net.Socket | null = null
    const remote = await rawServer((socket) => {
      remoteSocket = socket.on('end', () => remoteSaw.push('FIN')).resume()
      socket.on('error', (error: NodeJS.ErrnoException) => remoteSaw.push(error.code!))
    })
    const { clock, wake } = handClock()
    const near = connect(remote, tcpTransport({ clock }), clock)
    await runEventLoop(() => near.log.includes('opened'))
    near.send(PATTERN)
    near.close()
    await runEventLoop(() => remoteSaw.includes('FIN'))
    expect(near.end).toBe(null)
    wake()
    await runEventLoop(() => near.end !== null)
    expect(near.log).toEqual(['opened', 'ended: closed'])
    remoteSocket!.write('too late')
    await runEventLoop(() => remoteSaw.length > 1)
    expect(remoteSaw[1]).toMatch(/^(ECONNRESET|EPIPE)$/)
  })

  test('a remote that closes in time leaves no alarm behind', async () => {
    const remote = await rawServer((socket) => socket.on('end', () => socket.end()).resume())
    const { clock, isArmed } = handClock()
    const near = connect(remote, tcpTransport({ clock }), clock)
    await runEventLoop(() => near.log.includes('opened'))
    near.close()
    expect(isArmed()).toBe(true)
    await runEventLoop(() => near.end !== null)
    expect(isArmed()).toBe(false)
  })
})

describe('addresses', () => {
  const clock = nodeClock()

  test.each([
    ['a name', { host: 'localhost', port: 80 }],
    ['nothing', { host: '', port: 80 }],
    ['port 0', { host: LOCALHOST, port: 0 }],
    ['port 65536', { host: LOCALHOST, port: 65_536 }],
    ['a port that is no number', { host: LOCALHOST, port: Number.NaN }],
  ])('connecting to %s is unreachable', async (_what, remote) => {
    const near = connect(remote, tcpTransport({ clock }), clock)
    await runEventLoop(() => near.end !== null)
    expect(near.log).toEqual(['ended: unreachable'])
  })

  test('a local host that is not ours makes every connection unreachable; one that is no address is an error', async () => {
    const listening = await listen(LOCALHOST, tcpTransport({ clock }), clock)
    const near = connect(listening.local!, tcpTransport({ clock, localHost: NOT_OURS }), clock)
    await runEventLoop(() => near.end !== null)
    expect(near.end).toBe('unreachable')
    expect(() => tcpTransport({ clock, localHost: 'localhost' })).toThrow(RangeError)
  })

  test.each([
    ['a host that is not ours', { host: NOT_OURS, port: 0 }],
    ['a name', { host: 'localhost', port: 0 }],
    ['port 65536', { host: LOCALHOST, port: 65_536 }],
  ])('listening on %s is not available', async (_what, local) => {
    const listening = new Listening(tcpTransport({ clock }), local, clock, rules)
    await runEventLoop(() => listening.fault !== null)
    expect(listening.fault).toEqual({ code: 'not-available', local })
  })

  test.skipIf(process.getuid?.() === 0)('a port that is not for us: not permitted', async () => {
    const listening = new Listening(tcpTransport({ clock }), { host: LOCALHOST, port: 1 }, clock, rules)
    await runEventLoop(() => listening.fault !== null || listening.local !== null)
    expect(listening.fault?.code).toBe('not-permitted')
  })

  test.skipIf(!HAS_IPV6)('IPv6 works, and an IPv4 peer of an IPv6 listener has an IPv4 address', async () => {
    const transport = tcpTransport({ clock })
    const listening = await listen('::', transport, clock)
    const { port } = listening.local!
    connect({ host: '::1', port }, transport, clock)
    await runEventLoop(() => listening.sides.length === 1)
    connect({ host: LOCALHOST, port }, transport, clock)
    await runEventLoop(() => listening.sides.length === 2)
    expect(listening.sides.map((side) => side.connection.remote.host)).toEqual(['::1', LOCALHOST])
  })
})
