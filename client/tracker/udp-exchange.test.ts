import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import type { AnnounceResponse } from './announce-response.ts'
import { type UdpConnection, UdpExchange, type UdpQuestion } from './udp-exchange.ts'
import { parseUdpRequest } from './udp-requests.ts'
import {
  encodeConnectResponse,
  encodeUdpAnnounceResponse,
  encodeUdpError,
  encodeUdpScrapeResponse,
} from './udp-responses.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const ANNOUNCE: UdpQuestion = {
  kind: 'announce',
  announce: {
    infohash: INFOHASH,
    peerId: peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl')),
    port: 6881,
    uploadedBytes: 0,
    downloadedBytes: 0,
    leftBytes: 10,
    event: 'started',
    compact: true,
    noPeerId: true,
    numWant: 50,
    key: '00ff00ff',
    trackerId: null,
    ip: null,
  },
  requestString: '/announce',
}
const SCRAPE: UdpQuestion = { kind: 'scrape', infohashes: [INFOHASH] }
const ANSWER: AnnounceResponse = {
  kind: 'response',
  peers: [{ host: '10.0.0.1', port: 9, peerId: null }],
  intervalSeconds: 900,
  minIntervalSeconds: null,
  complete: 1,
  incomplete: 2,
  trackerId: null,
  warning: null,
  externalIp: null,
}
const idOf = (digit: number) => new Uint8Array(8).fill(digit)

interface Setting {
  readonly question?: UdpQuestion
  readonly timeoutMs?: number
  readonly known?: UdpConnection
}

/** Transaction ids are 1, 2, 3…; what is sent is compared as `KIND TRANSACTION ID`. */
function transcript({ question = ANNOUNCE, timeoutMs = 1e9, known }: Setting = {}) {
  let drawn = 0
  const exchange = new UdpExchange(0, question, timeoutMs, known ?? null, { below: () => ++drawn })
  const sent = () => {
    const lines: string[] = []
    for (let bytes = exchange.nextDatagram(); bytes !== null; bytes = exchange.nextDatagram()) {
      const request = parseUdpRequest(bytes)!
      const id = request.kind === 'connect' ? '' : ` id ${request.connectionId[0]}`
      lines.push(`${request.kind} ${request.transactionId}${id}`)
    }
    return lines
  }
  return {
    exchange,
    expect: (...lines: string[]) => expect(sent()).toEqual(lines),
    hears: (nowMs: number, bytes: Uint8Array) => exchange.received(nowMs, bytes),
    /** Nothing happens a moment before the deadline. */
    wake(deadlineMs: number, ...lines: string[]) {
      expect(exchange.deadlineMs()).toBe(deadlineMs)
      exchange.handleDeadline(deadlineMs - 0.001)
      expect(sent()).toEqual([])
      exchange.handleDeadline(deadlineMs)
      expect(sent()).toEqual(lines)
    },
  }
}
const timedOut = (timeoutMs: number, ignored = '') => ({
  kind: 'fault',
  code: 'timeout',
  detail: `no answer in ${timeoutMs} ms${ignored}`,
  retryInSeconds: null,
})

describe('an exchange', () => {
  test('connects, asks, and is over with the answer; nothing goes out before the address is known', () => {
    const t = transcript()
    t.expect()
    t.exchange.opened(5, 'ipv4')
    t.expect('connect 1')
    t.hears(10, encodeConnectResponse(1, idOf(7)))
    t.expect('announce 2 id 7')
    expect(t.exchange.outcome).toBeNull()
    t.hears(20, encodeUdpAnnounceResponse(2, ANSWER, 'ipv4'))
    t.expect()
    expect(t.exchange.outcome).toEqual(ANSWER)
    expect(t.exchange.deadlineMs()).toBeNull()
    expect(t.exchange.connection).toEqual({ id: idOf(7), untilMs: 60_010 })
  })

  test('at an IPv6 address reads peers of 18 bytes', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv6')
    t.hears(0, encodeConnectResponse(1, idOf(7)))
    const answer = { ...ANSWER, peers: [{ host: '2001:db8::1', port: 9, peerId: null }] }
    t.hears(0, encodeUdpAnnounceResponse(2, answer, 'ipv6'))
    expect(t.exchange.outcome).toEqual(answer)
  })

  test('scrapes', () => {
    const t = transcript({ question: SCRAPE })
    t.exchange.opened(0, 'ipv4')
    t.hears(0, encodeConnectResponse(1, idOf(7)))
    t.expect('connect 1', 'scrape 2 id 7')
    const counts = new Map([[INFOHASH, { complete: 1, incomplete: 2, downloaded: 3, downloaders: null }]])
    // More than was asked about is left out.
    t.hears(0, encodeUdpScrapeResponse(2, [INFOHASH, 'cd'.repeat(20) as InfoHash], counts))
    expect(t.exchange.outcome).toEqual({ kind: 'scrape', counts })
  })

  test.each(['connect', 'announce'])('that is refused in words at its %s is over with them', (when) => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    if (when === 'announce') t.hears(0, encodeConnectResponse(1, idOf(7)))
    t.hears(0, encodeUdpError(when === 'announce' ? 2 : 1, 'go\naway'))
    const fault = { kind: 'fault', code: 'failure', detail: 'go\\u{a}away', retryInSeconds: null }
    expect([t.exchange.outcome, t.exchange.connection]).toEqual([fault, null])
  })
})

describe('an answer that is cut off', () => {
  const fault = (detail: string) => ({ kind: 'fault', code: 'bad-field', detail, retryInSeconds: null })

  test('to the connect ends it', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    t.hears(1, encodeConnectResponse(1, idOf(7)).subarray(0, 15))
    expect(t.exchange.outcome).toEqual(fault('connect: expected 16 bytes, received 15'))
  })

  // So opentracker answers for a torrent that it does not track.
  test('to the announce ends it, and the connection is not used again', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    t.hears(1, encodeConnectResponse(1, idOf(7)))
    t.hears(2, encodeUdpAnnounceResponse(2, ANSWER, 'ipv4').subarray(0, 8))
    expect(t.exchange.outcome).toEqual(fault('announce: expected 20 bytes, received 8'))
    expect(t.exchange.connection).toBeNull()
  })
})

describe('without an answer (the examples of BEP 15, in seconds)', () => {
  test('the connect goes out at 0, 15, 45 and 105', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    t.expect('connect 1')
    for (const at of [15, 45, 105, 225, 465, 945, 1_905, 3_825, 7_665, 11_505]) t.wake(at * 1_000, 'connect 1')
  })

  test('the announce goes out at 2, 17 and 47, and at 107 a connect, since the id is old', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    t.hears(1_000, encodeConnectResponse(1, idOf(7)))
    t.expect('connect 1', 'announce 2 id 7')
    t.wake(16_000, 'announce 2 id 7')
    t.wake(46_000, 'announce 2 id 7')
    t.wake(106_000, 'connect 3')
    t.wake(226_000, 'connect 3')
    t.hears(227_000, encodeConnectResponse(3, idOf(8)))
    t.expect('announce 4 id 8')
    t.wake(242_000, 'announce 4 id 8')
  })

  test('it is over at its time-out, whatever it waits for', () => {
    const [opening, connecting, asking] = [1, 2, 3].map(() => transcript({ timeoutMs: 30_000 }))
    connecting!.exchange.opened(0, 'ipv4')
    asking!.exchange.opened(0, 'ipv4')
    asking!.hears(1, encodeConnectResponse(1, idOf(7)))
    connecting!.expect('connect 1')
    connecting!.wake(15_000, 'connect 1')
    for (const { exchange } of [opening!, connecting!, asking!]) {
      exchange.handleDeadline(29_999.9)
      expect(exchange.outcome).toBeNull()
      exchange.handleDeadline(30_000)
      expect(exchange.outcome).toEqual(timedOut(30_000))
      expect([exchange.connection, exchange.deadlineMs()]).toEqual([null, null])
    }
  })

  test('to the first of two equal requests the second needs none', () => {
    const t = transcript()
    t.exchange.opened(0, 'ipv4')
    t.expect('connect 1')
    t.wake(15_000, 'connect 1')
    t.hears(15_001, encodeConnectResponse(1, idOf(7)))
    t.hears(15_002, encodeConnectResponse(1, idOf(8)))
    t.expect('announce 2 id 7')
    t.hears(15_003, encodeUdpAnnounceResponse(2, ANSWER, 'ipv4'))
    t.hears(15_004, encodeUdpError(2, 'twice'))
    expect(t.exchange.outcome).toEqual(ANSWER)
  })
})

describe('what is no answer is counted and ignored:', () => {
  const connect = encodeConnectResponse(1, idOf(9))
  test.each([
    ['while it connects, nothing', new Uint8Array(0)],
    [
      'while it connects, a connect of 15 bytes of another transaction',
      encodeConnectResponse(2, idOf(9)).subarray(0, 15),
    ],
    ['while it connects, an announce of 19 bytes', encodeUdpAnnounceResponse(1, ANSWER, 'ipv4').subarray(0, 19)],
    ['while it connects, another transaction', encodeConnectResponse(2, idOf(9))],
    ['while it connects, an announce', encodeUdpAnnounceResponse(1, ANSWER, 'ipv4')],
    ['while it connects, an error of another transaction', encodeUdpError(0, 'no')],
    ['while it connects, an unknown action', connect.slice().fill(9, 3, 4)],
  ])('%s', (_, bytes) => {
    const t = transcript({ timeoutMs: 100 })
    t.exchange.opened(0, 'ipv4')
    t.expect('connect 1')
    t.hears(1, bytes)
    t.hears(1, bytes)
    t.expect()
    t.exchange.handleDeadline(100)
    expect(t.exchange.outcome).toEqual(timedOut(100, ', and 2 that were none'))
  })

  test.each([
    ['another transaction', encodeUdpAnnounceResponse(1, ANSWER, 'ipv4')],
    ['a connect', encodeConnectResponse(2, idOf(9))],
    ['a scrape', encodeUdpScrapeResponse(2, [INFOHASH], new Map())],
    ['19 bytes of another transaction', encodeUdpAnnounceResponse(1, ANSWER, 'ipv4').subarray(0, 19)],
    ['a connect of 15 bytes', encodeConnectResponse(2, idOf(9)).subarray(0, 15)],
  ])('while it asks, %s', (_, bytes) => {
    const t = transcript({ timeoutMs: 100 })
    t.exchange.opened(0, 'ipv4')
    t.hears(0, encodeConnectResponse(1, idOf(7)))
    t.hears(1, bytes)
    expect(t.exchange.outcome).toBeNull()
    t.exchange.handleDeadline(100)
    expect(t.exchange.outcome).toEqual(timedOut(100, ', and 1 that were none'))
  })

  test('anything before it is open or after it is over', () => {
    const t = transcript({ timeoutMs: 100 })
    t.hears(0, connect)
    t.exchange.handleDeadline(100)
    t.hears(101, connect)
    t.exchange.opened(102, 'ipv4')
    t.expect()
    expect(t.exchange.outcome).toEqual(timedOut(100))
  })
})

describe('a connection id of an earlier exchange', () => {
  const known = { id: idOf(5), untilMs: 60_000 }

  test('saves the connect', () => {
    const t = transcript({ known })
    t.exchange.opened(59_999, 'ipv4')
    t.expect('announce 1 id 5')
    t.hears(60_001, encodeUdpAnnounceResponse(1, ANSWER, 'ipv4'))
    expect(t.exchange.outcome).toEqual(ANSWER)
    expect(t.exchange.connection).toEqual(known)
  })

  test('that is a minute old does not', () => {
    const t = transcript({ known })
    t.exchange.opened(60_000, 'ipv4')
    t.expect('connect 1')
  })

  test('that the tracker does not know any more costs one try: silent, 15 s', () => {
    const t = transcript({ known })
    t.exchange.opened(0, 'ipv4')
    t.expect('announce 1 id 5')
    t.wake(15_000, 'connect 2')
  })

  test('that the tracker does not know any more costs one try: with an error, a round trip', () => {
    const t = transcript({ known })
    t.exchange.opened(0, 'ipv4')
    t.expect('announce 1 id 5')
    t.hears(1, encodeUdpError(1, 'connection id mismatch'))
    t.expect('connect 2')
    t.hears(2, encodeConnectResponse(2, idOf(6)))
    t.expect('announce 3 id 6')
    t.hears(3, encodeUdpError(3, 'connection id mismatch'))
    expect(t.exchange.outcome).toMatchObject({ code: 'failure' })
  })
})
