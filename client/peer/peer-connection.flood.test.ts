/** Too much of what is of no use: suffered up to a bound, and no further. */
import { describe, expect, test } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { bytes } from '../wire/stream.testing.ts'
import { FLOOD_UNITS_MAX, FLOOD_UNITS_PER_SECOND } from './message-budget.ts'
import { transcript } from './transcript.testing.ts'
import {
  cancel,
  choke,
  extended,
  have,
  haveAll,
  haveNone,
  keepAlive,
  notInterested,
  theirs,
  theirsExtended,
  theirsFast,
  unchoke,
} from './wire-words.testing.ts'

const PIECES = { pieces: 4, pieceBytes: 4 * 16_384, start: 'accepted' } as const
const times = (count: number, ...messages: readonly Message[]): Message[] =>
  Array.from({ length: count }, () => messages).flat()
const FLOOD = 'closed: message.flood: expected at most 200 useless messages a second, received more'

test('the limits of the transcripts below are these', () => {
  expect([FLOOD_UNITS_MAX, FLOOD_UNITS_PER_SECOND]).toEqual([4_000, 200])
})

describe('flaps choke/unchoke:', () => {
  transcript('400 changes at once are suffered, one more closes', PIECES, (t) => {
    t.accepts(theirs)
    t.peer(1, ...times(200, unchoke, choke))
    t.event(1, ...Array.from({ length: 200 }, () => ['unchoked', 'choked']).flat())
    t.peer(2, unchoke)
    t.event(2, 'unchoked', FLOOD)
  })

  transcript('20 changes a second are suffered for ever', PIECES, (t) => {
    t.accepts(theirs)
    t.peer(0, ...times(200, unchoke, choke))
    t.event(0, ...Array.from({ length: 200 }, () => ['unchoked', 'choked']).flat())
    for (let second = 1; second <= 60; second++) {
      t.peer(second * 1_000, ...times(10, unchoke, choke))
      t.event(second * 1_000, ...Array.from({ length: 10 }, () => ['unchoked', 'choked']).flat())
    }
    t.peer(60_000, choke)
    t.event(60_000, FLOOD)
  })
})

describe('flood:', () => {
  const flood = (name: string, message: Message, costs: number, handshake = theirs) => {
    const count = FLOOD_UNITS_MAX / costs
    transcript(`${count} × ${name} at once are suffered, one more closes`, PIECES, (t) => {
      t.accepts(handshake)
      t.peer(0, ...times(count, message))
      expect(t.connection.state).toBe('open')
      t.peer(0, message)
      t.event(0, FLOOD)
    })
  }

  transcript('keep-alive flood: 200 a second are suffered for ever, 2,001 in 10 s close', PIECES, (t) => {
    t.accepts(theirs)
    t.peer(0, ...times(FLOOD_UNITS_MAX, keepAlive))
    t.peer(10_000, ...times(10 * FLOOD_UNITS_PER_SECOND, keepAlive))
    expect(t.connection.state).toBe('open')
    t.peer(10_000, keepAlive)
    t.event(10_000, FLOOD)
  })

  flood('keep-alive', keepAlive, 1)
  flood('an unknown id', { type: 'unknown', id: 200, payload: bytes('00ff') }, 1)
  flood('port', { type: 'port', port: 6881 }, 1)
  flood('have-none', haveNone, 1, theirsFast)
  flood('allowed-fast', { type: 'allowed-fast', piece: 99 }, 1, theirsFast)
  flood('suggest of no piece', { type: 'suggest', piece: 99 }, 1, theirsFast)
  flood('not interested', notInterested, 10)
  flood('choke', choke, 10)
  flood('cancel of nothing', cancel(0, 0), 1)
  flood('an extension that nobody offered', extended(99, 'x'), 1, theirsExtended)
})

describe('flood of what is known, or large:', () => {
  transcript('have flood: 4,000 haves of what was told are suffered, one more closes', PIECES, (t) => {
    t.accepts(theirs, have(1))
    t.event(0, 'has 1')
    t.peer(0, ...times(FLOOD_UNITS_MAX, have(1)))
    t.peer(0, have(1))
    t.event(0, FLOOD)
  })

  transcript('have-all flood: 4,000 times in all is suffered, once more closes', PIECES, (t) => {
    t.accepts(theirsFast, haveAll)
    t.event(0, 'has-these 1111')
    t.peer(0, ...times(FLOOD_UNITS_MAX - 1, haveAll))
    expect(t.connection.state).toBe('open')
    t.peer(0, haveAll)
    t.event(0, FLOOD)
  })

  transcript('haves of what is new are no flood', { pieces: 5_000, start: 'accepted' }, (t) => {
    t.accepts(theirs)
    t.peer(0, ...Array.from({ length: 5_000 }, (_, piece) => have(piece)))
    t.event(0, ...Array.from({ length: 4_999 }, (_, piece) => `has ${piece}`), 'has 4999 and everything')
  })

  transcript('have flood before the metadata too', { ...PIECES, isMagnet: true }, (t) => {
    t.accepts(theirs, have(1))
    t.peer(0, ...times(FLOOD_UNITS_MAX, have(1)))
    t.peer(0, have(1))
    t.event(0, FLOOD)
  })

  transcript('unknown messages of 1 MiB: three at once, the fourth closes', PIECES, (t) => {
    t.accepts(theirs)
    const huge: Message = { type: 'unknown', id: 200, payload: new Uint8Array(1_048_575) }
    t.peer(0, ...times(3, huge))
    expect(t.connection.state).toBe('open')
    t.peer(0, huge)
    t.event(0, FLOOD)
  })

  transcript('extension handshakes: 200 at once, one more closes', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(0, ...times(200, extended(0, 'de')))
    t.event(0, ...Array.from({ length: 200 }, () => 'extended'))
    t.peer(1, extended(0, 'de'))
    t.event(1, FLOOD)
  })
})

describe('bitfield twice, late:', () => {
  const LARGE = { pieces: 400_000, start: 'accepted' } as const
  const bits = new Uint8Array(50_000)

  // 50,000 bytes are 400,000 pieces to look at: 391 units.
  transcript('ten of 400,000 pieces at once are suffered, one more closes', LARGE, (t) => {
    t.accepts(theirs)
    t.peer(0, ...times(10, { type: 'bitfield', bits }))
    t.event(0, `has-these ${'0'.repeat(400_000)}`)
    t.peer(0, { type: 'bitfield', bits })
    t.event(0, FLOOD)
  })
})
