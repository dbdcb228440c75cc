import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import type { AnnounceRequest } from '../client/tracker/announce-request.ts'
import { encodeAnnounceRequest, encodeConnectRequest, encodeScrapeRequest } from '../client/tracker/udp-requests.ts'
import { parseUdpResponse } from '../client/tracker/udp-responses.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'
import { TrackerUdpService } from './udp-service.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const CLIENT: PeerAddress = { host: '127.0.0.1', port: 50_000 }

function announce(connectionId: Uint8Array, more: Partial<AnnounceRequest> = {}): Uint8Array {
  const request: AnnounceRequest = {
    infohash: INFOHASH,
    peerId: peerIdFromBytes(new TextEncoder().encode(`-XX0001-${String(more.port ?? 1).padStart(12, '0')}`)),
    port: 1,
    uploadedBytes: 0,
    downloadedBytes: 0,
    leftBytes: 3,
    event: 'started',
    compact: true,
    noPeerId: true,
    numWant: null,
    key: null,
    trackerId: null,
    ip: null,
    ...more,
  }
  return encodeAnnounceRequest(connectionId, 9, request, '/announce')
}

function service(script: TrackerScript = []) {
  let drawn = 0
  const random = { below: (bound: number) => ++drawn % bound }
  const http = new TrackerHttpService({ random, script, startMs: 0 })
  const udp = new TrackerUdpService(http.tracker)
  const answers = (bytes: Uint8Array, from = CLIENT, nowMs = 0) => udp.handle(bytes, from, nowMs).datagrams
  const ask = (bytes: Uint8Array, from = CLIENT, nowMs = 0) => {
    const [answer] = answers(bytes, from, nowMs)
    return answer === undefined ? 'silence' : parseUdpResponse(answer, from.host.includes(':') ? 'ipv6' : 'ipv4')
  }
  const connect = (from = CLIENT, nowMs = 0) => {
    const response = ask(encodeConnectRequest(9), from, nowMs)
    if (typeof response === 'string' || response?.kind !== 'connect') throw new Error('not connected')
    return response.connectionId
  }
  return { http, udp, answers, ask, connect }
}

describe('an announce over UDP', () => {
  test('is answered as a client reads it, and recorded', () => {
    const { udp, connect, ask } = service()
    ask(announce(connect(), { port: 7 }))
    expect(ask(announce(connect()))).toMatchObject({
      kind: 'announce',
      transactionId: 9,
      announce: { peers: [{ host: '127.0.0.1', port: 7 }], intervalSeconds: 60, complete: 0, incomplete: 2 },
    })
    const handled = udp.handle(announce(connect(), { event: 'completed', leftBytes: 0 }), CLIENT, 0)
    expect(handled.announce).toMatchObject({ peer: '127.0.0.1:1', announce: 'completed', answer: '1 peer' })
  })

  test('is of the swarm that HTTP knows too', () => {
    const { http, connect, ask } = service()
    ask(announce(connect(), { port: 7 }))
    const scraped = http.handle(`/scrape?info_hash=${'%AB'.repeat(20)}`, '127.0.0.1', 0)
    expect(scraped.kind === 'answer' && new TextDecoder('latin1').decode(scraped.body)).toContain('10:incompletei1e')
  })

  test('from an IPv6 address is answered with IPv6 peers, and from IPv4 with IPv4 peers', () => {
    const { connect, ask } = service()
    const six = { host: '::1', port: 50_000 }
    ask(announce(connect(six), { port: 6 }), six)
    ask(announce(connect(), { port: 4 }))
    expect(ask(announce(connect(six), { port: 1 }), six)).toMatchObject({
      announce: { peers: [{ host: '::1', port: 6 }] },
    })
    expect(ask(announce(connect(), { port: 1 }))).toMatchObject({
      announce: { peers: [{ host: '127.0.0.1', port: 4 }] },
    })
  })

  test('that says ip is believed on this machine only', () => {
    const { udp, connect } = service()
    const peer = (from: PeerAddress, ip: string) => udp.handle(announce(connect(from), { ip }), from, 0).announce?.peer
    expect(peer(CLIENT, '127.0.0.9')).toBe('127.0.0.9:1')
    expect(peer(CLIENT, '10.0.0.9')).toBe('127.0.0.1:1')
    expect(peer({ host: '10.0.0.1', port: 1 }, '127.0.0.9')).toBe('10.0.0.1:1')
  })
})

test('a scrape counts the torrents that it names, in their order', () => {
  const { connect, ask } = service()
  ask(announce(connect()))
  const unknown = 'cd'.repeat(20) as InfoHash
  const counts = [{ incomplete: 0 }, { incomplete: 1, complete: 0, downloaded: 0 }]
  expect(ask(encodeScrapeRequest(connect(), 5, [unknown, INFOHASH]))).toMatchObject({ transactionId: 5, counts })
})

describe('a connection id', () => {
  test('is good at the address it was sent to, for two minutes at least and three at most', () => {
    for (const sentMs of [0, 59_999, 60_000]) {
      const { connect, ask } = service()
      const id = connect(CLIENT, sentMs)
      expect(ask(announce(id), CLIENT, sentMs + 120_000)).toMatchObject({ kind: 'announce' })
      expect(ask(announce(id), CLIENT, sentMs + 180_000)).toBe('silence')
    }
  })

  test('is good for every port of its address and nowhere else, and none is guessed', () => {
    const { connect, ask } = service()
    const id = connect()
    const changed = id.slice()
    changed[7]! ^= 1
    expect(ask(announce(id), { ...CLIENT, port: 50_001 })).toMatchObject({ kind: 'announce' })
    expect(ask(announce(id), { ...CLIENT, host: '127.0.0.2' })).toBe('silence')
    for (const other of [changed, new Uint8Array(8)]) expect(ask(announce(other))).toBe('silence')
    expect(ask(encodeScrapeRequest(changed, 1, [INFOHASH]))).toBe('silence')
  })

  test('costs who asks in the name of another no more bytes than he sent himself', () => {
    const { answers } = service()
    const request = encodeConnectRequest(1)
    expect(answers(request).map((answer) => answer.length)).toEqual([request.length])
  })
})

describe('a script over UDP', () => {
  test.each<[TrackerScript[number]['do'], unknown]>([
    [{ error: 'go away' }, { kind: 'error', message: 'go away' }],
    [{ intervalSeconds: -5 }, { announce: { intervalSeconds: 1_800 } }],
    [
      { deadPeers: 2 },
      {
        announce: {
          peers: [
            { host: '127.99.1.1', port: 1 },
            { host: '127.99.1.2', port: 1 },
          ],
        },
      },
    ],
    [{ ownAddress: true }, { announce: { peers: [{ host: '127.0.0.1', port: 1 }] } }],
  ])('with %o says so', (action, expected) => {
    const { connect, ask } = service([{ do: action }])
    expect(ask(announce(connect()))).toMatchObject(expected as object)
  })

  test.each<TrackerScript[number]['do']>([
    { hang: true },
    { reset: true },
    { status: 500 },
    { redirectTo: 'self' },
    { gzipBombBytes: 1 },
  ])('with %o is silent', (action) => {
    const { connect, ask } = service([{ do: action }])
    expect(ask(announce(connect()))).toBe('silence')
  })

  test.each<[TrackerScript[number]['do'], number[]]>([
    [{ garbageBytes: 7 }, [7]],
    [{ bodyBytes: 100_000_000 }, [65_507]],
    [{ body: 'abc' }, [3]],
    [{ deadPeers: 10_000 }, [60_020]],
  ])('with %o sends datagrams of %j bytes', (action, lengths) => {
    const { connect, answers } = service([{ do: action }])
    expect(answers(announce(connect())).map(({ length }) => length)).toEqual(lengths)
  })

  test('a forged answer comes before the right one, and has another transaction', () => {
    const { connect, answers } = service([{ do: { forged: true } }])
    const read = answers(announce(connect())).map((answer) => parseUdpResponse(answer, 'ipv4')?.transactionId)
    expect(read).toEqual([10, 9])
  })

  test('a step for connects is for nothing else, and others are not for connects', () => {
    const { connect, ask } = service([
      { when: { event: 'connect', fromMs: 5 }, do: { error: 'no connect' } },
      { when: { via: 'http' }, do: { error: 'not by HTTP' } },
      { do: { error: 'no announce' } },
    ])
    const id = connect(CLIENT, 0)
    expect(ask(announce(id), CLIENT, 6)).toMatchObject({ message: 'no announce' })
    expect(ask(encodeConnectRequest(1), CLIENT, 6)).toMatchObject({ message: 'no connect' })
  })

  test('away it hears nobody, by HTTP neither, until it is back', () => {
    const { http, udp, connect, ask } = service([{ when: { announce: 1 }, do: { awayMs: 100 } }])
    const id = connect()
    expect(udp.handle(announce(id), CLIENT, 0)).toMatchObject({ awayMs: 100, datagrams: [] })
    expect(ask(encodeConnectRequest(1), CLIENT, 99.9)).toBe('silence')
    expect(http.handle('/scrape', '127.0.0.1', 99.9).kind).toBe('reset')
    expect(ask(encodeConnectRequest(1), CLIENT, 100)).toMatchObject({ kind: 'connect' })
    expect(http.handle('/scrape', '127.0.0.1', 100).kind).toBe('answer')
  })
})

test('any datagram is borne', () => {
  const { udp, connect } = service()
  const id = connect()
  const header = fc.constantFrom(announce(id), encodeConnectRequest(1), encodeScrapeRequest(id, 1, [INFOHASH]))
  const bytes = fc.tuple(header, fc.nat(120), fc.uint8Array()).map(([start, cut, rest]) => {
    return Uint8Array.from([...start.subarray(0, cut), ...rest])
  })
  fc.assert(fc.property(bytes, (any) => udp.handle(any, CLIENT, 0).datagrams.length <= 1))
})
