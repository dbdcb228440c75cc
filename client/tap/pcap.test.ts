import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joined } from '../ports/bytes.ts'
import { encodePacket, SEGMENT_BYTES_MAX, TCP_FLAGS } from './packet.ts'
import { readPcap, streamsOf } from './pcap.testing.ts'
import { pcapTap } from './pcap.ts'
import type { TapEnd, TappedConnection } from './tapped-transport.ts'

const DIALLED: TappedConnection = {
  incoming: false,
  remote: { host: '127.0.0.2', port: 6881 },
  localHost: '127.0.0.1',
  localPort: null,
}
const ACCEPTED: TappedConnection = {
  incoming: true,
  remote: { host: '::1', port: 50_000 },
  localHost: '::',
  localPort: 6882,
}
const US = '127.0.0.1:49152'
const THEM = '127.0.0.2:6881'

function capture(originUnixMs = 0) {
  const written: Uint8Array[] = []
  const tap = pcapTap({ originUnixMs, write: (bytes) => written.push(bytes) })
  return { tap, packets: () => readPcap(joined(written)) }
}

const lines = (packets: ReturnType<typeof readPcap>) =>
  packets.map(({ from, flags, sequence, acknowledged, payload }) =>
    [from, flags, sequence, acknowledged, payload.length].join(' '),
  )

describe('a connection that we dialled', () => {
  test('is three packets, its bytes and three more, each side acknowledging the other', () => {
    const { tap, packets } = capture()
    const seen = tap.connection(0, DIALLED)
    seen.opened(10)
    seen.sent(11, [new Uint8Array(13), new Uint8Array(0), new Uint8Array(100)])
    seen.received(12, new Uint8Array(7))
    seen.ended(13, 'closed')
    expect(lines(packets())).toEqual([
      `${US} SYN 0 0 0`,
      `${THEM} SYN ACK 0 1 0`,
      `${US} ACK 1 1 0`,
      `${US} PSH ACK 1 1 113`,
      `${THEM} PSH ACK 1 114 7`,
      `${US} FIN ACK 114 8 0`,
      `${THEM} FIN ACK 8 115 0`,
      `${US} ACK 115 9 0`,
    ])
    expect(packets().map(({ optionBytes }) => optionBytes)).toEqual([8, 8, 0, 0, 0, 0, 0, 0])
  })

  test.each<[TapEnd, string[]]>([
    ['fin', [`${THEM} FIN ACK 1 1 0`, `${US} FIN ACK 1 2 0`, `${THEM} ACK 2 2 0`]],
    ['reset', [`${THEM} RST ACK 1 1 0`]],
    ['unreachable', [`${THEM} RST ACK 1 1 0`]],
    ['aborted', [`${US} RST ACK 1 1 0`]],
  ])('that ends with %s ends with %j', (end, expected) => {
    const { tap, packets } = capture()
    const seen = tap.connection(0, DIALLED)
    seen.opened(1)
    seen.ended(2, end)
    expect(lines(packets()).slice(3)).toEqual(expected)
  })

  test.each<[TapEnd, string[]]>([
    ['refused', [`${THEM} RST ACK 0 1 0`]],
    ['unreachable', []],
    ['aborted', []],
  ])('that never opens (%s) is a SYN and %j', (end, expected) => {
    const { tap, packets } = capture()
    tap.connection(0, DIALLED).ended(5, end)
    expect(lines(packets())).toEqual([`${US} SYN 0 0 0`, ...expected])
  })
})

test('a connection that we accepted is opened by them; where we listen on all addresses, one is made up', () => {
  const { tap, packets } = capture()
  tap.connection(3, ACCEPTED).received(4, new Uint8Array(5))
  const them = `${'0.'.repeat(15)}1:50000`
  const us = `32.1.13.184.${'0.'.repeat(11)}1:6882`
  expect(lines(packets())).toEqual([
    `${them} SYN 0 0 0`,
    `${us} SYN ACK 0 1 0`,
    `${them} ACK 1 1 0`,
    `${them} PSH ACK 1 1 5`,
  ])
})

test('two dials to one peer have two ports, and the packets of an IPv6 peer an IPv6 address of ours', () => {
  const { tap, packets } = capture()
  tap.connection(0, DIALLED)
  tap.connection(0, DIALLED)
  tap.connection(0, { ...DIALLED, remote: { host: '2001:db8::9', port: 1 } })
  expect(packets().map(({ from }) => from.split(':')[1])).toEqual(['49152', '49153', '49154'])
  expect(packets()[2]?.from).toMatch(/^32\.1\.13\.184\./)
})

test.each([
  ['127.0.0.1', SEGMENT_BYTES_MAX],
  ['::1', SEGMENT_BYTES_MAX],
  ['127.0.0.1', SEGMENT_BYTES_MAX + 1],
])('bytes leave in segments as long as IP allows (to %s, %d bytes)', (host, lengthBytes) => {
  const { tap, packets } = capture()
  const seen = tap.connection(0, { ...DIALLED, remote: { host, port: 1 } })
  seen.opened(0)
  seen.sent(0, [new Uint8Array(lengthBytes)])
  const sent = packets().slice(3)
  expect(sent.map(({ payload }) => payload.length)).toEqual(
    lengthBytes > SEGMENT_BYTES_MAX ? [SEGMENT_BYTES_MAX, 1] : [lengthBytes],
  )
})

test.each([
  [0, 1234.5678901, 1, 234567890],
  [1_700_000_000_999.5, 0.5, 1_700_000_001, 0],
  [1_700_000_000_000, 3.6e9 + 0.001, 1_703_600_000, 1_000],
])('a clock that was 0 at %d stamps %d with %d s and %d ns', (originUnixMs, nowMs, seconds, nanoseconds) => {
  const { tap, packets } = capture(originUnixMs)
  tap.connection(nowMs, DIALLED)
  expect(packets()[0]).toMatchObject({ seconds, nanoseconds })
})

test('time never goes backwards, though a call may say so', () => {
  const { tap, packets } = capture()
  const seen = tap.connection(2, DIALLED)
  seen.opened(1)
  expect(packets().map(({ nanoseconds }) => nanoseconds)).toEqual([2_000_000, 2_000_000, 2_000_000])
})

test('what is no address is left out', () => {
  const { tap, packets } = capture()
  const seen = tap.connection(0, { ...DIALLED, remote: { host: 'localhost', port: 1 } })
  seen.opened(0)
  seen.sent(0, [new Uint8Array(1)])
  seen.received(0, new Uint8Array(1))
  seen.ended(0, 'closed')
  expect(packets()).toEqual([])
})

test('any bytes, cut anyhow, come out of the file as they went in, both ways', () => {
  const anyChunk = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 65_000, max: 140_000 }).map(pattern))
  const anyStep = fc.record({ sent: fc.boolean(), parts: fc.array(anyChunk, { maxLength: 3 }) })
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 8 }), (steps) => {
      const { tap, packets } = capture()
      const seen = tap.connection(0, DIALLED)
      seen.opened(0)
      for (const { sent, parts } of steps) {
        if (sent) seen.sent(0, parts)
        else seen.received(0, joined(parts))
      }
      seen.ended(0, 'fin')
      const streams = streamsOf(packets())
      const ofSide = (isSent: boolean) =>
        joined(steps.filter(({ sent }) => sent === isSent).flatMap(({ parts }) => parts))
      expect(Buffer.compare(streams.get(US)!, ofSide(true))).toBe(0)
      expect(Buffer.compare(streams.get(THEM)!, ofSide(false))).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('sequence numbers go round at 2^32', () => {
  const endpoint = { address: Uint8Array.of(127, 0, 0, 1), port: 1 }
  const segment = { from: endpoint, to: endpoint, flags: TCP_FLAGS.ack, parts: [] }
  const bytes = encodePacket({ ...segment, sequence: 2 ** 32 + 5, acknowledged: 2 ** 40 - 1 }, 0, 0)
  const tcp = new DataView(bytes.buffer, 20)
  expect([tcp.getUint32(4), tcp.getUint32(8)]).toEqual([5, 2 ** 32 - 1])
})

function pattern(lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, at) => (at * 7) % 251)
}
