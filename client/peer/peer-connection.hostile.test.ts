/**
 * What a hostile peer may send, one transcript a kind: what it gets for it, and where its bound is. More of it is in
 * flood and abuse, of the handshake and the times in life, of bitfields in pieces and magnet, of blocks in requests.
 */
import { describe, expect } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import { encodeMessage } from '../wire/messages.ts'
import { bytes } from '../wire/stream.testing.ts'
import { transcript } from './transcript.testing.ts'
import {
  at,
  bitfield,
  block,
  choke,
  extended,
  have,
  haveAll,
  interested,
  keepAlive,
  ours,
  request,
  THEIR_ID,
  theirs,
  theirsBoth,
  theirsExtended,
  unchoke,
} from './wire-words.testing.ts'

const PIECES = { pieces: 4, pieceBytes: 4 * 16_384, start: 'accepted' } as const
const DIALLED = { ...PIECES, start: 'connecting' } as const
const SEED = { ...PIECES, ourPieces: '1111' } as const

describe('peer closes or resets mid-block:', () => {
  for (const [end, text] of [
    ['fin', 'closed by the peer'],
    ['reset', 'reset by the peer'],
  ] as const) {
    transcript(`what it owes is voided (${end})`, DIALLED, (t) => {
      t.ready('1111')
      t.request(2, at(0, 0), at(0, 1))
      t.us(2, request(0, 0), request(0, 1))
      t.peer(3, encodeMessage(block(0, 0)).subarray(0, 9_000))
      t.ended(4, end)
      t.event(4, `closed: ${text} | 0:0+16384 | 0:16384+16384`)
    })
  }
})

describe('never unchokes:', () => {
  transcript('nothing is asked of it, and its silence ends it', DIALLED, (t) => {
    t.opened(0)
    t.us(0, ours)
    t.peer(1, theirs, bitfield('1111'))
    t.event(1, 'handshaken -LT2080-mnopqrstuvwx', 'has-these 1111')
    t.command(1, (connection) => connection.setInterested(1, true))
    t.us(1, interested)
    expect(t.connection.requestsFree).toBe(0)
    for (const nowMs of [110_001, 220_001]) {
      t.deadline(nowMs)
      t.us(nowMs, keepAlive)
    }
    t.deadline(240_001)
    t.event(240_001, 'closed: idle timed out')
  })
})

describe('stalls after unchoke, 1 byte/s:', () => {
  transcript('is snubbed though bytes come, and what it owes is open to others', DIALLED, (t) => {
    t.ready('1111')
    t.request(10, at(0, 0))
    t.us(10, request(0, 0))
    const answer = encodeMessage(block(0, 0))
    for (let second = 1; second <= 10; second++) t.peer(1_000 * second, answer.slice(second - 1, second))
    t.deadline(10_010)
    t.event(10_010, 'snubbed 0:0+16384')
    expect(t.connection.requestsFree).toBe(1)
    t.peer(11_000, answer.slice(10))
    t.event(11_000, 'block 0:0+16384')
  })
})

describe('chokes mid-piece with requests outstanding, flaps choke/unchoke:', () => {
  transcript('each choke voids what it owes', DIALLED, (t) => {
    t.ready('1111')
    for (let round = 1; round <= 5; round++) {
      t.request(round * 10, at(0, 0), at(0, 1))
      t.us(round * 10, request(0, 0), request(0, 1))
      t.peer(round * 10 + 1, block(0, 0), choke, unchoke)
      t.event(round * 10 + 1, 'block 0:0+16384', 'choked 0:16384+16384', 'unchoked')
    }
  })
})

describe('lies in bitfield (claims all, ignores requests):', () => {
  transcript('is asked for one block every 10 s, and all it holds back is open to others', DIALLED, (t) => {
    t.ready('1111')
    t.request(2, at(0, 0), at(0, 1))
    t.us(2, request(0, 0), request(0, 1))
    t.deadline(10_002)
    t.event(10_002, 'snubbed 0:0+16384 0:16384+16384')
    for (let nowMs = 10_002; nowMs < 60_000; nowMs += 10_000) {
      expect(t.connection.requestsFree).toBe(1)
      t.request(nowMs, at(1, 0))
      t.us(nowMs, request(1, 0))
      t.deadline(nowMs + 10_000)
      t.event(nowMs + 10_000, 'snubbed 1:0+16384')
    }
    expect([t.connection.lastBlockMs, t.connection.isSnubbed]).toEqual([null, true])
  })
})

describe('message length of 4 GiB, zero-length where impossible, unknown ids, truncated messages:', () => {
  for (const [what, sent, text] of [
    ['a length of 4 GiB', 'ffffffff', 'frame.too-long: expected at most 1048576, received 4294967295'],
    ['a length of 1 MiB and 1', '00100001', 'frame.too-long: expected at most 1048576, received 1048577'],
    ['a have of no piece', '0000000104', 'frame.length: expected have of 5, received 1'],
    ['a block of no byte', '0000000907', 'frame.length: expected piece of 10 to 16393, received 9'],
    ['a choke with a payload', '0000000200', 'frame.length: expected choke of 1, received 2'],
    ['an extended message without an id', '0000000114', 'frame.length: expected extended of 2 to 1048576, received 1'],
  ] as const) {
    transcript(`${what} closes`, SEED, (t) => {
      t.accepts(theirsBoth, haveAll)
      t.event(0, 'has-these 1111')
      t.peer(1, bytes(sent))
      t.event(1, `closed: ${text}`)
    })
  }

  transcript('unknown ids are ignored', SEED, (t) => {
    t.accepts(theirs)
    for (const id of [10, 11, 12, 18, 19, 21, 255]) t.peer(1, { type: 'unknown', id, payload: bytes('01') })
    t.peer(2, unchoke)
    t.event(2, 'unchoked')
  })

  transcript('a truncated message is waited for, until the peer is idle for too long', SEED, (t) => {
    t.accepts(theirs)
    t.peer(0, encodeMessage(request(0, 0)).subarray(0, 12))
    for (const nowMs of [110_000, 220_000]) {
      t.deadline(nowMs)
      t.us(nowMs, keepAlive)
    }
    t.deadline(240_000)
    t.event(240_000, 'closed: idle timed out')
  })
})

describe('v2 bit on a v1 torrent:', () => {
  transcript('is ignored, as every reserved bit that we do not know', SEED, (t) => {
    const reserved = bytes('ffffffffffefff1b')
    const handshake = encodeHandshake({ infohash: OTHER_INFOHASH, peerId: THEIR_ID, reserved })
    handshake.set(theirs.subarray(28, 48), 28)
    t.peer(0, handshake, have(1))
    t.us(0, ours, bitfield('1111'))
    t.event(0, 'handshaken -LT2080-mnopqrstuvwx', 'has 1')
  })
})

describe('extension handshake:', () => {
  transcript('of 64 KiB is read, of one byte more closes', PIECES, (t) => {
    const payload = `d1:v65525:${'x'.repeat(65_525)}e`
    expect(payload).toHaveLength(65_536)
    t.accepts(theirsExtended)
    t.peer(1, extended(0, payload))
    t.event(1, 'extended')
    expect(t.connection.clientName).toHaveLength(64)
    t.peer(2, extended(0, `${payload}x`))
    t.event(2, 'closed: extension.too-long: expected at most 65536 bytes, received 65537')
  })

  for (const [what, payload] of [
    ['nested 10,000 deep', `d1:m${'l'.repeat(10_000)}${'e'.repeat(10_000)}e`],
    ['not bencoded', 'hello'],
    ['a list', 'le'],
    ['of 26 bytes that claim a 4 GB string', 'd1:v4294967295:xxxxxxxxxxe'],
    ['endless', 'd1:mi1111111'],
  ] as const) {
    transcript(`${what} closes`, PIECES, (t) => {
      t.accepts(theirsExtended)
      t.peer(1, extended(0, payload))
      t.closedWith(1, 'extension.bencode')
    })
  }

  transcript('that announces gigabytes of metadata closes', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(0, 'd13:metadata_sizei10000000ee'))
    t.event(1, 'extended')
    expect(t.connection.theirMetadataBytes).toBe(10_000_000)
    t.peer(2, extended(0, 'd13:metadata_sizei10000001ee'))
    t.closedWith(2, 'metadata.size')
  })

  transcript('with a name of terminal escapes names nothing raw', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(0, 'd1:v8:\u001b[31mrede'))
    t.event(1, 'extended')
    expect(t.connection.clientName).toBe('\\u{1b}[31mred')
  })

  transcript('with numbers where bytes are due, and bytes where numbers are, says nothing', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(0, 'd1:m3:abc13:metadata_size1:51:p2:804:reqqi-5e1:vi7e6:yourip3:abce'))
    t.event(1, 'extended')
    const { connection } = t
    expect([connection.theirMetadataBytes, connection.theirListenPort, connection.clientName]).toEqual([
      null,
      null,
      null,
    ])
  })
})

describe('metadata and PEX that are garbage close:', () => {
  for (const [what, message, code] of [
    ['ut_metadata that is not bencoded', extended(2, 'garbage'), 'extension.bencode'],
    ['a metadata piece beyond all', extended(2, 'd8:msg_typei0e5:piecei999999999ee'), 'metadata.piece'],
    ['a metadata piece of wrong length', extended(2, 'd8:msg_typei1e5:piecei0e10:total_sizei9eexx'), 'metadata.data'],
    ['ut_pex that is not bencoded', extended(1, 'garbage'), 'extension.bencode'],
    ['ut_pex of 64 KiB and 1', extended(1, new Uint8Array(65_537)), 'extension.too-long'],
  ] as const) {
    transcript(what, PIECES, (t) => {
      t.accepts(theirsExtended)
      t.peer(1, message)
      t.closedWith(1, code)
    })
  }
})

const OTHER_INFOHASH = 'ff'.repeat(20) as InfoHash
