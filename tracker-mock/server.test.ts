import dgram from 'node:dgram'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { nodeClock } from '../client/node/clock.ts'
import { nodeRandom } from '../client/node/random.ts'
import { Announcing } from './announcing.testing.ts'
import { TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'
import type { AnnounceRecord } from './scripted-tracker.ts'
import { startTrackerServer, type TrackerServer } from './server.ts'

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

const open: TrackerServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(
  script: TrackerScript = [],
  onAnnounce?: (nowMs: number, announce: AnnounceRecord) => void,
  host = '127.0.0.1',
) {
  const clock = nodeClock()
  const service = new TrackerHttpService({ random: nodeRandom(), script, startMs: clock.nowMs() })
  const more = onAnnounce === undefined ? {} : { onAnnounce }
  const server = await startTrackerServer({ service, clock, host, port: 0, ...more })
  open.push(server)
  return server
}

describe.each(['announceUrl', 'udpAnnounceUrl'] as const)(
  'a tracker on a real port and clients of ours (%s)',
  (via) => {
    test('find each other, complete and leave', async () => {
      const log: string[] = []
      const { [via]: url } = await start([], (_, { peer, announce, answer }) =>
        log.push(`${peer} ${announce} ${answer}`),
      )
      const one = new Announcing({ urls: [url], port: 7001 })
      const two = new Announcing({ urls: [url], port: 7002, leftBytes: 0 })
      const announced = (peers: number) => [{ type: 'announced', url, peers, intervalSeconds: 60, warning: null }]
      expect(await one.start().told()).toEqual(announced(0))
      expect(await two.start().told()).toEqual(announced(1))
      expect(two.peers).toEqual(['127.0.0.1:7001'])
      expect(await one.complete().told()).toEqual(announced(1))
      expect(one.peers).toEqual(['127.0.0.1:7002'])
      expect(await two.stop().told()).toEqual(announced(0))
      expect(two.client.isStopped).toBe(true)
      expect(log).toEqual([
        '127.0.0.1:7001 started 0 peers',
        '127.0.0.1:7002 started 1 peer',
        '127.0.0.1:7001 completed 1 peer',
        '127.0.0.1:7002 stopped 0 peers',
      ])
      one.announcer.cancel()
    })
  },
)

if (HAS_IPV6) {
  test.each(['announceUrl', 'udpAnnounceUrl'] as const)(
    'clients find each other over IPv6 (BEP 7, %s)',
    async (via) => {
      const { [via]: url } = await start([], undefined, '::1')
      expect(url).toMatch(/^(http|udp):\/\/\[::1\]:\d+\/announce$/)
      const one = new Announcing({ urls: [url], port: 7001 })
      expect(await one.start().told()).toMatchObject([{ peers: 0 }])
      const two = new Announcing({ urls: [url], port: 7002 })
      expect(await two.start().told()).toMatchObject([{ peers: 1 }])
      expect(two.peers).toEqual(['[::1]:7001'])
      for (const client of [one, two]) client.announcer.cancel()
    },
  )
}

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
    const clients = [7001, 7002].map((port) => new Announcing({ urls: [server.announceUrl], port }).start())
    await arrived
    await open.splice(0)[0]?.close()
    const reason = 'broken: connection ended before the answer did'
    const told = await Promise.all(clients.map((client) => client.told()))
    expect(told).toMatchObject([[{ reason }], [{ reason }]])
  })

  test('says which port it got, and refuses one that is taken', async () => {
    const { local, announceUrl, udpAnnounceUrl } = await start()
    expect(announceUrl).toBe(`http://127.0.0.1:${local.port}/announce`)
    expect(udpAnnounceUrl).toBe(`udp://127.0.0.1:${local.port}/announce`)
    const taken = startTrackerServer({
      service: new TrackerHttpService({ random: nodeRandom(), startMs: 0 }),
      clock: nodeClock(),
      ...local,
    })
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('refuses a port that is taken for UDP alone, and leaves TCP as it was', async () => {
    const socket = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const { port } = socket.address()
    const options = {
      service: new TrackerHttpService({ random: nodeRandom(), startMs: 0 }),
      clock: nodeClock(),
      host: '127.0.0.1',
      port,
    }
    await expect(startTrackerServer(options)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await new Promise<void>((resolve) => socket.close(() => resolve()))
    open.push(await startTrackerServer(options))
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
