import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { HANDSHAKE_BYTES } from '../wire/handshake.ts'
import { decodeAll, join } from '../wire/stream.testing.ts'
import { PeerConnection } from './peer-connection.ts'
import { formatCloseReason, type PeerConnectionEvent } from './peer-event.ts'
import { GREETING, INFOHASH, OUR_ID } from './wire-words.testing.ts'

/** What real clients sent, given to a connection of ours as if it had been the other end. */
const FOLDER = new URL('../fixtures/transcripts/', import.meta.url)
const names = readdirSync(FOLDER).filter((name) => /(?<!mse-attempt)\.from-(leecher|seeder)\.bin$/.test(name))
const seeders = names.filter((name) => name.includes('from-seeder'))
const leechers = names.filter((name) => name.includes('from-leecher'))
const content = new Uint8Array(readFileSync(new URL('../fixtures/content/single-11.bin', import.meta.url)))
const geometry = new Geometry(content.length, 2 * BLOCK_BYTES)
const ALLOWED_FAST = [17, 18, 13, 14, 20] as PieceIndex[]
const CHUNK_SIZES = [7, 1_448, 65_536, 1_000_000]

/** What they say of themselves: name and version, where they listen, whether they are upload only. */
const SAID: Readonly<Record<string, readonly [string | null, number | null, boolean]>> = {
  'aria2-1.36.0.from-leecher.bin': ['aria2/1.36.0', 7391, true],
  'libtorrent-2.0.8.from-leecher.bin': ['libtorrent/2.0.8.0', 7390, true],
  'webtorrent-1.9.7.from-leecher.bin': [null, null, true],
  'aria2-1.36.0.from-seeder.bin': ['libtorrent/2.0.8.0', null, true],
  'libtorrent-2.0.8.from-seeder.bin': ['libtorrent/2.0.8.0', null, true],
  'webtorrent-1.9.7.from-seeder.bin': ['libtorrent/2.0.8.0', null, true],
}

const read = (name: string) => new Uint8Array(readFileSync(new URL(name, FOLDER)))
const placeOf = (piece: PieceIndex, offsetBytes: number) => geometry.pieceOffsetBytes(piece) + offsetBytes

function connect(ourPieces: Bitfield): PeerConnection {
  const options = {
    infohash: INFOHASH,
    peerId: OUR_ID,
    content: { geometry, ourPieces, allowedFast: ALLOWED_FAST },
    pipelineDepth: 48,
    greeting: () => GREETING,
  }
  return new PeerConnection(options, 0, 'accepted')
}

/** The handshake, and then the rest in chunks; `after` each. */
function play(name: string, connection: PeerConnection, chunkBytes: number, after: (nowMs: number) => void): void {
  const session = read(name)
  for (let at = 0; at < session.length; at += at === 0 ? HANDSHAKE_BYTES : chunkBytes) {
    const end = at === 0 ? HANDSHAKE_BYTES : at + chunkBytes
    connection.receiveBytes(at / 1_000, session.slice(at, end), 'owned')
    after(at / 1_000)
  }
}

function* eventsOf(connection: PeerConnection): Generator<PeerConnectionEvent> {
  for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) {
    if (event.type === 'closed') expect.fail(formatCloseReason(event.reason))
    yield event
  }
}

test('six sessions were recorded, three of each side', () => expect([leechers.length, seeders.length]).toEqual([3, 3]))

describe.each(seeders)('%s', (name) => {
  test.each(CHUNK_SIZES)('in chunks of %i bytes is downloaded from, and no fault is found', (chunkBytes) => {
    const connection = connect(new Bitfield(geometry.pieceCount))
    const rebuilt = new Uint8Array(content.length)
    let askedBlocks = 0
    play(name, connection, chunkBytes, (nowMs) => {
      connection.setInterested(nowMs, true)
      for (const event of eventsOf(connection)) {
        if (event.type !== 'block') continue
        rebuilt.set(event.bytes, placeOf(event.range.piece, event.range.offsetBytes))
        askedBlocks += event.asked ? 1 : 0
      }
      // What the recorded leecher did once it was unchoked.
      if (connection.theyChoke || connection.downloadedBytes > 0 || connection.outstandingCount > 0) return
      for (let index = 0; index < connection.requestable.pieceCount * 2; index++) {
        connection.request(nowMs, geometry.block((index >> 1) as PieceIndex, index & 1))
      }
    })
    expect([connection.state, connection.pieces.isFull]).toEqual(['open', true])
    expect(Buffer.compare(rebuilt, content)).toBe(0)
    expect([connection.clientName, connection.theirListenPort, connection.isUploadOnly]).toEqual(SAID[name])
    // Of a chunk that holds the unchoke and the blocks, too, the requests come too late.
    if (chunkBytes <= 1_448) expect([askedBlocks, connection.outstandingCount]).toEqual([48, 0])
  })
})

describe.each(leechers)('%s', (name) => {
  test.each(CHUNK_SIZES)('in chunks of %i bytes is served, and no fault is found', (chunkBytes) => {
    const connection = connect(Bitfield.full(geometry.pieceCount))
    const sent: Uint8Array[] = []
    play(name, connection, chunkBytes, (nowMs) => {
      for (const _ of eventsOf(connection));
      connection.setChoking(nowMs, false)
      for (let range = connection.nextRequest(); range !== null; range = connection.nextRequest()) {
        const from = placeOf(range.piece, range.offsetBytes)
        expect(connection.sendBlock(nowMs, range, content.subarray(from, from + range.lengthBytes))).toBe(true)
      }
      for (let parts = connection.nextParts(); parts !== null; parts = connection.nextParts()) sent.push(...parts)
    })
    expect([connection.state, connection.pieces.isFull, connection.uploadedBytes]).toEqual([
      'open',
      true,
      content.length,
    ])
    expect([connection.clientName, connection.theirListenPort, connection.isUploadOnly]).toEqual(SAID[name])
    const rebuilt = new Uint8Array(content.length)
    const types: Record<string, number> = {}
    for (const message of decodeAll([join(...sent).subarray(HANDSHAKE_BYTES)], () => 'owned')) {
      types[message.type] = (types[message.type] ?? 0) + 1
      if (message.type !== 'piece') continue
      rebuilt.set(message.block, placeOf(message.piece as PieceIndex, message.offsetBytes))
    }
    // The messages that the recorded seeder sent, but for a second unchoke.
    expect(types).toEqual({ extended: 1, 'have-all': 1, 'allowed-fast': 5, unchoke: 1, piece: 48 })
    expect(Buffer.compare(rebuilt, content)).toBe(0)
  })

  test('is refused everything by one that never unchokes, but for the pieces that it allowed all the same', () => {
    const connection = connect(Bitfield.full(geometry.pieceCount))
    const sent: Uint8Array[] = []
    play(name, connection, 1_448, () => {
      for (const _ of eventsOf(connection));
      for (let parts = connection.nextParts(); parts !== null; parts = connection.nextParts()) sent.push(...parts)
    })
    const rejects = decodeAll([join(...sent).subarray(HANDSHAKE_BYTES)], () => 'owned').filter(
      ({ type }) => type === 'reject',
    )
    expect([rejects.length, connection.requestsQueued]).toEqual([48 - 2 * ALLOWED_FAST.length, 2 * ALLOWED_FAST.length])
  })
})
