import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import { join } from '../wire/stream.testing.ts'
import { SNUB_TIMEOUT_MS } from './download-side.ts'
import { KEEP_ALIVE_EVERY_MS } from './outputs.ts'
import { CONNECT_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, IDLE_TIMEOUT_MS } from './peer-connection.ts'
import { transcript } from './transcript.testing.ts'
import {
  at,
  bitfield,
  have,
  INFOHASH,
  interested,
  keepAlive,
  OUR_ID,
  ours,
  request,
  THEIR_ID,
  theirs,
  unchoke,
} from './wire-words.testing.ts'

const HANDSHAKEN = 'handshaken -LT2080-mnopqrstuvwx'
const otherTorrent = encodeHandshake({ infohash: 'ff'.repeat(20) as InfoHash, peerId: THEIR_ID })

test('the times of the transcripts below are these', () => {
  expect([CONNECT_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, SNUB_TIMEOUT_MS]).toEqual([10_000, 10_000, 10_000])
  expect([KEEP_ALIVE_EVERY_MS, IDLE_TIMEOUT_MS]).toEqual([110_000, 240_000])
})

describe('the handshake', () => {
  transcript('is sent as soon as the connection we dialled is open, and theirs answers it', { pieces: 2 }, (t) => {
    t.opened(30)
    t.us(30, ours)
    t.peer(60, theirs)
    t.event(60, HANDSHAKEN)
  })

  transcript('answers theirs when they dialled', { pieces: 2, start: 'accepted' }, (t) => {
    t.peer(5, theirs)
    t.us(5, ours)
    t.event(5, HANDSHAKEN)
  })

  for (const start of ['connecting', 'accepted'] as const) {
    transcript(
      `is followed by our bitfield when we have a piece (${start})`,
      { pieces: 3, ourPieces: '010', start },
      (t) => {
        if (start === 'connecting') {
          t.opened(0)
          t.us(0, ours)
        }
        t.peer(9, theirs)
        t.us(9, ...(start === 'accepted' ? [ours] : []), bitfield('010'))
        t.event(9, HANDSHAKEN)
      },
    )
  }

  transcript('tells of the pieces we have by then, not of those when we dialled', { pieces: 3 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.ourPieces.set(at(2, 0).piece)
    t.command(5, (connection) => connection.have(5, at(2, 0).piece))
    t.peer(9, theirs)
    t.us(9, bitfield('001'))
    t.event(9, HANDSHAKEN)
  })

  transcript('may bring the first messages in the same chunk', { pieces: 2, start: 'accepted' }, (t) => {
    t.peer(5, theirs, bitfield('10'), unchoke, have(1))
    t.us(5, ours)
    t.event(5, HANDSHAKEN, 'has-these 10', 'unchoked', 'has 1 and everything')
  })
})

describe('a handshake', () => {
  for (const start of ['connecting', 'accepted'] as const) {
    const opened = start === 'connecting'
    transcript(`for another torrent closes (${start})`, { pieces: 2, start }, (t) => {
      t.opened(0)
      if (opened) t.us(0, ours)
      t.peer(5, otherTorrent, unchoke)
      t.event(5, `closed: handshake.infohash: expected ${INFOHASH}, received ${'ff'.repeat(20)}`)
    })

    transcript(
      `of ourselves is answered, so that both ends learn it, and closes (${start})`,
      { pieces: 2, start },
      (t) => {
        t.opened(0)
        if (opened) t.us(0, ours)
        t.peer(5, encodeHandshake({ infohash: INFOHASH, peerId: OUR_ID }), unchoke)
        if (!opened) t.us(5, ours)
        t.event(5, 'closed: handshake.self: expected another peer id, received our own')
      },
    )

    transcript(`that is not BitTorrent closes at its first wrong byte (${start})`, { pieces: 2, start }, (t) => {
      t.opened(0)
      if (opened) t.us(0, ours)
      t.peer(5, theirs.subarray(0, 19))
      t.peer(6, new TextEncoder().encode('?'))
      t.event(6, 'closed: handshake.protocol: expected BitTorrent protocol, received byte 63 at offset 19')
    })
  }

  transcript('of a real aria2 that tries encryption first closes', { pieces: 2, start: 'accepted' }, (t) => {
    const name = '../fixtures/transcripts/aria2-1.36.0.mse-attempt.from-leecher.bin'
    t.peer(5, new Uint8Array(readFileSync(new URL(name, import.meta.url))))
    t.event(5, 'closed: handshake.protocol: expected BitTorrent protocol, received byte 144 at offset 0')
  })
})

describe('the handshake', () => {
  transcript('is awaited in silence: a command before it sends nothing', { pieces: 2 }, (t) => {
    t.command(0, (connection) => connection.setInterested(0, true))
    t.opened(1)
    t.us(1, ours)
    t.command(2, (connection) => connection.setInterested(2, true))
    t.command(2, (connection) => connection.have(2, at(0, 0).piece))
    t.command(2, (connection) => expect(() => connection.request(2, at(0, 0))).toThrow('request to a peer'))
    expect(t.connection.weAreInterested).toBe(false)
  })

  transcript('is sent once, even if the connection is said to be open twice', { pieces: 2 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.opened(1)
    t.peer(2, theirs)
    t.event(2, HANDSHAKEN)
    t.opened(3)
  })
})

describe('time runs out', () => {
  transcript('10 s after dialling', { pieces: 1 }, (t) => {
    t.command(9_999, (connection) => connection.handleDeadline(9_999))
    t.deadline(10_000)
    t.event(10_000, 'closed: connect timed out')
  })

  transcript('10 s after the connection is open, for a handshake that trickles too', { pieces: 1 }, (t) => {
    t.opened(9_000)
    t.us(9_000, ours)
    t.peer(18_000, theirs.subarray(0, 67))
    t.deadline(19_000)
    t.event(19_000, 'closed: handshake timed out')
  })

  transcript('10 s after they dialled', { pieces: 1, start: 'accepted' }, (t) => {
    t.deadline(10_000)
    t.event(10_000, 'closed: handshake timed out')
  })

  transcript('not for the handshake once it is here', { pieces: 1, start: 'accepted' }, (t) => {
    t.peer(9_999, theirs)
    t.us(9_999, ours)
    t.event(9_999, HANDSHAKEN)
    t.deadline(119_999)
    t.us(119_999, keepAlive)
  })

  transcript('after 240 s without a byte; a keep-alive is a byte', { pieces: 1, start: 'accepted' }, (t) => {
    t.peer(0, theirs)
    t.us(0, ours)
    t.event(0, HANDSHAKEN)
    for (const keepAliveMs of [110_000, 220_000]) {
      t.deadline(keepAliveMs)
      t.us(keepAliveMs, keepAlive)
    }
    t.peer(239_999, keepAlive)
    for (const keepAliveMs of [330_000, 440_000]) {
      t.deadline(keepAliveMs)
      t.us(keepAliveMs, keepAlive)
    }
    t.deadline(479_999)
    t.event(479_999, 'closed: idle timed out')
  })

  transcript('in order, when the owner comes late: what was due first happens first', { pieces: 1 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(0, theirs)
    t.event(0, HANDSHAKEN)
    t.command(300_000, (connection) => connection.handleDeadline(300_000))
    t.us(300_000, keepAlive)
    t.event(300_000, 'closed: idle timed out')
  })
})

describe('a keep-alive', () => {
  transcript('is sent 110 s after the last that was sent, whatever that was', { pieces: 2 }, (t) => {
    t.ready('11')
    t.deadline(110_001)
    t.us(110_001, keepAlive)
    t.command(200_000, (connection) => connection.setInterested(200_000, false))
    t.us(200_000, { type: 'not-interested' })
    t.peer(240_000, keepAlive)
    t.deadline(310_000)
    t.us(310_000, keepAlive)
  })
})

describe('the end', () => {
  for (const [end, text] of [
    ['refused', 'connection refused'],
    ['unreachable', 'unreachable'],
    ['fin', 'closed by the peer'],
    ['reset', 'reset by the peer'],
  ] as const) {
    transcript(`of the stream (${end}) closes while connecting`, { pieces: 1 }, (t) => {
      t.ended(5, end)
      t.event(5, `closed: ${text}`)
    })

    transcript(`of the stream (${end}) closes when open, and voids what is owed, in order`, { pieces: 3 }, (t) => {
      t.ready('111')
      t.request(2, at(2, 0), at(0, 0), at(1, 0))
      t.us(2, request(2, 0), request(0, 0), request(1, 0))
      t.ended(5, end)
      t.event(5, `closed: ${text} | 2:0+16384 | 0:0+16384 | 1:0+16384`)
    })
  }

  transcript('by us voids what is owed, and what came before it is told before it', { pieces: 2 }, (t) => {
    t.ready('10')
    t.request(2, at(0, 0))
    t.us(2, request(0, 0))
    t.peer(3, have(1), { type: 'interested' })
    t.event(3, 'has 1 and everything', 'interested')
    t.close(3, 'banned')
    t.event(3, 'closed: banned | 0:0+16384')
  })

  transcript('comes once: what follows a fault in the same chunk is not read', { pieces: 2 }, (t) => {
    t.ready('10')
    t.peer(5, have(1), have(2), have(0), unchoke)
    t.event(5, 'has 1 and everything', 'closed: have.piece: expected below 2, received 2')
    t.ended(6, 'reset')
    t.close(7, 'stopping')
  })

  transcript('leaves what was to be sent before it to be sent', { pieces: 2, start: 'accepted' }, (t) => {
    t.peer(0, join(theirs))
    t.us(0, ours)
    t.event(0, HANDSHAKEN)
    t.command(1, (connection) => {
      connection.setInterested(1, true)
      connection.close('not-needed')
    })
    t.us(1, interested)
    t.event(1, 'closed: neither of us needs anything')
  })
})
