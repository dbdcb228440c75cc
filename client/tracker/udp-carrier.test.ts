import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { DatagramHandler, Datagrams } from '../ports/datagrams.ts'
import { type UdpAsk, UdpCarrier } from './udp-carrier.ts'
import { parseUdpRequest } from './udp-requests.ts'
import { encodeConnectResponse, encodeUdpScrapeResponse } from './udp-responses.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const ask = (port: number): UdpAsk => {
  return { host: '127.0.0.1', port, timeoutMs: 30_000, question: { kind: 'scrape', infohashes: [INFOHASH] } }
}

/** A carrier whose sockets do what a test says; what it does with them is compared as lines. */
function stage() {
  const log: string[] = []
  const handlers: DatagramHandler[] = []
  const requests: { transactionId: number }[] = []
  const datagrams: Datagrams = {
    connect(remote, handler) {
      const number = handlers.push(handler)
      log.push(`${number}: open ${remote.host}:${remote.port}`)
      return {
        send(bytes) {
          const request = parseUdpRequest(bytes)!
          requests.push(request)
          log.push(`${number}: ${request.kind}`)
        },
        close: () => log.push(`${number}: close`),
      }
    },
    listen: () => {
      throw new Error('it never listens')
    },
  }
  let drawn = 0
  const touchedAt: number[] = []
  const carrier = new UdpCarrier({
    datagrams,
    random: { below: () => ++drawn },
    touched: (nowMs) => touchedAt.push(nowMs),
  })
  const last = () => requests.at(-1)!.transactionId
  return {
    carrier,
    touchedAt,
    expect: (...lines: string[]) => expect(log.splice(0)).toEqual(lines),
    opens: (nowMs: number, socket = 1, host = '127.0.0.1') => handlers[socket - 1]!.opened(nowMs, { host, port: 1 }),
    connects: (nowMs: number, socket = 1) =>
      handlers[socket - 1]!.received(nowMs, encodeConnectResponse(last(), new Uint8Array(8))),
    answers: (nowMs: number, socket = 1) =>
      handlers[socket - 1]!.received(nowMs, encodeUdpScrapeResponse(last(), [INFOHASH], new Map())),
    forged: (nowMs: number) => handlers[0]!.received(nowMs, encodeConnectResponse(last() + 1, new Uint8Array(8))),
    refused: (nowMs: number) => handlers[0]!.failed(nowMs, { code: 'refused', detail: 'nobody listens there' }),
  }
}

describe('a question', () => {
  test('opens a socket, connects, asks; its owner is touched whenever its deadline changes, and gets the outcome once', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.expect('1: open 127.0.0.1:1')
    expect([t.carrier.isBusy, t.carrier.deadlineMs()]).toEqual([true, 30_000])
    t.opens(5)
    t.expect('1: connect')
    expect([t.carrier.deadlineMs(), t.touchedAt]).toEqual([15_005, [5]])
    t.connects(10)
    t.expect('1: scrape')
    t.answers(20)
    expect([t.touchedAt, t.carrier.isBusy]).toEqual([[5, 10, 20], true])
    expect(t.carrier.takeOutcome()).toMatchObject({ kind: 'scrape' })
    expect([t.carrier.takeOutcome(), t.carrier.isBusy]).toEqual([null, false])
    t.expect()
  })

  test('that is forged answers a thousand times touches nobody', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.opens(0)
    for (let nowMs = 1; nowMs <= 1_000; nowMs++) t.forged(nowMs)
    expect(t.touchedAt).toEqual([0])
  })

  test('that is refused is over at once', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.opens(0)
    t.refused(3)
    expect(t.carrier.takeOutcome()).toEqual({
      kind: 'fault',
      code: 'refused',
      detail: 'nobody listens there',
      retryInSeconds: null,
    })
    t.expect('1: open 127.0.0.1:1', '1: connect', '1: close')
    expect(t.carrier.deadlineMs()).toBeNull()
  })

  test('goes out again at its deadline, and is over at its time-out; nobody is touched for what the owner did', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.opens(0)
    t.carrier.handleDeadline(15_000)
    t.expect('1: open 127.0.0.1:1', '1: connect', '1: connect')
    t.carrier.handleDeadline(30_000)
    t.expect('1: close')
    expect(t.carrier.takeOutcome()).toMatchObject({ code: 'timeout' })
    expect(t.touchedAt).toEqual([0])
  })
})

describe('the socket', () => {
  function answered() {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.opens(0)
    t.connects(0)
    t.answers(0)
    t.carrier.takeOutcome()
    t.expect('1: open 127.0.0.1:1', '1: connect', '1: scrape')
    return t
  }

  test('stays as long as its connection id is good, and saves the next question its connect', () => {
    const t = answered()
    expect(t.carrier.deadlineMs()).toBe(60_000)
    t.carrier.ask(59_999, ask(1))
    t.expect('1: scrape')
    t.answers(60_100)
    t.carrier.handleDeadline(60_100)
    t.expect('1: close')
    expect([t.carrier.deadlineMs(), t.carrier.takeOutcome()]).toMatchObject([null, { kind: 'scrape' }])
    t.carrier.ask(60_200, ask(1))
    t.expect('2: open 127.0.0.1:1')
  })

  test('is given up for another tracker, and what still comes by it is not heard', () => {
    const t = answered()
    t.carrier.ask(1, ask(2))
    t.expect('1: close', '2: open 127.0.0.1:2')
    t.refused(2)
    t.opens(3, 2)
    t.expect('2: connect')
    expect(t.carrier.takeOutcome()).toBeNull()
  })

  test('and its connection outlive a question that another one replaces', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.opens(0)
    t.connects(1)
    t.carrier.ask(2, ask(1))
    t.expect('1: open 127.0.0.1:1', '1: connect', '1: scrape', '1: scrape')
    t.answers(3)
    expect(t.carrier.takeOutcome()).toMatchObject({ kind: 'scrape' })
  })

  test('is closed with a question that is cancelled before it has a connection', () => {
    const t = stage()
    t.carrier.ask(0, ask(1))
    t.carrier.cancel()
    t.expect('1: open 127.0.0.1:1', '1: close')
    expect([t.carrier.isBusy, t.carrier.deadlineMs()]).toEqual([false, null])
  })

  test('is closed when all is closed', () => {
    const t = answered()
    t.carrier.close()
    t.carrier.close()
    t.expect('1: close')
  })

  test('that fails while it waits for the next question is no outcome of anything', () => {
    const t = answered()
    t.refused(1)
    t.expect('1: close')
    expect([t.carrier.takeOutcome(), t.carrier.deadlineMs()]).toEqual([null, null])
  })
})
