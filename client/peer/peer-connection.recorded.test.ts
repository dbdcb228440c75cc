import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { PeerConnection } from './peer-connection.ts'
import { formatCloseReason } from './peer-event.ts'
import { INFOHASH, OUR_ID } from './transcript.testing.ts'

/** What real clients sent, given to a connection of ours as if it had been the other end. */
const FOLDER = new URL('../fixtures/transcripts/', import.meta.url)
const names = readdirSync(FOLDER).filter((name) => /(?<!mse-attempt)\.from-(leecher|seeder)\.bin$/.test(name))
const content = new Uint8Array(readFileSync(new URL('../fixtures/content/single-11.bin', import.meta.url)))
const geometry = new Geometry(content.length, 2 * BLOCK_BYTES)
/** As far as a leecher told, without the fast extension: aria2 tells of its last piece by have-all alone. */
const PIECES_TOLD: Readonly<Record<string, number>> = {
  'aria2-1.36.0': 23,
  'libtorrent-2.0.8': 24,
  'webtorrent-1.9.7': 24,
}

test('six sessions were recorded', () => expect(names.length).toBe(6))

for (const name of names) {
  for (const chunkBytes of [1_448, 65_536, 1_000_000]) {
    test(`${name} in chunks of ${chunkBytes} bytes is followed to its end, and no fault is found`, () => {
      const isSeeder = name.includes('from-seeder')
      const ourPieces = new Bitfield(geometry.pieceCount)
      const options = { geometry, infohash: INFOHASH, peerId: OUR_ID, ourPieces, pipelineDepth: 48 }
      const connection = new PeerConnection(options, 0, 'accepted')
      const rebuilt = new Uint8Array(content.length)
      let askedBlocks = 0
      const session = new Uint8Array(readFileSync(new URL(name, FOLDER)))
      for (let at = 0; at < session.length; at += chunkBytes) {
        connection.receiveBytes(at, session.slice(at, at + chunkBytes), 'owned')
        connection.setInterested(at, isSeeder)
        for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) {
          if (event.type === 'closed') expect.fail(formatCloseReason(event.reason))
          if (event.type !== 'block') continue
          rebuilt.set(event.bytes, geometry.pieceOffsetBytes(event.range.piece) + event.range.offsetBytes)
          askedBlocks += event.asked ? 1 : 0
        }
        // What the recorded leecher did once it was unchoked.
        if (connection.downloadedBytes === 0 && connection.requestsFree === 48) {
          for (let block = 0; block < 48; block++) {
            connection.request(at, geometry.block((block >> 1) as PieceIndex, block & 1))
          }
        }
      }
      expect(connection.state).toBe('open')
      const client = name.slice(0, name.indexOf('.from'))
      if (isSeeder) expect(Buffer.compare(rebuilt, content)).toBe(0)
      else expect(connection.pieces.setCount).toBe(PIECES_TOLD[client])
      // Of a chunk that holds the unchoke and the blocks, too, the requests come too late.
      if (isSeeder && chunkBytes === 1_448) expect([askedBlocks, connection.outstandingCount]).toEqual([48, 0])
    })
  }
}
