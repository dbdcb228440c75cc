/** What HTTP shares with connections: links, and who reaches whom. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpOutcome, HttpRequest } from '../client/ports/http.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { SimulatedHttp } from './http.ts'
import { simulatedFileServer } from './http-files.ts'
import { Simulation } from './simulation.ts'
import { type HostOptions, SimulatedNetwork } from './transport.ts'

const CLIENT = '127.0.0.1'
const SERVER = '127.0.0.2'
const PEER = { host: '127.0.0.3', port: 6881 }
const FILE_BYTES = 1_000_000
/** 20 Mbit/s: the file takes 400 ms. */
const RATE = 2_500_000

let simulation: Simulation
let network: SimulatedNetwork
let http: SimulatedHttp
let told: string[]

beforeEach(() => {
  simulation = new Simulation()
  network = new SimulatedNetwork(simulation, { below: () => 0 })
  http = new SimulatedHttp(simulation, network)
  told = []
})

function hosts(server: Partial<Link>, client: Partial<Link> = {}, options: HostOptions = {}): void {
  network.addHost(CLIENT, { ...PERFECT_LINK, ...client })
  network.addHost(SERVER, { ...PERFECT_LINK, ...server }, options)
  const file = new Uint8Array(FILE_BYTES)
  http.serve(SERVER, 80, simulatedFileServer({ file: () => file, bytesPerSecond: null }))
}

function get(request: Partial<HttpRequest> = {}) {
  const asked = { url: `http://${SERVER}/file`, timeoutMs: 60_000, bodyBytesMax: FILE_BYTES, ...request }
  const line = (outcome: HttpOutcome) => (outcome.kind === 'fault' ? outcome.code : `${outcome.body.length} bytes`)
  return http.client(CLIENT).get(asked, (nowMs, outcome) => told.push(`${line(outcome)} at ${nowMs}`))
}

function run(untilMs = 1e6): readonly string[] {
  simulation.run(() => false, untilMs)
  return told
}

/** The client asks a peer for as many bytes as the file has; they are all there at what is given. */
function download(transport: ReturnType<SimulatedNetwork['addHost']>, peer: Partial<Link>): { atMs: number | null } {
  const arrived: { atMs: number | null } = { atMs: null }
  const ignore = { opened() {}, received() {}, drained() {}, ended() {} }
  let bytes = 0
  network.addHost(PEER.host, { ...PERFECT_LINK, ...peer }).listen(PEER, {
    listening: () => {},
    failed: () => {},
    accepted: (_, connection) => {
      connection.send(new Uint8Array(FILE_BYTES))
      return ignore
    },
  })
  transport.connect(PEER, {
    ...ignore,
    received: (nowMs, chunk) => {
      bytes += chunk.length
      if (bytes === FILE_BYTES) arrived.atMs = nowMs
    },
  })
  return arrived
}

describe('a body', () => {
  test('takes the time that its bytes take over the narrower link, after two round trips', () => {
    hosts({ upBytesPerSecond: RATE, rttMs: 30 }, { rttMs: 50 })
    get()
    expect(run()).toEqual(['1000000 bytes at 560'])
    hosts({ upBytesPerSecond: RATE, rttMs: 30 }, { downBytesPerSecond: RATE / 2, rttMs: 50 })
    get()
    expect(Number.parseFloat(run()[1]!.split(' ').at(-1)!) - 560).toBeCloseTo(160 + 800, 2)
  })

  test('of two requests at once take twice as long: they share the uplink of the server', () => {
    hosts({ upBytesPerSecond: RATE })
    get()
    get()
    // In turns: the first ends a turn or two, of a unit and 6.6 ms each, before the second.
    const [first, second] = run().map((line) => Number.parseFloat(line.split(' ').at(-1)!))
    expect(second).toBeCloseTo(800, 2)
    expect(first).toBeGreaterThan(786)
  })

  test('shares the downlink of the client with its peers: both take twice as long', () => {
    const client = { ...PERFECT_LINK, downBytesPerSecond: RATE }
    hosts({ upBytesPerSecond: RATE }, client)
    const arrived = download(network.addHost(CLIENT, client), { upBytesPerSecond: RATE })
    get()
    const [line] = run()
    expect(Number.parseFloat(line!.split(' ').at(-1)!)).toBeGreaterThan(790)
    expect(arrived.atMs).toBeGreaterThan(790)
    expect(Math.max(arrived.atMs!, Number.parseFloat(line!.split(' ').at(-1)!))).toBeCloseTo(800, 0)
  })

  test('that is too long is given up as soon as a byte too many is there', () => {
    hosts({ upBytesPerSecond: RATE })
    get({ bodyBytesMax: 250_000 })
    expect(run()).toEqual(['too-large at 100.0004'])
  })

  test('of which nobody waits for the end is not sent to its end: the uplink is free for others', () => {
    hosts({ upBytesPerSecond: RATE })
    get({ timeoutMs: 100 })
    simulation.inMs(100, () => get())
    const [first, second] = run()
    expect(first).toBe('timeout at 100')
    // The unit that was leaving leaves, and no other.
    expect(Number.parseFloat(second!.split(' ').at(-1)!)).toBeLessThan(100 + 400 + 6.6)
  })
})

describe('a server that cannot be dialled', () => {
  test.each([
    ['silent', 'timeout at 60000'],
    ['refused', 'refused at 80'],
  ] as const)('%s: %s', (unreachableAs, outcome) => {
    hosts({ rttMs: 30 }, { rttMs: 50 }, { isReachable: false, unreachableAs })
    get()
    expect(run()).toEqual([outcome])
  })
})
