/**
 * What a tracker does wrong, one test each, named after the fault: what the client makes of it, what it costs at most, and
 * which event says so. Real sockets where HTTP or the kernel is part of the fault, virtual time where waiting is.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { nodeClock } from '../client/node/clock.ts'
import { nodeRandom } from '../client/node/random.ts'
import type { TrackerEvent } from '../client/ports/events.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { SimulatedDatagrams } from '../simulator/datagrams.ts'
import { SimulatedHttp } from '../simulator/http.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import { Simulation } from '../simulator/simulation.ts'
import { SimulatedNetwork } from '../simulator/transport.ts'
import { Announcing } from './announcing.testing.ts'
import { TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'
import { startTrackerServer, type TrackerServer } from './server.ts'
import { startUdpTracker } from './udp-server.ts'
import { TrackerUdpService } from './udp-service.ts'

type Action = TrackerScript[number]['do']
type Via = 'announceUrl' | 'udpAnnounceUrl'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function server(script: TrackerScript): Promise<TrackerServer> {
  const clock = nodeClock()
  const service = new TrackerHttpService({ random: nodeRandom(), script, startMs: clock.nowMs() })
  const started = await startTrackerServer({ service, clock, host: '127.0.0.1', port: 0 })
  open.push(started)
  return started
}

function announcing(...urls: string[]): Announcing {
  const client = new Announcing({ urls })
  open.push({ close: () => client.announcer.cancel() })
  return client
}

/** A client and a tracker whose first announce is answered so, on real sockets. */
async function meets(action: Action, via: Via = 'announceUrl') {
  const { [via]: url } = await server([{ when: { announce: 1 }, do: action }])
  return { url, client: announcing(url).start() }
}

/** A difference of two real times. */
const A_SECOND = expect.closeTo(1_000, 3)

/** The first announce fails for this reason and is tried again in a second; the second is answered. */
async function isTriedAgain({ url, client }: { url: string; client: Announcing }, reason: string): Promise<void> {
  expect(await client.told()).toEqual([{ type: 'announce-failed', url, reason, retryInMs: A_SECOND }])
  expect(await client.again().told()).toMatchObject([{ type: 'announced', url }])
}

const TRACKER = '127.0.0.9'
const ROUND_TRIP_MS = 20

/** The same in virtual time, by HTTP (`http://tracker`) and UDP; nothing has happened yet. */
function simulated(script: TrackerScript, urls: readonly string[], lossRate = 0) {
  const simulation = new Simulation()
  const random = seededRandom(1, -1, PURPOSE.links)
  const network = new SimulatedNetwork(simulation, random)
  network.addHost(TRACKER, { ...PERFECT_LINK, rttMs: ROUND_TRIP_MS, lossRate })
  network.addHost('127.0.0.1', PERFECT_LINK)
  const http = new SimulatedHttp(simulation, network)
  const datagrams = new SimulatedDatagrams(simulation, network)
  const service = new TrackerHttpService({ random: seededRandom(1, -1, PURPOSE.tracker), script, startMs: 0 })
  http.serve(TRACKER, 80, service)
  const { clock } = simulation
  const local = { host: TRACKER, port: 80 }
  const udp = { service: new TrackerUdpService(service.tracker), clock, datagrams: datagrams.of(TRACKER), local }
  startUdpTracker({ ...udp, onAway: () => {} }, () => {})
  const ports = { clock, http: http.client('127.0.0.1'), datagrams: datagrams.of('127.0.0.1') }
  const client = new Announcing({ urls, ports })
  client.keepsOn = true
  /** `MS: EVENT…` of all that was told until then, since the beginning. */
  const told: string[] = []
  const push = client.events.push.bind(client.events)
  client.events.push = (event: TrackerEvent) => {
    told.push(`${clock.nowMs()}: ${lineOf(event)}`)
    return push(event)
  }
  return { client, told, runTo: (ms: number) => simulation.run(() => false, ms) }
}

function lineOf(event: TrackerEvent): string {
  if (event.type === 'announce-failed') return `${event.reason}; again in ${event.retryInMs}`
  return event.type === 'announced' ? `announced, ${event.peers} peers` : event.type
}

const HTTP_URL = `http://${TRACKER}/announce`
const UDP_URL = `udp://${TRACKER}:80/announce`

describe('tracker: time-out', () => {
  test('by HTTP after 15 s, then tried again', () => {
    const { client, told, runTo } = simulated([{ when: { announce: 1 }, do: { hang: true } }], [HTTP_URL])
    client.start()
    runTo(20_000)
    expect(told).toEqual(['15000: timeout: no answer in time; again in 1000', '16040: announced, 0 peers'])
  })

  test('by UDP the request goes out again after 15 s, and a tracker that answers then has not failed', () => {
    const { client, told, runTo } = simulated([{ when: { announce: 1 }, do: { hang: true } }], [UDP_URL])
    client.start()
    runTo(20_000)
    expect(told).toEqual([`${20 + 15_000 + 20}: announced, 0 peers`])
  })

  test.each(['connect', 'started'] as const)('by UDP after 30 s where every %s is met by silence', (event) => {
    const { client, told, runTo } = simulated([{ when: { event }, do: { hang: true } }], [UDP_URL])
    client.start()
    runTo(30_500)
    expect(told).toEqual(['30000: timeout: no answer in 30000 ms; again in 1000'])
  })

  test('of the one is the turn of the next after 5 s', () => {
    const urls = [UDP_URL, HTTP_URL]
    const { client, told, runTo } = simulated([{ when: { via: 'udp' }, do: { hang: true } }], urls)
    client.start()
    runTo(10_000)
    expect(told).toEqual(['5000: timeout: no answer in 5000 ms; again in 0', '5040: announced, 0 peers'])
  })

  test('of a tracker that answers too late: the answer is not heard', () => {
    const { client, told, runTo } = simulated([{ when: { announce: 1 }, do: { delayMs: 15_000 } }], [HTTP_URL])
    client.start()
    runTo(15_500)
    expect(told).toEqual(['15000: timeout: no answer in time; again in 1000'])
  })
})

describe('tracker: refused', () => {
  test.each(['announceUrl', 'udpAnnounceUrl'] as const)(
    'at once, and found again when it is back (%s)',
    async (via) => {
      const tracker = await server([{ when: { announce: 1 }, do: { awayMs: 50 } }])
      const { announceUrl, [via]: url } = tracker
      await announcing(announceUrl).start().told()
      const client = announcing(url).start()
      const [first, ...others] = await client.told()
      const reason = 'refused: nobody listens there'
      expect([first, others]).toEqual([{ type: 'announce-failed', url, reason, retryInMs: A_SECOND }, []])
      let last: TrackerEvent | undefined = first
      while (last?.type === 'announce-failed') last = (await client.again().told())[0]
      expect(last).toMatchObject({ type: 'announced' })
    },
  )

  test('by reset', async () => {
    await isTriedAgain(await meets({ reset: true }), 'broken: connection ended before the answer did')
  })

  test('in words, by HTTP and UDP', async () => {
    await isTriedAgain(await meets({ error: 'go\u001b away' }), 'the tracker says: go\\u{1b} away')
    await isTriedAgain(await meets({ error: 'go\u001b away' }, 'udpAnnounceUrl'), 'the tracker says: go\\u{1b} away')
  })
})

test('tracker: HTTP 500', async () => {
  await isTriedAgain(await meets({ status: 500 }), 'status: HTTP status 500')
})

describe('tracker: redirect', () => {
  test('loop', async () => {
    await isTriedAgain(await meets({ redirectTo: 'self' }), 'redirects: redirected in a circle')
  })

  test.each(['file:///etc/passwd', 'gopher://127.0.0.1/', 'udp://127.0.0.1:1/'])(
    'to another scheme: %s',
    async (to) => {
      const scheme = to.slice(0, to.indexOf(':') + 1)
      await isTriedAgain(await meets({ redirectTo: to }), `bad-url: expected http: or https:, received ${scheme}`)
    },
  )

  test('to another tracker is followed', async () => {
    const { announceUrl } = await server([])
    const { client } = await meets({ redirectTo: announceUrl })
    // That one misses what was asked: a redirect says all of the URL.
    expect(await client.told()).toMatchObject([
      { reason: 'the tracker says: info_hash: expected 20 bytes, received 0' },
    ])
  })
})

test('tracker: other schemes than http, https and udp are not asked', async () => {
  const urls = ['wss://127.0.0.1/announce', 'file:///etc/passwd', 'javascript:alert(1)']
  const client = announcing(...urls).start()
  expect(client.announcer.isBusy).toBe(false)
  expect(await client.told()).toEqual(
    urls.map((url) => ({
      type: 'announce-failed',
      url,
      reason: `${url.slice(0, url.indexOf(':') + 1)} trackers are not supported`,
      retryInMs: null,
    })),
  )
})

describe('tracker: not bencoded', () => {
  test('a page', async () => {
    const reason = "not-bencode: byte 0: expected a value (i, l, d or a digit), found 0x3c '<'"
    await isTriedAgain(await meets({ body: '<html>' }), reason)
  })

  test('no body', async () => {
    await isTriedAgain(await meets({ garbageBytes: 0 }), expect.stringMatching(/^not-bencode: /))
  })

  test('garbage by UDP is not heard: the answer to the second request counts', () => {
    const { client, told, runTo } = simulated([{ when: { announce: 1 }, do: { garbageBytes: 500 } }], [UDP_URL])
    client.start()
    runTo(20_000)
    expect(told).toEqual(['15040: announced, 0 peers'])
  })

  test('an answer forged by who does not know the transaction is not heard, and the right one is', () => {
    const script: TrackerScript = [{ do: { forged: true } }, { when: { event: 'connect' }, do: { forged: true } }]
    const { client, told, runTo } = simulated(script, [UDP_URL])
    client.start()
    runTo(100)
    expect(told).toEqual(['40: announced, 0 peers'])
  })
})

describe('tracker: an answer of 1 GB costs less than 200 MB of memory, the server of it included:', () => {
  test.each<[string, Action]>([
    ['as it is', { bodyBytes: 1_000_000_000 }],
    ['a gzip bomb', { gzipBombBytes: 1_000_000_000 }],
  ])('%s', async (_, action) => {
    const beforeBytes = process.memoryUsage().rss
    await isTriedAgain(await meets(action), 'too-large: longer than 1048576 bytes')
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(200_000_000)
  })
})

test('tracker: an answer of 100 MB', async () => {
  await isTriedAgain(await meets({ bodyBytes: 100_000_000 }), 'too-large: longer than 1048576 bytes')
})

test('tracker: 26 bytes that claim a 4 GB string', async () => {
  const body = 'd5:peers4294967295:aaaaaaa'
  expect(body).toHaveLength(26)
  await isTriedAgain(await meets({ body }), expect.stringMatching(/^not-bencode: byte /))
})

describe('tracker: an interval', () => {
  test.each([
    [0, 1_800],
    [-1, 1_800],
    [-(2 ** 31), 1_800],
    [1, 5],
    [2 ** 31 - 1, 86_400],
  ])('of %i s counts as %i s, by HTTP and UDP', async (intervalSeconds, countsAs) => {
    for (const via of ['announceUrl', 'udpAnnounceUrl'] as const) {
      const { client, url } = await meets({ intervalSeconds }, via)
      const announced = { type: 'announced', url, peers: 0, intervalSeconds: countsAs, warning: null }
      expect(await client.told()).toEqual([announced])
      const inMs = (client.client.deadlineMs() ?? 0) - client.nowMs
      expect(inMs).toBeGreaterThan(countsAs * 1_000 - 4_000)
      expect(inMs).toBeLessThanOrEqual(countsAs * 1_000)
    }
  })
})

test('tracker: our own address among the peers is dropped', async () => {
  const { client } = await meets({ ownAddress: true })
  expect(await client.told()).toMatchObject([{ type: 'announced', peers: 0 }])
  expect(client.peers).toEqual([])
})

test('tracker: our own address among the peers, by UDP, is dropped where another tracker said that it is ours', async () => {
  const { announceUrl, udpAnnounceUrl } = await server([
    { when: { announce: 2 }, do: { error: 'ask the other' } },
    { when: { via: 'udp' }, do: { ownAddress: true } },
  ])
  const client = announcing(announceUrl, udpAnnounceUrl).start()
  await client.told()
  await client.again().told()
  expect(client.peers).toEqual([])
})

describe('tracker: thousands of dead peers', () => {
  test.each([
    [2_999, 2_999],
    [3_000, 3_000],
    [3_001, 3_000],
    [10_000, 3_000],
  ])('of %i are told %i, by HTTP and UDP', async (deadPeers, known) => {
    for (const via of ['announceUrl', 'udpAnnounceUrl'] as const) {
      const { client } = await meets({ deadPeers }, via)
      expect(await client.told()).toMatchObject([{ type: 'announced', peers: known }])
      expect(new Set(client.peers).size).toBe(known)
    }
  })
})

test.each([
  ['peers', 'd8:intervali60e5:peersi6ee', 'bad-field: peers: expected a string, received 6'],
  ['peers6', 'd8:intervali60e5:peers0:6:peers6i6ee', 'bad-field: peers6: expected a string, received 6'],
  ['failure reason', 'd14:failure reasoni5ee', 'the tracker says: nothing'],
  ['the answer', 'i5e', 'not-bencode: expected a dictionary, received 5'],
])('tracker: numbers where bytes are due: %s', async (_, body, reason) => {
  await isTriedAgain(await meets({ body }), reason)
})

test('tracker: numbers where bytes are due, and bytes where numbers are, in what nothing depends on', async () => {
  const optional = 'd8:completelli1eee11:external ipi4e8:interval2:6012:min intervalle5:peersld2:ipi1e4:port1:1ei5ee'
  const { client } = await meets({ body: `${optional}10:tracker idi3e15:warning messagei1ee` })
  expect(await client.told()).toMatchObject([{ peers: 0, intervalSeconds: 1_800, warning: null }])
})

// Each announce is two requests and two answers; a request is tried twice in 30 s, then again after a back-off.
test('UDP that loses 30 % each way: the tracker is reached in the end, and again at each interval', () => {
  const { client, told, runTo } = simulated([], [UDP_URL], 0.3)
  client.start()
  runTo(3_600_000)
  const announced = told.filter((line) => line.includes('announced'))
  expect(announced.length).toBeGreaterThan(20)
  expect(told.length).toBeGreaterThan(announced.length)
})
