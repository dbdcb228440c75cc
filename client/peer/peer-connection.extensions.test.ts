import { describe, expect } from 'vitest'
import { bytes } from '../wire/stream.testing.ts'
import { encodeMetadataMessage } from '../wire/ut-metadata.ts'
import { encodePexMessage } from '../wire/ut-pex.ts'
import { PEX_MESSAGES_MAX } from './extensions.ts'
import { transcript } from './transcript.testing.ts'
import {
  at,
  bitfield,
  extended,
  GREETING,
  have,
  haveAll,
  haveNone,
  ourGreeting,
  ours,
  request,
  theirs,
  theirsBoth,
  theirsExtended,
  unchoke,
} from './wire-words.testing.ts'

const HANDSHAKEN = 'handshaken -LT2080-mnopqrstuvwx'
const PIECES = { pieces: 4, pieceBytes: 4 * 16_384, start: 'accepted' } as const
const SEED = { ...PIECES, ourPieces: '1111' } as const
/** As libtorrent sends it: their ids are not ours. */
const GREETS = extended(
  0,
  'd1:md11:lt_donthavei7e11:upload_onlyi3e12:ut_holepunchi4e11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei554e' +
    '1:pi7390e4:reqqi5e1:v18:libtorrent/2.0.8.0e',
)
const pexOf = (host: string) =>
  encodePexMessage({ added: [{ address: { host, port: 6881 }, isSeed: false, reachable: true }], dropped: [] })

describe('our extension handshake', () => {
  transcript('follows the handshake at once, before our pieces', SEED, (t) => {
    t.peer(3, theirsBoth)
    t.us(3, ours, ourGreeting(), haveAll)
    t.event(3, HANDSHAKEN)
  })

  transcript('is not sent to a peer that does not speak BEP 10', SEED, (t) => {
    t.peer(3, theirs)
    t.us(3, ours, bitfield('1111'))
    t.event(3, HANDSHAKEN)
  })

  const NO_PORT = { listenPort: null, metadataBytes: null, uploadOnly: true, usePex: false, remoteHost: '2001:db8::1' }
  transcript(
    'says what we are: no port, no metadata, upload only, no peer exchange',
    {
      ...PIECES,
      greeting: NO_PORT,
    },
    (t) => {
      t.peer(3, theirsExtended)
      t.us(3, ours, ourGreeting(NO_PORT))
      t.event(3, HANDSHAKEN)
    },
  )

  transcript('comes again when we become upload only, and not when nothing changed', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.command(1, (connection) => connection.setUploadOnly(1))
    t.greeting = { ...GREETING, uploadOnly: true }
    t.command(2, (connection) => connection.setUploadOnly(2))
    t.us(2, ourGreeting({ uploadOnly: true }))
    t.command(3, (connection) => connection.setUploadOnly(3))
    t.greeting = GREETING
    t.command(4, (connection) => connection.setUploadOnly(4))
    t.us(4, ourGreeting())
  })

  transcript('does not come again to a peer that does not speak BEP 10', PIECES, (t) => {
    t.accepts(theirs)
    t.greeting = { ...GREETING, uploadOnly: true }
    t.command(2, (connection) => connection.setUploadOnly(2))
  })
})

describe('their extension handshake', () => {
  transcript('says what they speak and are', PIECES, (t) => {
    t.accepts(theirsBoth)
    const { connection } = t
    expect([connection.clientName, connection.theirListenPort, connection.theirMetadataBytes]).toEqual([
      null,
      null,
      null,
    ])
    expect(connection.speaks('ut_metadata')).toBe(false)
    t.peer(1, GREETS)
    t.event(1, 'extended')
    expect([connection.clientName, connection.theirListenPort, connection.theirMetadataBytes]).toEqual([
      'libtorrent/2.0.8.0',
      7390,
      554,
    ])
    expect((['ut_metadata', 'ut_pex', 'lt_donthave'] as const).map((name) => connection.speaks(name))).toEqual([
      true,
      true,
      true,
    ])
    expect(connection.isUploadOnly).toBe(false)
  })

  transcript('bounds our pipeline by what they queue', { ...PIECES, depth: 10 }, (t) => {
    t.accepts(theirsExtended, bitfield('1111'), unchoke)
    t.event(0, 'has-these 1111', 'unchoked')
    t.command(1, (connection) => connection.setInterested(1, true))
    t.us(1, { type: 'interested' })
    expect(t.connection.requestsFree).toBe(10)
    t.peer(2, GREETS)
    t.event(2, 'extended')
    expect(t.connection.requestsFree).toBe(5)
    const ranges = [0, 1, 2, 3].map((index) => at(0, index))
    t.request(3, ...ranges, at(1, 0))
    t.us(3, ...ranges.map((_, index) => request(0, index)), request(1, 0))
    t.peer(4, extended(0, 'd4:reqqi3ee'))
    t.event(4, 'extended')
    expect([t.connection.outstandingCount, t.connection.requestsFree]).toEqual([5, 0])
  })
})

describe('their extension handshake', () => {
  transcript('that comes again adds, changes and switches off, and leaves the rest', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, GREETS)
    t.event(1, 'extended')
    t.peer(2, extended(0, 'd1:md11:ut_metadatai0e6:ut_pexi77ee11:upload_onlyi1ee'))
    t.event(2, 'extended')
    const { connection } = t
    expect([connection.speaks('ut_metadata'), connection.speaks('ut_pex'), connection.isUploadOnly]).toEqual([
      false,
      true,
      true,
    ])
    expect([connection.clientName, connection.theirListenPort]).toEqual(['libtorrent/2.0.8.0', 7390])
    t.command(3, (machine) => machine.sendMetadata(3, { kind: 'request', piece: 0 }))
    t.command(4, (machine) => machine.sendPex(4, { added: [], dropped: [] }))
    t.us(4, extended(77, encodePexMessage({ added: [], dropped: [] })))
    t.peer(5, extended(0, 'de'))
    t.event(5, 'extended')
    expect(connection.isUploadOnly).toBe(false)
  })

  transcript('may be followed by upload_only, the message of libtorrent', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(4, bytes('01')))
    t.event(1, 'extended')
    expect(t.connection.isUploadOnly).toBe(true)
    t.peer(2, extended(4, bytes('00')))
    t.event(2, 'extended')
    expect(t.connection.isUploadOnly).toBe(false)
    t.peer(3, extended(4, bytes('0000')))
    t.event(3, 'closed: extension.length: expected upload_only of 1 byte, received 2')
  })
})

describe('metadata', () => {
  const data = { kind: 'data', piece: 0, totalBytes: 5, data: bytes('6465616263') } as const

  transcript('goes both ways, under their id and under ours', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.command(1, (connection) => connection.sendMetadata(1, { kind: 'request', piece: 0 }))
    t.peer(2, GREETS)
    t.event(2, 'extended')
    t.command(3, (connection) => {
      connection.sendMetadata(3, { kind: 'request', piece: 3 })
      connection.sendMetadata(3, data)
    })
    t.us(3, extended(2, encodeMetadataMessage({ kind: 'request', piece: 3 })), extended(2, encodeMetadataMessage(data)))
    t.peer(4, extended(2, encodeMetadataMessage({ kind: 'request', piece: 1 })))
    t.event(4, 'metadata request 1')
    t.peer(5, extended(2, encodeMetadataMessage(data)), extended(2, 'd8:msg_typei9e5:piecei0ee'))
    t.event(5, 'metadata data 0')
  })
})

describe('peer exchange', () => {
  transcript('goes both ways', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, GREETS)
    t.event(1, 'extended')
    const message = {
      added: [{ address: { host: '192.0.2.9', port: 6881 }, isSeed: false, reachable: true }],
      dropped: [],
    }
    t.command(2, (connection) => connection.sendPex(2, message))
    t.us(2, extended(1, encodePexMessage(message)))
    t.peer(3, extended(1, pexOf('192.0.2.8')))
    t.event(3, 'pex +192.0.2.8:6881 -')
  })

  transcript('is neither offered nor taken in a private torrent', { ...PIECES, greeting: { usePex: false } }, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, GREETS)
    t.event(1, 'extended')
    expect(t.connection.speaks('ut_pex')).toBe(false)
    t.command(2, (connection) => connection.sendPex(2, { added: [], dropped: [] }))
    t.peer(3, extended(1, pexOf('192.0.2.8')))
  })

  transcript('may come six times a minute, and the seventh closes (PEX flood)', PIECES, (t) => {
    expect(PEX_MESSAGES_MAX).toBe(6)
    t.accepts(theirsExtended)
    for (let message = 0; message < 6; message++) {
      t.peer(1_000 * message, extended(1, pexOf('192.0.2.8')))
      t.event(1_000 * message, 'pex +192.0.2.8:6881 -')
    }
    t.peer(60_000, extended(1, pexOf('192.0.2.8')))
    t.event(60_000, 'pex +192.0.2.8:6881 -')
    t.peer(60_999, extended(1, pexOf('192.0.2.8')))
    t.event(60_999, 'closed: pex.flood: expected at most 6 a minute, received more')
  })
})

describe('lt_donthave (BEP 54)', () => {
  transcript('is told where they speak it, under their id', SEED, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, GREETS)
    t.event(1, 'extended')
    t.command(2, (connection) => connection.dontHave(2, at(3, 0).piece))
    t.us(2, extended(7, bytes('00000003')))
  })

  transcript('takes a piece away, which may come back', PIECES, (t) => {
    t.accepts(theirsExtended, bitfield('1111'))
    t.event(0, 'has-these 1111')
    t.peer(1, extended(3, bytes('00000002')), extended(3, bytes('00000002')), extended(3, bytes('00000001')))
    t.event(1, 'lost 2 of everything', 'lost 1')
    expect([t.connection.isUploadOnly, t.connection.pieces.setCount]).toEqual([false, 2])
    t.peer(2, have(2), have(1))
    t.event(2, 'has 2', 'has 1 and everything')
  })

  transcript('of a piece behind the last closes', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(3, bytes('00000004')))
    t.event(1, 'closed: dont-have.piece: expected below 4, received 4')
  })

  transcript('of three bytes closes', PIECES, (t) => {
    t.accepts(theirsExtended)
    t.peer(1, extended(3, bytes('000001')))
    t.event(1, 'closed: extension.length: expected lt_donthave of 4 bytes, received 3')
  })
})

transcript('extension messages of a peer that did not announce BEP 10 change nothing', PIECES, (t) => {
  t.accepts(theirs)
  t.peer(1, GREETS, extended(3, bytes('00000009')), extended(1, 'garbage'))
  expect([t.connection.clientName, t.connection.speaks('ut_pex')]).toEqual([null, false])
  t.peer(2, unchoke)
  t.event(2, 'unchoked')
})

transcript('a peer that speaks fast is greeted before have-none', PIECES, (t) => {
  t.peer(3, theirsBoth, haveNone, GREETS)
  t.us(3, ours, ourGreeting(), haveNone)
  t.event(3, HANDSHAKEN, 'extended')
})
