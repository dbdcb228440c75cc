import { describe, expect } from 'vitest'
import type { Message } from '../wire/messages.ts'
import { transcript } from './transcript.testing.ts'
import {
  at,
  block,
  cancel,
  choke,
  have,
  interested,
  notInterested,
  reject,
  request,
  theirs,
  theirsExtended,
  theirsFast,
  unchoke,
} from './wire-words.testing.ts'

/** They dialled; we have all four pieces of four blocks. */
const SEED = { pieces: 4, pieceBytes: 4 * 16_384, ourPieces: '1111', start: 'accepted' } as const
const answer = (piece: number, blockIndex: number) => block(piece, blockIndex * 16_384)

describe('their interest', () => {
  transcript('is told when it changes', SEED, (t) => {
    t.accepts(theirs)
    expect(t.connection.theyAreInterested).toBe(false)
    t.peer(1, interested, interested, notInterested, notInterested, interested)
    t.event(1, 'interested', 'not interested', 'interested')
    expect(t.connection.theyAreInterested).toBe(true)
  })
})

describe('our choke', () => {
  transcript('is sent when it changes, and only then', SEED, (t) => {
    t.accepts(theirs)
    expect(t.connection.weChoke).toBe(true)
    t.setChoking(1, true)
    t.setChoking(2, false)
    t.us(2, unchoke)
    t.setChoking(3, false)
    expect(t.connection.weChoke).toBe(false)
    t.setChoking(4, true)
    t.us(4, choke)
  })
})

/** By whether they speak the fast extension: their handshake, and what they are told of a request that is dropped. */
const SPEAKERS = [
  ['BEP 3 alone', theirs, (): Message[] => []],
  ['the fast extension', theirsFast, (...messages: Message[]) => messages],
] as const

for (const [speaks, handshake] of SPEAKERS) {
  describe(`a peer that speaks ${speaks}`, () => {
    transcript('is served in the order in which it asked', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 1), request(3, 0))
      t.event(2, 'requests')
      t.peer(3, request(0, 0))
      t.event(3, 'requests')
      expect(t.connection.requestsQueued).toBe(3)
      t.takes(at(0, 1), at(3, 0), at(0, 0), null)
      expect(t.connection.requestsQueued).toBe(0)
      expect(t.sends(4, at(0, 1), at(3, 0), at(0, 0))).toBe(true)
      t.us(4, answer(0, 1), answer(3, 0), answer(0, 0))
      expect([t.connection.uploadedBytes, t.sends(5, at(0, 0))]).toEqual([3 * 16_384, false])
      expect(t.connection.upRateBytesPerSecond(5)).toBeGreaterThan(0)
    })

    transcript('may ask for parts of blocks, and for less than one', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      const parts = [
        { ...at(0, 0), offsetBytes: 1, lengthBytes: 16_384 },
        { ...at(0, 3), offsetBytes: 65_535, lengthBytes: 1 },
        { ...at(0, 3), offsetBytes: 65_534, lengthBytes: 2 },
      ]
      t.peer(2, ...parts.map((part): Message => ({ type: 'request', ...part })))
      t.event(2, 'requests')
      t.takes(...parts, null)
      expect(t.sends(3, ...parts)).toBe(true)
      t.us(3, ...parts.map((part) => block(0, part.offsetBytes, part.lengthBytes)))
    })
  })
}

for (const [speaks, handshake, rejects] of SPEAKERS) {
  describe(`a peer that cancels or repeats, and speaks ${speaks},`, () => {
    transcript('gets no block that it cancelled, whether it was being read or not', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0), request(0, 1), request(0, 2))
      t.event(2, 'requests')
      t.takes(at(0, 0))
      t.peer(3, cancel(0, 0), cancel(0, 2), cancel(0, 3))
      t.us(3, ...rejects(reject(0, 0), reject(0, 2)))
      expect(t.sends(4, at(0, 0))).toBe(false)
      t.takes(at(0, 1), null)
    })

    transcript('that cancels and asks again gets the block once', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0))
      t.event(2, 'requests')
      t.takes(at(0, 0))
      t.peer(3, cancel(0, 0), request(0, 0))
      t.us(3, ...rejects(reject(0, 0)))
      t.event(3, 'requests')
      expect(t.sends(4, at(0, 0))).toBe(true)
      t.us(4, answer(0, 0))
      t.takes(null)
      expect(t.sends(5, at(0, 0))).toBe(false)
    })

    transcript('that asks twice gets the block once', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0), request(0, 0))
      t.event(2, 'requests')
      t.takes(at(0, 0), null)
      t.peer(3, request(0, 0))
      expect(t.sends(4, at(0, 0))).toBe(true)
      t.us(4, answer(0, 0))
      t.takes(null)
    })
  })
}

for (const [speaks, handshake, rejects] of SPEAKERS) {
  describe(`a peer that waits, and speaks ${speaks},`, () => {
    transcript('is dropped its queue by our choke, what is being read too', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0), request(0, 1))
      t.event(2, 'requests')
      t.takes(at(0, 0))
      t.setChoking(3, true)
      t.us(3, choke, ...rejects(reject(0, 0), reject(0, 1)))
      expect(t.sends(4, at(0, 0))).toBe(false)
      t.takes(null)
    })

    transcript('gets nothing of a block that turns out unreadable', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0))
      t.event(2, 'requests')
      t.takes(at(0, 0))
      t.command(3, (connection) => connection.rejectRequest(3, at(0, 0)))
      t.us(3, ...rejects(reject(0, 0)))
      t.command(4, (connection) => connection.rejectRequest(4, at(0, 0)))
      expect(t.sends(5, at(0, 0))).toBe(false)
    })

    transcript('has its requests for a piece dropped when we lose the piece', SEED, (t) => {
      t.accepts(handshake)
      t.setChoking(1, false)
      t.us(1, unchoke)
      t.peer(2, request(0, 0), request(1, 0), request(0, 1))
      t.event(2, 'requests')
      t.takes(at(0, 0))
      t.ourPieces.clear(at(0, 0).piece)
      t.command(3, (connection) => connection.dontHave(3, at(0, 0).piece))
      t.us(3, ...rejects(reject(0, 0), reject(0, 1)))
      t.peer(4, request(0, 2))
      t.us(4, ...rejects(reject(0, 2)))
      t.takes(at(1, 0), null)
    })
  })
}

describe('a request while we choke', () => {
  transcript('is ignored where they speak BEP 3 alone', SEED, (t) => {
    t.accepts(theirs, request(0, 0))
    t.takes(null)
  })

  transcript('is rejected where they speak fast', SEED, (t) => {
    t.accepts(theirsFast)
    t.peer(1, request(0, 0))
    t.us(1, reject(0, 0))
    t.takes(null)
  })
})

describe('allowed-fast pieces', () => {
  const ALLOWING = { ...SEED, allowedFast: [2] }

  transcript('are told, and served while we choke', ALLOWING, (t) => {
    t.accepts(theirsFast)
    t.peer(1, request(2, 0), request(1, 0))
    t.us(1, reject(1, 0))
    t.event(1, 'requests')
    t.takes(at(2, 0), null)
    expect(t.sends(2, at(2, 0))).toBe(true)
    t.us(2, answer(2, 0))
  })

  transcript('stay queued when we choke', ALLOWING, (t) => {
    t.accepts(theirsFast)
    t.setChoking(1, false)
    t.us(1, unchoke)
    t.peer(2, request(2, 0), request(1, 0), request(2, 1))
    t.event(2, 'requests')
    t.takes(at(2, 0))
    t.setChoking(3, true)
    t.us(3, choke, reject(1, 0))
    expect(t.sends(4, at(2, 0))).toBe(true)
    t.us(4, answer(2, 0))
    t.takes(at(2, 1), null)
  })

  transcript('are served three times over while we choke, and not a fourth time', ALLOWING, (t) => {
    t.accepts(theirsFast)
    for (let time = 1; time <= 3; time++) {
      for (let index = 0; index < 4; index++) {
        t.peer(time, request(2, index))
        t.event(time, 'requests')
        t.takes(at(2, index))
        expect(t.sends(time, at(2, index))).toBe(true)
        t.us(time, answer(2, index))
      }
    }
    t.peer(4, request(2, 0))
    t.us(4, reject(2, 0))
    t.setChoking(5, false)
    t.us(5, unchoke)
    t.peer(6, request(2, 0))
    t.event(6, 'requests')
    t.takes(at(2, 0))
  })

  transcript('are not told to a peer that does not speak fast, nor served to it while we choke', ALLOWING, (t) => {
    t.accepts(theirs)
    t.peer(1, request(2, 0))
    t.takes(null)
  })
})

transcript('a block is sent as a part of its own, uncopied', SEED, (t) => {
  t.accepts(theirs)
  t.setChoking(1, false)
  t.us(1, unchoke)
  t.peer(2, request(1, 0))
  t.event(2, 'requests')
  t.takes(at(1, 0))
  const { connection } = t
  const bytes = answer(1, 0).block
  expect(() => connection.sendBlock(3, at(1, 0), bytes.subarray(1))).toThrow(RangeError)
  expect(connection.sendBlock(3, at(1, 0), bytes)).toBe(true)
  const parts = connection.nextParts()
  expect([parts?.length, parts?.[0]?.length, parts?.[1] === bytes]).toEqual([2, 13, true])
  expect(connection.nextParts()).toBeNull()
})

transcript('a peer that speaks no lt_donthave hears of none, and of the piece that comes back it does', SEED, (t) => {
  t.accepts(theirsExtended)
  t.command(1, (connection) => connection.dontHave(1, at(0, 0).piece))
  t.command(2, (connection) => connection.have(2, at(0, 0).piece))
  t.us(2, have(0))
})
