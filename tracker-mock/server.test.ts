import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { nodeClock } from '../client/node/clock.ts'
import { nodeHttpClient } from '../client/node/http.ts'
import { nodeRandom } from '../client/node/random.ts'
import type { HttpOutcome, HttpRequest } from '../client/ports/http.ts'
import { TrackerClient, type TrackerClientEvent } from '../client/tracker/tracker-client.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { type AnnounceRecord, TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'
import { startTrackerServer, type TrackerServer } from './server.ts'

const open: TrackerServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(script: TrackerScript = [], onAnnounce?: (nowMs: number, announce: AnnounceRecord) => void) {
  const clock = nodeClock()
  const service = new TrackerHttpService({ random: nodeRandom(), script, startMs: clock.nowMs() })
  const more = onAnnounce === undefined ? {} : { onAnnounce }
  const server = await startTrackerServer({ service, clock, host: '127.0.0.1', port: 0, ...more })
  open.push(server)
  return server
}

const get = (request: HttpRequest) =>
  new Promise<HttpOutcome>((resolve) => {
    nodeHttpClient().get(request, (_, outcome) => resolve(outcome))
  })

/** A tracker client of a torrent of its own port, on real sockets; `pump` does what it wants next, and gives its events. */
function announcing(url: string, port: number, leftBytes: number) {
  const peerId = peerIdFromBytes(new TextEncoder().encode(`-XX0001-${String(port).padStart(12, '0')}`))
  const client = new TrackerClient({
    tiers: [[url]],
    identity: { infohash: 'ab'.repeat(20) as InfoHash, peerId, port, key: 'k' },
    totals: () => ({ uploadedBytes: 0, downloadedBytes: 0, leftBytes }),
    random: nodeRandom(),
  })
  const pump = async (): Promise<TrackerClientEvent[]> => {
    const request = client.nextRequest()
    if (request !== null) client.answered(0, request.id, await get({ ...request, timeoutMs: 5_000 }))
    const events: TrackerClientEvent[] = []
    for (let event = client.nextEvent(); event !== null; event = client.nextEvent()) events.push(event)
    return events.filter((event) => event.type !== 'announcing')
  }
  return { client, pump }
}

describe('a tracker on a real port and clients of ours', () => {
  test('find each other, complete and leave', async () => {
    const log: string[] = []
    const { announceUrl: url } = await start([], (_, { peer, announce, answer }) =>
      log.push(`${peer} ${announce} ${answer}`),
    )
    const one = announcing(url, 7001, 10)
    const two = announcing(url, 7002, 0)
    one.client.start(0)
    expect(await one.pump()).toEqual([{ type: 'announced', url, peers: 0, intervalSeconds: 60, warning: null }])
    two.client.start(0)
    expect(await two.pump()).toMatchObject([{ peers: 1 }, { peers: [{ host: '127.0.0.1', port: 7001 }] }])
    one.client.complete(0)
    expect(await one.pump()).toMatchObject([{ peers: 1 }, { peers: [{ host: '127.0.0.1', port: 7002 }] }])
    two.client.stop(0)
    expect(await two.pump()).toMatchObject([{ type: 'announced', peers: 0 }])
    expect(two.client.isStopped).toBe(true)
    expect(log).toEqual([
      '127.0.0.1:7001 started 0 peers',
      '127.0.0.1:7002 started 1 peer',
      '127.0.0.1:7001 completed 1 peer',
      '127.0.0.1:7002 stopped 0 peers',
    ])
  })

  test.each<[TrackerScript[number]['do'], string]>([
    [{ error: 'go away' }, 'the tracker says: go away'],
    [{ status: 503 }, 'status: HTTP status 503'],
    [{ reset: true }, 'broken: connection ended before the answer did'],
    [{ garbageBytes: 1_048_577 }, 'too-large: longer than 1048576 bytes'],
    [{ error: 'late', delayMs: 20 }, 'the tracker says: late'],
  ])('that fails as scripted (%o) is reported, and tried again in a second', async (action, reason) => {
    const { announceUrl: url } = await start([{ when: { announce: 1 }, do: action }])
    const { client, pump } = announcing(url, 7001, 10)
    client.start(0)
    expect(await pump()).toEqual([{ type: 'announce-failed', url, reason, retryInMs: 1_000 }])
    client.handleDeadline(1_000)
    expect(await pump()).toMatchObject([{ type: 'announced' }])
  })
})

describe('a tracker server', () => {
  test('answers nothing but GET and HEAD', async () => {
    const { announceUrl } = await start()
    expect((await fetch(announceUrl, { method: 'POST', body: 'x' })).status).toBe(405)
    expect((await fetch(announceUrl, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(new URL('/', announceUrl))).status).toBe(404)
  })

  test('that leaves a client hanging, and one waiting for a minute, closes at once', async () => {
    let announces = 0
    let bothIn: () => void = () => {}
    const arrived = new Promise<void>((resolve) => {
      bothIn = resolve
    })
    const script = [{ when: { announce: 1 }, do: { hang: true } } as const, { do: { delayMs: 60_000 } }]
    const server = await start(script, () => {
      announces += 1
      if (announces === 2) bothIn()
    })
    const clients = [announcing(server.announceUrl, 7001, 1), announcing(server.announceUrl, 7002, 1)]
    const outcomes = clients.map(({ client, pump }) => {
      client.start(0)
      return pump()
    })
    await arrived
    await open.splice(0)[0]?.close()
    const reason = 'broken: connection ended before the answer did'
    expect((await Promise.all(outcomes)).flat()).toMatchObject([{ reason }, { reason }])
  })

  test('says which port it got, and refuses one that is taken', async () => {
    const { local, announceUrl } = await start()
    expect(announceUrl).toBe(`http://127.0.0.1:${local.port}/announce`)
    const taken = startTrackerServer({
      service: new TrackerHttpService({ random: nodeRandom(), startMs: 0 }),
      clock: nodeClock(),
      ...local,
    })
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('survives a client that sends no HTTP', async () => {
    const { local, announceUrl } = await start()
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(local.port, local.host, () => socket.end('garbage\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect((await fetch(announceUrl)).status).toBe(200)
  })
})
