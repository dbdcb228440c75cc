import { describe, expect } from 'vitest'
import { bytes } from '../wire/stream.testing.ts'
import { transcript } from './transcript.testing.ts'
import { at, bitfield, choke, have, keepAlive, ours, theirs, unchoke } from './wire-words.testing.ts'

const HANDSHAKEN = 'handshaken -LT2080-mnopqrstuvwx'

describe('what the peer has', () => {
  transcript('is nothing until it says so', { pieces: 2 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, unchoke)
    t.event(1, HANDSHAKEN, 'unchoked')
    expect(t.connection.pieces.setCount).toBe(0)
  })

  transcript('is told by a bitfield, and then piece by piece', { pieces: 10 }, (t) => {
    t.ready('1111111100')
    t.peer(5, have(9))
    t.event(5, 'has 9')
    t.peer(6, have(9), have(0), have(8))
    t.event(6, 'has 8 and everything')
    expect(t.connection.pieces.isFull).toBe(true)
  })

  transcript('is as it was when told, though later messages of the same chunk add to it', { pieces: 3 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, bitfield('100'), have(1), have(2))
    t.event(1, HANDSHAKEN, 'has-these 100', 'has 1', 'has 2 and everything')
  })

  transcript('may be told by haves alone', { pieces: 2 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, have(0), have(1))
    t.event(1, HANDSHAKEN, 'has 0', 'has 1 and everything')
  })

  transcript('may be told first by a bitfield after keep-alives, chokes and extensions', { pieces: 2 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, keepAlive, { type: 'extended', extensionId: 0, payload: bytes('6465') }, unchoke, choke)
    t.event(1, HANDSHAKEN, 'unchoked', 'choked')
    t.peer(2, bitfield('10'))
    t.event(2, 'has-these 10')
  })
})

describe('what the peer has, once told,', () => {
  transcript('is added to by another bitfield, which aria2 sends in place of many haves', { pieces: 5 }, (t) => {
    t.ready('10000')
    t.peer(5, bitfield('11010'), bitfield('11010'))
    t.event(5, 'has 1', 'has 3')
    t.peer(6, bitfield('11111'))
    t.event(6, 'has 2', 'has 4 and everything')
  })

  transcript('is added to by a bitfield that comes after haves', { pieces: 3 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, have(1))
    t.event(1, HANDSHAKEN, 'has 1')
    t.peer(2, bitfield('110'))
    t.event(2, 'has 0')
  })

  transcript('is not taken away by another bitfield', { pieces: 3 }, (t) => {
    t.ready('110')
    t.peer(5, bitfield('001'), bitfield('000'))
    t.event(5, 'has 2 and everything')
    expect(t.connection.pieces.setCount).toBe(3)
  })

  transcript('even when that was nothing, is not told whole again', { pieces: 2 }, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, bitfield('00'), bitfield('00'), bitfield('01'))
    t.event(1, HANDSHAKEN, 'has-these 00', 'has 1')
  })
})

describe('a peer is closed', () => {
  for (const [what, message, text] of [
    ['a bitfield that is too short', bitfield('11'), 'bitfield.length: expected 2 bytes, received 1 bytes'],
    [
      'a bitfield that is too long',
      bitfield('11111111 11111111 1'),
      'bitfield.length: expected 2 bytes, received 3 bytes',
    ],
    [
      'a bitfield that says of piece 9 of 9',
      bitfield('00000000 01'),
      'bitfield.spare-bits: expected zeros, received ones',
    ],
    ['a have of the piece behind the last', have(9), 'have.piece: expected below 9, received 9'],
    ['a have of piece 2^32 - 1', have(2 ** 32 - 1), 'have.piece: expected below 9, received 4294967295'],
  ] as const) {
    for (const first of [true, false]) {
      transcript(`with ${what}${first ? '' : ', later too'}`, { pieces: 9 }, (t) => {
        t.opened(0)
        t.us(0, ours)
        t.peer(1, theirs, ...(first ? [] : [bitfield('100000000')]))
        t.event(1, HANDSHAKEN, ...(first ? [] : ['has-these 100000000']))
        t.peer(2, message, unchoke)
        t.event(2, `closed: ${text}`)
      })
    }
  }
})

describe('our interest', () => {
  transcript('is sent when it changes, and only then', { pieces: 1 }, (t) => {
    t.ready('1')
    t.command(5, (connection) => connection.setInterested(5, true))
    t.command(6, (connection) => connection.setInterested(6, false))
    t.us(6, { type: 'not-interested' })
    t.command(7, (connection) => connection.setInterested(7, false))
    t.command(8, (connection) => connection.setInterested(8, true))
    t.us(8, { type: 'interested' })
  })
})

transcript('their interest is told', { pieces: 1 }, (t) => {
  t.ready('1')
  t.peer(5, { type: 'interested' }, { type: 'not-interested' })
  t.event(5, 'interested', 'not interested')
})

transcript('a have of ours goes to a peer without the piece, and not to one that has it', { pieces: 3 }, (t) => {
  t.ready('100')
  t.command(5, (connection) => connection.have(5, at(0, 0).piece))
  t.command(6, (connection) => connection.have(6, at(1, 0).piece))
  t.us(6, have(1))
  t.peer(7, have(2))
  t.event(7, 'has 2')
  t.command(8, (connection) => connection.have(8, at(2, 0).piece))
})

transcript('what belongs to extensions, and requests while we choke, change nothing', { pieces: 2 }, (t) => {
  t.ready('11')
  const range = { piece: 0, offsetBytes: 0, lengthBytes: 16_384 }
  t.peer(
    5,
    { type: 'extended', extensionId: 0, payload: bytes('6465') },
    { type: 'unknown', id: 200, payload: bytes('00ff') },
    { type: 'port', port: 6881 },
    { type: 'suggest', piece: 99 },
    { type: 'allowed-fast', piece: 99 },
    { type: 'have-all' },
    { type: 'have-none' },
    { type: 'reject', ...range },
    { type: 'request', ...range },
    { type: 'cancel', ...range },
    keepAlive,
  )
  expect(t.connection.requestsFree).toBe(10)
  t.peer(6, choke)
  t.event(6, 'choked')
})
