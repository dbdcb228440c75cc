/** What the compliance suite cannot say of a simulated network, since it does not know its links: when things happen. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Connection, ConnectionHandler, PeerAddress, Transport } from '../client/ports/transport.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { RECEIVE_WINDOW_BYTES } from '../links/unit.ts'
import { seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { type HostOptions, SimulatedNetwork } from './transport.ts'

// Round trips of 30 and 50 ms: 40 ms one way between the two.
const NEAR_LINK: Link = { ...PERFECT_LINK, rttMs: 30 }
const FAR_LINK: Link = { ...PERFECT_LINK, rttMs: 50 }
const FAR: PeerAddress = { host: '127.0.0.2', port: 6881 }

let simulation: Simulation
let network: SimulatedNetwork
let near: Transport
let far: Transport
let log: string[]

beforeEach(() => {
  simulation = new Simulation()
  network = new SimulatedNetwork(simulation, { below: () => 0 })
  near = network.addHost('127.0.0.1', NEAR_LINK)
  far = network.addHost('127.0.0.2', FAR_LINK)
  log = []
})

function recorder(name: string): ConnectionHandler {
  return {
    opened: (nowMs) => log.push(`${name} opened at ${nowMs}`),
    received: (nowMs, chunk) => log.push(`${name} received ${chunk.length} at ${nowMs}`),
    drained: (nowMs) => log.push(`${name} drained at ${nowMs}`),
    ended: (nowMs, end) => log.push(`${name} ${end} at ${nowMs}`),
  }
}

/** The far host listens; what it accepts is logged, and may be used. */
function listen(accepted: (connection: Connection) => void = () => {}) {
  return far.listen(FAR, {
    listening: () => {},
    failed: (_, { code }) => log.push(code),
    accepted: (nowMs, connection) => {
      log.push(`accepted at ${nowMs}`)
      accepted(connection)
      return recorder('far')
    },
  })
}

function run(untilMs = 1e6): void {
  simulation.run(() => false, untilMs)
}

describe('a connect', () => {
  test('is accepted after half a round trip, opens after a whole, and what was sent at once comes after one and a half', () => {
    listen()
    near.connect(FAR, recorder('near')).send(new Uint8Array(68))
    run()
    expect(log).toEqual(['accepted at 40', 'near opened at 80', 'near drained at 80', 'far received 68 at 120'])
  })

  test('to a port that nobody listens on is refused after a round trip', () => {
    near.connect(FAR, recorder('near')).send(new Uint8Array(68))
    run()
    expect(log).toEqual(['near refused at 80'])
  })

  test('is refused too when the listener closed while it was on its way, and not when it closed after', () => {
    const listener = listen()
    near.connect(FAR, recorder('first'))
    simulation.inMs(41, () => listener.close())
    simulation.inMs(20, () => near.connect(FAR, recorder('second')))
    run()
    expect(log).toEqual(['accepted at 40', 'first opened at 80', 'second refused at 100'])
  })

  test('to an address that is no host meets silence, until its owner gives up', () => {
    const connection = near.connect({ host: '127.0.0.9', port: 6881 }, recorder('near'))
    connection.send(new Uint8Array(68))
    run()
    expect(log).toEqual([])
    connection.close()
    run()
    expect(log).toEqual(['near closed at 0'])
  })

  test('that is given up on its way reaches the listener all the same, and ends there as a reset', () => {
    listen()
    const connection = near.connect(FAR, recorder('near'))
    simulation.inMs(10, () => connection.close())
    run()
    expect(log).toEqual(['near closed at 10', 'accepted at 40', 'far reset at 50'])
  })

  test('to a peer that resets what it accepts opens, and is reset at that instant', () => {
    listen((connection) => connection.reset())
    near.connect(FAR, recorder('near'))
    run()
    expect(log).toEqual(['accepted at 40', 'far closed at 40', 'near opened at 80', 'near reset at 80'])
  })

  test('to the own host is a connection like any', () => {
    const self = { host: '127.0.0.1', port: 6881 }
    near.listen(self, { listening: () => {}, failed: () => {}, accepted: () => recorder('accepted') })
    near.connect(self, recorder('near')).send(new Uint8Array(1))
    run()
    expect(log).toEqual(['near opened at 60', 'near drained at 60', 'accepted received 1 at 90'])
  })

  test('comes from a port of its own', () => {
    const remotes: PeerAddress[] = []
    listen(({ remote }) => remotes.push(remote))
    for (let index = 0; index < 3; index++) near.connect(FAR, recorder('near'))
    run(50)
    expect(new Set(remotes.map(({ port }) => port)).size).toBe(3)
    expect(remotes.every(({ host, port }) => host === '127.0.0.1' && port >= 49_152)).toBe(true)
  })
})

describe('a connection', () => {
  test('ends there half a round trip after a close, and here when the FIN has left', () => {
    listen()
    const connection = near.connect(FAR, recorder('near'))
    run()
    log.length = 0
    simulation.inMs(20, () => connection.close())
    run()
    expect(log).toEqual(['near closed at 100', 'far fin at 140'])
  })

  test('takes the rate of the sender, and a change of its link at once', () => {
    listen()
    const connection = near.connect(FAR, recorder('near'))
    run()
    log.length = 0
    // A unit of 1,000 bytes takes 10 ms, then 20 ms; of the second half has left by then.
    network.setLink('127.0.0.1', { ...NEAR_LINK, upBytesPerSecond: 100_000 })
    for (let unit = 0; unit < 3; unit++) connection.send(new Uint8Array(1_000))
    simulation.inMs(15, () => network.setLink('127.0.0.1', { ...NEAR_LINK, upBytesPerSecond: 50_000 }))
    run()
    expect(log).toEqual([
      'near drained at 125',
      'far received 1000 at 130',
      'far received 1000 at 145',
      'far received 1000 at 165',
    ])
  })
})

describe('who has sent all', () => {
  test('and resets the moment it hears of that comes behind what it sent', () => {
    listen()
    network.setLink('127.0.0.1', { ...NEAR_LINK, upBytesPerSecond: 100_000 })
    const connection: Connection = near.connect(FAR, { ...recorder('near'), drained: () => connection.reset() })
    connection.send(new Uint8Array(1_000))
    run()
    // Open at 80, 10 ms on the uplink, 40 on the way.
    expect(log).toEqual([
      'accepted at 40',
      'near opened at 80',
      'near closed at 90',
      'far received 1000 at 130',
      'far reset at 130',
    ])
  })
})

describe('a receiver that is paused', () => {
  /** Units of 1,000 bytes, one each 10 ms, and 40 ms on the way. */
  function flood(units: number): { near: Connection; far: Connection } {
    let accepted: Connection | null = null
    listen((connection) => {
      accepted = connection
      connection.pauseReceiving()
    })
    network.setLink('127.0.0.1', { ...NEAR_LINK, upBytesPerSecond: 100_000 })
    const connection = near.connect(FAR, recorder('near'))
    for (let unit = 0; unit < units; unit++) connection.send(new Uint8Array(1_000))
    run()
    return { near: connection, far: accepted! }
  }

  test('takes its window without holding the sender up', () => {
    const units = Math.floor((RECEIVE_WINDOW_BYTES - 1) / 1_000)
    const { near } = flood(units)
    expect(near.unsentBytes).toBe(0)
    expect(log.slice(2)).toEqual([`near drained at ${80 + units * 10}`])
  })

  test('takes what is on its way when the window is full, and then the sender waits; resumed, it gets all', () => {
    const units = 1_000
    const { near, far } = flood(units)
    // The unit that fills the window, four behind it on the way, and four that leave until the sender hears of it.
    const taken = Math.ceil(RECEIVE_WINDOW_BYTES / 1_000) + 8
    expect(near.unsentBytes).toBe((units - taken) * 1_000)
    expect(log.slice(2)).toEqual([])
    far.resumeReceiving()
    run()
    const received = log.filter((line) => line.startsWith('far received 1000'))
    expect([received.length, near.unsentBytes]).toEqual([units, 0])
  })
})

describe('listening', () => {
  test.each([
    ['an address in use', FAR, 'in-use'],
    ['an address of another host', { host: '127.0.0.1', port: 1 }, 'not-available'],
  ])('on %s fails, in a later call', (_, address, code) => {
    listen()
    run()
    far.listen(address, {
      listening: () => log.push('listening'),
      failed: (_, fault) => log.push(fault.code),
      accepted: () => recorder('none'),
    })
    expect(log).toEqual([])
    run()
    expect(log).toEqual([code])
  })

  test('on port 0 takes a free one; a port that was closed is free again', () => {
    const ports: number[] = []
    const open = (port: number) =>
      far.listen(
        { host: FAR.host, port },
        {
          listening: (_, local) => ports.push(local.port),
          failed: (_, { code }) => log.push(code),
          accepted: () => recorder('none'),
        },
      )
    open(0)
    const second = open(0)
    run()
    second.close()
    open(ports[1]!)
    run()
    expect([log, ports.length, ports[0] === ports[1], ports[1] === ports[2]]).toEqual([[], 3, false, true])
  })
})

describe('a host behind a NAT', () => {
  const BEHIND = { host: '127.0.0.5', port: 6881 }
  const listenBehind = (options: HostOptions) =>
    network.addHost(BEHIND.host, FAR_LINK, options).listen(BEHIND, {
      listening: () => {},
      failed: () => {},
      accepted: () => recorder('behind'),
    })

  test.each<[HostOptions, string[]]>([
    [{ isReachable: false }, []],
    [{ isReachable: false, unreachableAs: 'silent' }, []],
    [{ isReachable: false, unreachableAs: 'refused' }, ['near refused at 80']],
    [{ isReachable: true, unreachableAs: 'refused' }, ['near opened at 80']],
    [{}, ['near opened at 80']],
  ])('(%j) that listens is dialled: %j', (options, expected) => {
    listenBehind(options)
    near.connect(BEHIND, recorder('near'))
    run()
    expect(log).toEqual(expected)
  })

  test('dials as anybody, and is answered', () => {
    const behind = network.addHost(BEHIND.host, FAR_LINK, { isReachable: false })
    listen((connection) => connection.send(new Uint8Array(7)))
    behind.connect(FAR, recorder('behind')).send(new Uint8Array(5))
    run()
    expect(log.toSorted()).toEqual([
      'accepted at 50',
      'behind drained at 100',
      'behind opened at 100',
      'behind received 7 at 100',
      'far drained at 50',
      'far received 5 at 150',
    ])
  })

  test('reaches itself', () => {
    const self = network.addHost('127.0.0.6', FAR_LINK, { isReachable: false })
    self.listen(
      { host: '127.0.0.6', port: 1 },
      { listening: () => {}, failed: () => {}, accepted: () => recorder('it') },
    )
    self.connect({ host: '127.0.0.6', port: 1 }, recorder('self'))
    run()
    expect(log).toEqual(['self opened at 100'])
  })
})

describe('what is late or lost', () => {
  const JITTERY: Link = { ...PERFECT_LINK, jitterMs: 20 }
  /** When each of 20 bytes from this host arrives at the far one, while others send as many. */
  const arrivals = (senders: readonly string[]): string[] => {
    simulation = new Simulation()
    network = new SimulatedNetwork(simulation, { below: () => expect.fail('the stream of the network was used') })
    const streams = (index: number): HostOptions => ({ random: (purpose) => seededRandom(1, index, purpose) })
    far = network.addHost(FAR.host, JITTERY, streams(0))
    const arrived: string[] = []
    far.listen(FAR, {
      listening: () => {},
      failed: () => {},
      accepted: (_, { remote }) => ({
        ...recorder('far'),
        received: (nowMs, chunk) => arrived.push(`${remote.host} ${chunk.length} at ${nowMs}`),
      }),
    })
    for (const host of senders) {
      const connection = network
        .addHost(host, JITTERY, streams(Number(host.split('.')[3])))
        .connect(FAR, recorder('sender'))
      for (let ms = 100; ms < 2_100; ms += 100) simulation.inMs(ms, () => connection.send(new Uint8Array(ms)))
    }
    run()
    return arrived
  }

  test('is drawn from a stream of the sender: what others send does not shift it', () => {
    const alone = arrivals(['127.0.0.7'])
    const together = arrivals(['127.0.0.8', '127.0.0.7', '127.0.0.9'])
    expect(alone).toHaveLength(20)
    expect(together).toHaveLength(60)
    expect(together.filter((line) => line.startsWith('127.0.0.7'))).toEqual(alone)
  })
})

test('a round trip is the sum of both hosts, and nothing is known of what is no host', () => {
  expect(network.roundTripMs('127.0.0.1', '127.0.0.2')).toBe(80)
  expect(network.roundTripMs('127.0.0.1', '127.0.0.9')).toBe(null)
  network.setLink('127.0.0.9', NEAR_LINK)
})
