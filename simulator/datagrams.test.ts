import { beforeEach, describe, expect, test } from 'vitest'
import { datagramsCompliance } from '../client/ports/datagrams.compliance.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { SimulatedDatagrams } from './datagrams.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { type HostOptions, SimulatedNetwork } from './transport.ts'

const LISTENER = '127.0.0.1'
const SENDER = '127.0.0.2'

let simulation: Simulation
let datagrams: SimulatedDatagrams

/** All hosts have this link, a third one behind a NAT among them. */
function begin(link: Partial<Link>, behind: HostOptions = {}): void {
  simulation = new Simulation()
  const random = seededRandom(1, -1, PURPOSE.links)
  const network = new SimulatedNetwork(simulation, random)
  for (const host of [LISTENER, SENDER]) network.addHost(host, { ...PERFECT_LINK, ...link })
  network.addHost('127.0.0.5', { ...PERFECT_LINK, ...link }, behind)
  datagrams = new SimulatedDatagrams(simulation, network)
  datagrams.addName('listener.test', LISTENER)
}

datagramsCompliance('simulated', () => {
  begin({ rttMs: 1, jitterMs: 0.5 })
  return {
    clock: simulation.clock,
    hosts: [LISTENER, SENDER],
    name: 'listener.test',
    notOurs: '127.0.0.3',
    datagrams: (host) => datagrams.of(host),
    run: (until) =>
      simulation.run(until, 3_600_000) === 'done' ? Promise.resolve() : Promise.reject(new Error('it never came')),
    close: () => {},
  }
})

/** So many datagrams, sent at 0 and counted from 1; when each arrives, in order of arrival. */
function send(count: number): { number: number; atMs: number }[] {
  const arrived: { number: number; atMs: number }[] = []
  datagrams.of(LISTENER).listen(
    { host: LISTENER, port: 7 },
    {
      listening: () => {},
      failed: () => {},
      received: (atMs, bytes) => arrived.push({ number: bytes.length, atMs }),
    },
  )
  const socket = datagrams.of(SENDER).connect(
    { host: LISTENER, port: 7 },
    {
      opened: () => {
        for (let number = 1; number <= count; number++) socket.send(new Uint8Array(number))
      },
      received: () => {},
      failed: () => {},
    },
  )
  simulation.run(() => false, 1e9)
  return arrived
}

describe('a datagram', () => {
  test('takes half of a round trip: half the sum of what both links add', () => {
    begin({ rttMs: 30 })
    expect(send(2)).toEqual([
      { number: 1, atMs: 30 },
      { number: 2, atMs: 30 },
    ])
  })

  test('is late by up to both jitters, on its own, so that some overtake others', () => {
    begin({ rttMs: 30, jitterMs: 10 })
    const arrived = send(1_000)
    expect(arrived).toHaveLength(1_000)
    expect(Math.min(...arrived.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(30)
    expect(Math.max(...arrived.map(({ atMs }) => atMs))).toBeLessThanOrEqual(50)
    expect(arrived.map(({ number }) => number)).not.toEqual(arrived.map((_, index) => index + 1))
  })

  // 10 % on each of two links is 20 % of 2,000: 400, with a standard deviation of 18.
  test('is lost at the sum of both loss rates', () => {
    begin({ lossRate: 0.1 })
    const lost = 2_000 - send(2_000).length
    expect(lost).toBeGreaterThan(400 - 5 * 18)
    expect(lost).toBeLessThan(400 + 5 * 18)
  })
})

describe('nobody', () => {
  let told: string[]
  beforeEach(() => {
    begin({ rttMs: 30 })
    told = []
  })
  const ask = (host: string) => {
    const socket = datagrams.of(SENDER).connect(
      { host, port: 9 },
      {
        opened: () => socket.send(new Uint8Array(1)),
        received: () => {},
        failed: (nowMs, { code }) => told.push(`${nowMs}: ${code}`),
      },
    )
    simulation.run(() => false, 1e9)
  }

  test('at a port of a host refuses after a round trip', () => {
    ask(LISTENER)
    expect(told).toEqual(['60: refused'])
  })

  test('at an address that is no host says nothing, ever', () => {
    ask('127.0.0.9')
    expect(told).toEqual([])
  })
})

describe('to a host behind a NAT', () => {
  const BEHIND = { host: '127.0.0.5', port: 7 }

  /** It speaks to the listener at 0, which answers at the given times, and a stranger sends to it all the time. */
  function heard(answersMs: readonly number[]): string[] {
    begin({ rttMs: 30 }, { isReachable: false })
    const told: string[] = []
    const behind = datagrams.of(BEHIND.host).listen(BEHIND, {
      listening: () => behind.send(new Uint8Array(1), { host: LISTENER, port: 7 }),
      failed: () => {},
      received: (nowMs, bytes, from) => told.push(`${bytes.length} from ${from.host}:${from.port} at ${nowMs}`),
    })
    const speaker = (host: string, port: number) =>
      datagrams.of(host).listen({ host, port }, { listening: () => {}, failed: () => {}, received: () => {} })
    const [known, otherPort, stranger] = [speaker(LISTENER, 7), speaker(LISTENER, 8), speaker(SENDER, 7)]
    for (const atMs of answersMs) {
      simulation.inMs(atMs, () => {
        for (const [index, each] of [known, otherPort, stranger].entries()) each.send(new Uint8Array(index), BEHIND)
      })
    }
    simulation.run(() => false, 1e9)
    return told
  }

  test('only answers come in, from the very address it sent to, for two minutes', () => {
    const from = `0 from ${LISTENER}:7 at`
    expect(heard([1, 60_000, 119_970, 119_971, 500_000])).toEqual([`${from} 31`, `${from} 60030`, `${from} 120000`])
  })
})
