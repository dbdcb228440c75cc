/**
 * What is held for a peer or a torrent that announces gigabytes: bytes of heap and buffers, after a garbage collection.
 * A thousand at a time, so that what each costs stands out from what the machinery does.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { encode } from '../../client/bencode/encode.ts'
import { Geometry } from '../../client/metainfo/geometry.ts'
import type { InfoHash } from '../../client/metainfo/infohash.ts'
import { parseTorrent } from '../../client/metainfo/parse-torrent.ts'
import { nodeDigests } from '../../client/node/digests.ts'
import { PeerConnection } from '../../client/peer/peer-connection.ts'
import { joined } from '../../client/ports/bytes.ts'
import { Bitfield } from '../../client/wire/bitfield.ts'
import { encodeHandshake } from '../../client/wire/handshake.ts'
import { FRAME_BYTES_MAX } from '../../client/wire/messages.ts'
import { peerIdFromBytes } from '../../client/wire/peer-id.ts'
import { ourReserved } from '../../client/wire/reserved.ts'

const COUNT = 1_000
/** What a connection is itself: its machine, and what it says of its own. */
const CONNECTION_BYTES = 20_000
/** As they come from a socket. */
const CHUNK_BYTES = 16_384
const INFOHASH = 'ab'.repeat(20) as InfoHash

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Buffers are given back by the collection after the one that found them. */
function heldBytes(): number {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** How many bytes more are held while everything that `make` gave is. */
function costBytes<Made>(
  count: number,
  make: (index: number) => Made,
): { readonly made: Made[]; readonly bytes: number } {
  const before = heldBytes()
  const made = Array.from({ length: count }, (_, index) => make(index))
  return { made, bytes: heldBytes() - before }
}

/** A connection whose peer has shaken hands and then sent these bytes, of its own for each. */
function connectionThatGot(bytes: Uint8Array): PeerConnection {
  const peerId = peerIdFromBytes(new Uint8Array(20).fill(1))
  const geometry = new Geometry(1_048_576, 262_144)
  const connection = new PeerConnection(
    {
      infohash: INFOHASH,
      peerId,
      pipelineDepth: 'auto',
      content: { geometry, ourPieces: new Bitfield(geometry.pieceCount), allowedFast: [] },
      greeting: () => ({
        listenPort: 1,
        metadataBytes: null,
        uploadOnly: false,
        usePex: true,
        remoteHost: '127.0.0.1',
      }),
    },
    0,
    'accepted',
  )
  const theirs = { infohash: INFOHASH, peerId: peerIdFromBytes(new Uint8Array(20).fill(2)), reserved: ourReserved() }
  const all = joined([encodeHandshake(theirs), bytes])
  for (let at = 0; at < all.length; at += CHUNK_BYTES) {
    connection.receiveBytes(0, all.slice(at, at + CHUNK_BYTES), 'owned')
  }
  while (connection.nextParts() !== null);
  while (connection.nextEvent() !== null);
  return connection
}

/** The length and the id of a frame, and then so much of it. */
function frameHead(lengthBytes: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = new Uint8Array(5)
  new DataView(head.buffer).setUint32(0, lengthBytes)
  head[4] = id
  return joined([head, payload])
}

const EXTENDED_ID = 20

describe('peer: message length of 4 GiB', () => {
  test.each([0xffff_ffff, 0x8000_0000, FRAME_BYTES_MAX + 1])('of %i bytes: nothing is held for it', (lengthBytes) => {
    const { made, bytes } = costBytes(COUNT, () => connectionThatGot(frameHead(lengthBytes, EXTENDED_ID)))
    expect(made.every(({ state }) => state === 'closed')).toBe(true)
    expect(bytes).toBeLessThan(COUNT * CONNECTION_BYTES)
  })

  test('the longest that is allowed, of which only the head comes: nothing is held for it', () => {
    const { made, bytes } = costBytes(COUNT, () => connectionThatGot(frameHead(FRAME_BYTES_MAX, EXTENDED_ID)))
    expect(made.every(({ state }) => state === 'open')).toBe(true)
    expect(bytes).toBeLessThan(COUNT * CONNECTION_BYTES)
  })
})

describe('peer: extension handshake that is huge', () => {
  test('while it comes: 1 MiB a connection at most; after it nothing', () => {
    const count = 20
    const allButOne = frameHead(FRAME_BYTES_MAX, EXTENDED_ID, new Uint8Array(FRAME_BYTES_MAX - 2))
    const coming = costBytes(count, () => connectionThatGot(allButOne))
    expect(coming.bytes).toBeLessThan(count * (FRAME_BYTES_MAX + CHUNK_BYTES + CONNECTION_BYTES))
    expect(coming.made.every(({ state }) => state === 'open')).toBe(true)
    const whole = joined([allButOne, new Uint8Array(1)])
    const gone = costBytes(COUNT / 10, () => connectionThatGot(whole))
    expect(gone.made.every(({ state }) => state === 'closed')).toBe(true)
    expect(gone.bytes).toBeLessThan((COUNT / 10) * CONNECTION_BYTES)
  })
})

describe('peer: metadata of gigabytes announced', () => {
  test('nothing is held for it', () => {
    const greeting = encode({ m: { ut_metadata: 3 }, metadata_size: 0xffff_ffff })
    const payload = joined([Uint8Array.of(0), greeting])
    const { made, bytes } = costBytes(COUNT, () =>
      connectionThatGot(frameHead(1 + payload.length, EXTENDED_ID, payload)),
    )
    expect(made.every(({ state }) => state === 'closed')).toBe(true)
    expect(bytes).toBeLessThan(COUNT * CONNECTION_BYTES)
  })
})

describe('torrent: 10-million-piece claims', () => {
  test('nothing is held for them', () => {
    const info = { length: 10_000_000, 'piece length': 1, name: 'x', pieces: new Uint8Array(20) }
    const torrent = encode({ info })
    const { made, bytes: held } = costBytes(COUNT, () => parseTorrent(torrent, nodeDigests))
    expect(made.every(({ kind }) => kind === 'fault')).toBe(true)
    expect(held).toBeLessThan(COUNT * 2_000)
  })
})
