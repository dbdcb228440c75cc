/** Requests of a hostile peer: too many, too large, out of range, while choked. */
import { describe, expect, test } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { FLOOD_UNITS_MAX } from './message-budget.ts'
import {
  CHOKE_HEARD_MS,
  CHOKED_REQUESTS_MAX,
  LATE_REQUESTS_MAX,
  REFUSED_REQUESTS_MAX,
  REQUESTS_QUEUED_MAX,
} from './their-requests.ts'
import { type Transcript, transcript } from './transcript.testing.ts'
import { at, block, cancel, choke, reject, request, theirs, theirsFast, unchoke } from './wire-words.testing.ts'

const PIECES = { pieces: 4, pieceBytes: 4 * 16_384, start: 'accepted' } as const
const SEED = { ...PIECES, ourPieces: '1111' } as const
const times = (count: number, ...messages: readonly Message[]): Message[] =>
  Array.from({ length: count }, () => messages).flat()
const FLOOD = 'closed: message.flood: expected at most 200 useless messages a second, received more'

test('the limits of the transcripts below are these', () => {
  expect([REQUESTS_QUEUED_MAX, REFUSED_REQUESTS_MAX, CHOKED_REQUESTS_MAX]).toEqual([2_000, 300, 300])
  expect([CHOKE_HEARD_MS, LATE_REQUESTS_MAX]).toEqual([2_000, 16])
})

/** Unchoked, and asks for this. */
function asks(t: Transcript, handshake: Uint8Array, nowMs: number, ...messages: readonly Message[]): void {
  t.accepts(handshake)
  t.setChoking(nowMs, false)
  t.us(nowMs, unchoke)
  t.peer(nowMs, ...messages)
}

describe('requests that cannot be served are refused 300 times, and the 301st closes:', () => {
  const text = 'closed: request.refused: expected at most 300 that we cannot serve, received 301'
  for (const [what, range] of [
    ['of no byte', { ...at(0, 0), lengthBytes: 0 }],
    ['of 16 KiB and 1', { ...at(0, 0), lengthBytes: 16_385 }],
    ['of 128 KiB', { ...at(0, 0), lengthBytes: 131_072 }],
    ['of 4 GiB', { ...at(0, 0), lengthBytes: 0xffff_ffff }],
    ['beyond the piece by a byte', { ...at(0, 3), offsetBytes: 49_153 }],
    ['far beyond the piece', { ...at(0, 0), offsetBytes: 0xffff_ffff }],
    ['of the piece behind the last', at(4, 0)],
    ['of piece 2^32 - 1', at(0xffff_ffff, 0)],
    ['of a piece that we do not have', at(1, 0)],
  ] as const) {
    const bad: Message = { type: 'request', ...range }
    transcript(`${what}, by rejects where they speak fast`, { ...SEED, ourPieces: '1011' }, (t) => {
      asks(t, theirsFast, 1, ...times(300, bad))
      t.us(1, ...times(300, { type: 'reject', ...range }))
      t.peer(2, bad)
      t.event(2, text)
    })
    transcript(`${what}, by silence where they do not`, { ...SEED, ourPieces: '1011' }, (t) => {
      asks(t, theirs, 1, ...times(300, bad))
      expect(t.connection.requestsQueued).toBe(0)
      t.peer(2, bad)
      t.event(2, text)
    })
  }
})

describe('request flood (thousands per second):', () => {
  const DEEP = { pieces: 1, pieceBytes: 16_384 * 4, ourPieces: '1', start: 'accepted' } as const
  const part = (index: number) => ({ ...at(0, 0), offsetBytes: index, lengthBytes: 1 })
  const asked = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index): Message => ({ type: 'request', ...part(from + index) }))

  transcript('2,000 are queued, those above are refused, and the 301st of those closes', DEEP, (t) => {
    asks(t, theirsFast, 1, ...asked(0, 2_000))
    t.event(1, 'requests')
    expect(t.connection.requestsQueued).toBe(2_000)
    t.peer(2, ...asked(2_000, 2_300))
    t.us(2, ...Array.from({ length: 300 }, (_, index): Message => ({ type: 'reject', ...part(2_000 + index) })))
    t.peer(3, ...asked(2_300, 2_301))
    t.event(3, 'closed: request.refused: expected at most 300 that we cannot serve, received 301')
  })

  transcript('those that are being read count too', DEEP, (t) => {
    asks(t, theirsFast, 1, ...asked(0, 2_000))
    t.event(1, 'requests')
    t.takes(part(0), part(1))
    t.peer(2, ...asked(2_000, 2_001))
    t.us(2, { type: 'reject', ...part(2_000) })
    expect(t.sends(3, part(0))).toBe(true)
    t.us(3, block(0, 0, 1))
    t.peer(4, ...asked(2_000, 2_001))
    t.event(4, 'requests')
  })

  transcript('the same request again and again is answered once, and closes as a flood', DEEP, (t) => {
    asks(t, theirs, 0, ...times(FLOOD_UNITS_MAX + 1, request(0, 0)))
    t.event(0, 'requests')
    expect(t.connection.requestsQueued).toBe(1)
    t.peer(0, request(0, 0))
    t.event(0, FLOOD)
  })

  transcript('requests that are cancelled again and again close as a flood', DEEP, (t) => {
    asks(t, theirs, 0, ...times(FLOOD_UNITS_MAX, request(0, 0), cancel(0, 0)))
    t.event(0, 'requests')
    t.peer(0, request(0, 0), cancel(0, 0))
    t.event(0, 'requests', FLOOD)
  })
})

describe('requests while choked:', () => {
  const tooMany = 'closed: request.choked: expected at most 300 while choked, received 301'
  const tooLate = 'closed: request.choked: expected at most 16 more than 2000 ms after the choke, received 17'

  for (const [speaks, handshake] of [
    ['BEP 3 alone', theirs],
    ['fast', theirsFast],
  ] as const) {
    const rejects = (count: number) => (handshake === theirs ? [] : times(count, reject(0, 0)))

    transcript(`300 are refused, the 301st closes (${speaks})`, SEED, (t) => {
      t.accepts(handshake)
      t.peer(2_000, ...times(300, request(0, 0)))
      t.us(2_000, ...rejects(300))
      t.peer(2_000, request(0, 0))
      t.event(2_000, tooMany)
    })

    transcript(`16 are refused that come more than 2 s after the choke, the 17th closes (${speaks})`, SEED, (t) => {
      t.accepts(handshake)
      t.peer(2_001, ...times(16, request(0, 0)))
      t.us(2_001, ...rejects(16))
      t.peer(2_001, request(0, 0))
      t.event(2_001, tooLate)
    })

    transcript(`each choke counts anew (${speaks})`, SEED, (t) => {
      t.accepts(handshake)
      t.peer(2_001, ...times(16, request(0, 0)))
      t.us(2_001, ...rejects(16))
      t.setChoking(3_000, false)
      t.us(3_000, unchoke)
      t.setChoking(4_000, true)
      t.us(4_000, choke)
      t.peer(6_000, ...times(300, request(0, 0)))
      t.us(6_000, ...rejects(300))
      t.peer(6_000, request(0, 0))
      t.event(6_000, tooMany)
    })
  }
})
