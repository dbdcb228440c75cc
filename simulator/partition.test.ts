/** What a partition does to what is under way, and to what is sent into it. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Connection, ConnectionHandler, Transport } from '../client/ports/transport.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { RECEIVE_WINDOW_BYTES } from '../links/unit.ts'
import { SimulatedDatagrams } from './datagrams.ts'
import { SimulatedHttp } from './http.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const NEAR = '127.0.0.1'
const FAR = { host: '127.0.0.2', port: 6881 }
const OTHER = { host: '127.0.0.3', port: 6881 }
/** 50 ms one way, so a retransmission comes 300, 900, 2,100, 4,500 ms after what was lost, and is there 50 ms later. */
const LINK = { ...PERFECT_LINK, rttMs: 50 }

let simulation: Simulation
let network: SimulatedNetwork
let transports: Map<string, Transport>
let log: string[]

beforeEach(() => {
  simulation = new Simulation()
  network = new SimulatedNetwork(simulation, { below: () => 0 })
  transports = new Map([NEAR, FAR.host, OTHER.host].map((host) => [host, network.addHost(host, LINK)]))
  log = []
})

function recorder(name: string): ConnectionHandler {
  return {
    opened: (nowMs) => log.push(`${name} opened at ${nowMs}`),
    received: (nowMs, chunk) => log.push(`${name} received ${chunk.length} at ${nowMs}`),
    drained: () => {},
    ended: (nowMs, end) => log.push(`${name} ${end} at ${nowMs}`),
  }
}

/** Both ends, a second later. */
function connected(to = FAR): { near: Connection; far: Connection } {
  let far: Connection | null = null
  const name = to === FAR ? 'far' : 'other'
  transports.get(to.host)!.listen(to, {
    listening: () => {},
    failed: () => {},
    accepted: (_, connection) => {
      far = connection
      return recorder(name)
    },
  })
  const near = transports.get(NEAR)!.connect(to, recorder('near'))
  run(simulation.nowMs + 1_000)
  log = []
  return { near, far: far! }
}

function run(untilMs: number): void {
  simulation.run(() => false, untilMs)
  simulation.advanceTo(untilMs * 1e6)
}

const at = (ms: number, action: () => void) => simulation.inMs(ms - simulation.nowMs, action)
const send = (connection: Connection, bytes: number) => connection.send(new Uint8Array(bytes))

describe('between hosts that a partition separates', () => {
  test.each([
    // Lost at 2,000 ms: tried again at 2,300, 2,900, 4,100.
    [2_100, 2_350],
    [2_300, 2_350],
    [2_301, 2_950],
    [3_500, 4_150],
  ])('what is sent is kept until it has healed (at %d ms) and TCP tries again: there at %d', (healedMs, thereMs) => {
    const { near } = connected()
    at(1_500, () => network.partition([[NEAR], [FAR.host]]))
    at(2_000, () => send(near, 1))
    at(2_200, () => send(near, 2))
    at(healedMs, () => network.partition(null))
    const thirdMs = Math.max(2_200, healedMs) + 1
    at(thirdMs, () => send(near, 3))
    run(10_000)
    // What is sent after it has healed waits for what was sent before it.
    const third = `far received 3 at ${Math.max(thereMs, thirdMs + 50)}`
    expect(log).toEqual([...[1, 2].map((bytes) => `far received ${bytes} at ${thereMs}`), third])
  })

  test('what is on its way is kept too, and the other hosts go on', () => {
    const { near } = connected()
    const { near: toOther } = connected(OTHER)
    at(2_000, () => send(near, 1))
    at(2_010, () => network.partition([[NEAR], [FAR.host]]))
    at(2_100, () => send(toOther, 2))
    run(5_000)
    expect(log).toEqual(['other received 2 at 2150'])
  })

  test('a sender stops when a window is on its way, and goes on when it has healed', () => {
    const { near } = connected()
    network.setLink(NEAR, { ...LINK, upBytesPerSecond: 1_000_000 })
    network.partition([[NEAR], [FAR.host]])
    for (let unit = 0; unit < 1_000; unit++) send(near, 1_000)
    run(5_000)
    // A unit a millisecond: those of the 50 ms until the first would arrive are on their way as well.
    expect(near.unsentBytes).toBe(1_000_000 - Math.ceil(RECEIVE_WINDOW_BYTES / 1_000) * 1_000 - 50_000)
    expect(log).toEqual([])
    network.partition(null)
    run(20_000)
    expect([near.unsentBytes, log.length]).toEqual([0, 1_000])
  })

  test('a connect waits, and opens when it has healed', () => {
    connected()
    network.partition([[NEAR], [FAR.host]])
    transports.get(NEAR)!.connect(FAR, recorder('new'))
    at(1_200, () => network.partition(null))
    run(5_000)
    expect(log).toEqual(['new opened at 1400'])
  })

  test('one partition follows another: what the second does not separate is healed', () => {
    const { near } = connected()
    const { near: toOther } = connected(OTHER)
    network.partition([[NEAR], [FAR.host, OTHER.host]])
    at(2_001, () => [near, toOther].map((each) => send(each, 1)))
    at(2_100, () => network.partition([[NEAR, OTHER.host], [FAR.host]]))
    run(50_000)
    expect(log).toEqual(['other received 1 at 2351'])
  })
})

describe('where connections give up', () => {
  test('the end that sent is reset after so long, and the other hears of it when it has healed', () => {
    const { near, far } = connected()
    network.partition([[NEAR], [FAR.host]], { resetAfterMs: 5_000 })
    at(2_000, () => send(near, 1))
    at(60_000, () => network.partition(null))
    run(59_999)
    expect(log).toEqual(['near reset at 7050'])
    run(200_000)
    // Tried again 300 x (2^n - 1) ms after it was sent: at 78,500 ms the eighth time.
    expect(log.slice(1)).toEqual(['far received 1 at 78550', 'far reset at 78550'])
    expect(far.unsentBytes).toBe(0)
  })

  test('who healed in time does not, and who had nothing to send does not either', () => {
    const { near } = connected()
    network.partition([[NEAR], [FAR.host]], { resetAfterMs: 5_000 })
    at(2_000, () => send(near, 1))
    at(6_000, () => network.partition(null))
    run(100_000)
    expect(log).toEqual(['far received 1 at 6550'])
  })

  test('a connect that nobody answers is unreachable', () => {
    network.partition([[NEAR], [FAR.host]], { resetAfterMs: 5_000 })
    transports.get(NEAR)!.connect(FAR, recorder('near'))
    run(100_000)
    expect(log).toEqual(['near unreachable at 5050'])
  })
})

test('datagrams and requests into a partition are lost', () => {
  const http = new SimulatedHttp(simulation, network)
  const body = new Uint8Array(1)
  http.serve(FAR.host, 80, { handle: () => ({ kind: 'answer', status: 200, body, delayMs: 0 }) })
  const datagrams = new SimulatedDatagrams(simulation, network)
  const local = { host: FAR.host, port: 7 }
  datagrams.of(FAR.host).listen(local, {
    listening: () => {},
    failed: () => {},
    received: (nowMs, bytes) => log.push(`datagram ${bytes.length} at ${nowMs}`),
  })
  const socket = datagrams.of(NEAR).connect(local, { opened: () => {}, received: () => {}, failed: () => {} })
  const ask = (bytes: number) => {
    socket.send(new Uint8Array(bytes))
    http
      .client(NEAR)
      .get({ url: `http://${FAR.host}/`, timeoutMs: 2_000, bodyBytesMax: 9 }, (nowMs, outcome) =>
        log.push(`${outcome.kind === 'fault' ? outcome.code : outcome.status} at ${nowMs}`),
      )
  }
  at(1_000, () => ask(1))
  at(2_000, () => network.partition([[NEAR], [FAR.host]]))
  at(3_000, () => ask(2))
  at(4_000, () => network.partition(null))
  at(6_000, () => ask(3))
  run(10_000)
  expect(log).toEqual(['datagram 1 at 1050', '200 at 1200', 'timeout at 5000', 'datagram 3 at 6050', '200 at 6200'])
})
