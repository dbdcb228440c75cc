/** When things happen on a shaped transport: to the millisecond, over a transport that takes no time at all. */
import { expect, test } from 'vitest'
import type { Connection, ConnectionHandler, ListenHandler, PeerAddress, Transport } from '../client/ports/transport.ts'
import { Host } from './host.ts'
import { LateClock } from './late-clock.testing.ts'
import { type Link, PERFECT_LINK } from './link.ts'
import { PacedTimeline } from './paced-timeline.ts'
import { shapedTransport } from './shaped-transport.ts'

const REMOTE: PeerAddress = { host: '127.0.0.2', port: 6881 }
const LINK: Link = { ...PERFECT_LINK, rttMs: 40 }
const FAR_LINK: Link = { ...PERFECT_LINK, rttMs: 60 }

/** The program at the other end, as the socket between shows it: what it does is here at once. */
class Far {
  readonly log: string[] = []
  readonly #clock: LateClock
  /** The shaped side of the connection. */
  handler: ConnectionHandler | null = null
  listening: ListenHandler | null = null

  constructor(clock: LateClock) {
    this.#clock = clock
  }

  readonly transport: Transport = {
    connect: (_, handler) => {
      this.handler = handler
      return this.connection
    },
    listen: (_, handler) => {
      this.listening = handler
      return { close() {} }
    },
  }

  readonly connection: Connection = {
    remote: REMOTE,
    unsentBytes: 0,
    send: (...parts) => this.log.push(`received ${Buffer.concat(parts)} at ${this.#clock.nowMs()}`),
    close: () => this.log.push(`fin at ${this.#clock.nowMs()}`),
    reset: () => this.log.push(`reset at ${this.#clock.nowMs()}`),
    pauseReceiving() {},
    resumeReceiving() {},
  }

  dial(): void {
    this.handler = this.listening!.accepted(this.#clock.nowMs(), this.connection)
  }

  send(text: string): void {
    this.handler!.received(this.#clock.nowMs(), new TextEncoder().encode(text), 'owned')
  }
}

function stage(link: Link = LINK, betweenMs = 0) {
  const clock = new LateClock(5_000)
  const timeline = new PacedTimeline(clock)
  const far = new Far(clock)
  const farHost = new Host(timeline.queue, FAR_LINK)
  const local = new Host(timeline.queue, link)
  timeline.call(() => local.followSchedule(timeline.nowNs, timeline.nowNs))
  const transport = shapedTransport(far.transport, {
    timeline,
    random: { below: () => 0 },
    local,
    hostOf: () => farHost,
    betweenMs: () => betweenMs,
  })
  const log: string[] = []
  const handler: ConnectionHandler = {
    opened: (nowMs) => log.push(`opened at ${nowMs}`),
    received: (nowMs, chunk) => log.push(`received ${Buffer.from(chunk)} at ${nowMs}`),
    drained: () => {},
    ended: (nowMs, end) => log.push(`${end} at ${nowMs}`),
  }
  return { clock, timeline, far, transport, log, handler }
}

// Both round trips are 100 ms together: 50 ms one way. The clock begins at 5,000 ms.

test('what somebody who dials sends is here after one and a half round trips, though the timeline had been idle', () => {
  const { clock, timeline, far, transport, log, handler } = stage()
  timeline.enter(() => transport.listen(REMOTE, { listening() {}, failed() {}, accepted: () => handler }))
  // Nothing is due, so the timeline does not notice that two seconds pass.
  clock.runUntil(7_000)
  far.dial()
  far.send('handshake')
  clock.runUntil(8_000)
  far.send('more')
  clock.runUntil(9_000)
  expect(log).toEqual(['received handshake at 7150', 'received more at 8050'])
})

test('a connection that we ask for opens after a round trip, and what waits for that is there half a round trip later', () => {
  const { clock, timeline, far, transport, log, handler } = stage()
  clock.runUntil(7_000)
  timeline.call(() => transport.connect(REMOTE, handler).send(new TextEncoder().encode('handshake')))
  far.handler!.opened(clock.nowMs())
  clock.runUntil(8_000)
  expect([log, far.log]).toEqual([['opened at 7100'], ['received handshake at 7150']])
})

test('both ways take the delay of the path, and so do a fin and a reset', () => {
  const { clock, timeline, far, transport, log, handler } = stage()
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  far.send('ping')
  timeline.call(() => connection.send(new TextEncoder().encode('pong')))
  clock.runUntil(6_100)
  far.handler!.ended(clock.nowMs(), 'fin')
  clock.runUntil(7_000)
  expect(log).toEqual(['opened at 5100', 'received ping at 6050', 'fin at 6150'])
  expect(far.log).toEqual(['received pong at 6050'])
})

test('a reset of ours is known there after half a round trip', () => {
  const { clock, far, transport, log, handler } = stage()
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  connection.reset()
  clock.runUntil(7_000)
  expect([log, far.log]).toEqual([['opened at 5100', 'closed at 6000'], ['reset at 6050']])
})

test('what comes in late, since the clock woke late, still counts from when it was sent', () => {
  const { clock, far, transport, log, handler } = stage()
  transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  clock.latenessMs = () => 30
  far.send('ping')
  clock.runUntil(7_000)
  expect(log.at(-1)).toBe('received ping at 6050')
})

test.each([
  [7, 6_050],
  // No more than 20 ms are made good.
  [30, 6_060],
])('an answer to what the socket got %d ms late counts from %d ms, when it was due', (latenessMs, countsFromMs) => {
  const { clock, timeline, far, transport, log, handler } = stage()
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  timeline.call(() => connection.send(new TextEncoder().encode('question')))
  clock.latenessMs = () => latenessMs
  clock.runUntil(6_050)
  expect(far.log).toEqual([`received question at ${6_050 + latenessMs}`])
  far.send('answer')
  far.send('more')
  clock.runUntil(7_000)
  const arrivesMs = countsFromMs + 50
  expect(log.slice(1)).toEqual([`received answer at ${arrivesMs}`, `received more at ${arrivesMs}`])
})

test('what lies between the two is part of every trip', () => {
  const { clock, far, transport, log, handler } = stage(LINK, 20)
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  far.send('ping')
  connection.send(new TextEncoder().encode('pong'))
  clock.runUntil(7_000)
  expect([log, far.log]).toEqual([['opened at 5120', 'received ping at 6060'], ['received pong at 6060']])
})

test('a link that varies does so while nothing happens: an outage of a second, and half of the rate after it', () => {
  const schedule = [
    { atMs: 1_000, upBytesPerSecond: 0 },
    { atMs: 2_000, upBytesPerSecond: 50, rttMs: 140 },
  ]
  const { clock, far, transport, handler } = stage({ ...LINK, upBytesPerSecond: 100, schedule })
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(5_950)
  // 10 bytes at 100 bytes/s: 5 leave before the outage, 5 take 100 ms after it; then 100 ms on the way.
  connection.send(new TextEncoder().encode('0123456789'))
  clock.runUntil(9_000)
  expect(far.log).toEqual(['received 0123456789 at 7200'])
})

test('slow start holds for what we send in real time too: a window each round trip', () => {
  const { clock, far, transport, handler } = stage({ ...LINK, slowStart: true })
  const connection = transport.connect(REMOTE, handler)
  far.handler!.opened(clock.nowMs())
  clock.runUntil(6_000)
  for (let unit = 0; unit < 6; unit++) connection.send(new Uint8Array(14_480))
  clock.runUntil(7_000)
  // 1, 2 and 4 windows, 50 ms on the way: all of the second and the third come with the second round.
  const times = far.log.map((line) => line.split(' at ')[1])
  expect(times).toEqual(['6050', '6150', '6150', '6250', '6250', '6250'])
})
