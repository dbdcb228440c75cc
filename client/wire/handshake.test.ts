import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type InfoHash, infoHashFromBytes } from '../metainfo/infohash.ts'
import { formatFault, type WireFault } from './fault.ts'
import { encodeHandshake, HANDSHAKE_BYTES, type Handshake, HandshakeReader, isHandshake } from './handshake.ts'
import { peerIdFromBytes } from './peer-id.ts'
import { bytes, hex, join, pattern } from './stream.testing.ts'

const infohash = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
const peerId = peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl'))
const PROTOCOL = '13 426974546f7272656e742070726f746f636f6c'
const HANDSHAKE = `${PROTOCOL} 0000000000000000 ${infohash} 2d534c303030312d 6162636465666768696a6b6c`

/** What a fresh reader tells after each chunk, up to the first that is not null. */
function readAll(chunks: readonly Uint8Array[]): { outcome: Handshake | WireFault | null; takenBytes: number } {
  const reader = new HandshakeReader()
  let takenBytes = 0
  for (const chunk of chunks) {
    const read = reader.read(chunk)
    takenBytes += read.takenBytes
    if (read.outcome !== null) return { outcome: read.outcome, takenBytes }
  }
  return { outcome: null, takenBytes }
}

const oneByOne = (whole: Uint8Array) => Array.from(whole, (byte) => Uint8Array.of(byte))

test('a handshake is 68 bytes: name, reserved, infohash, peer id', () => {
  expect(hex(encodeHandshake({ infohash, peerId }))).toBe(HANDSHAKE.replaceAll(' ', ''))
  expect(HANDSHAKE_BYTES).toBe(68)
})

test('the reserved bytes are sent and read as they are', () => {
  const reserved = bytes('8000000000100005')
  const sent = encodeHandshake({ infohash, peerId, reserved })
  expect(readAll([sent])).toEqual({ outcome: { infohash, peerId, reserved }, takenBytes: 68 })
})

describe('a handshake is read', () => {
  const outcome = { infohash, peerId, reserved: new Uint8Array(8) }

  test('whole, and nothing behind it is taken', () => {
    expect(readAll([join(bytes(HANDSHAKE), pattern(100))])).toEqual({ outcome, takenBytes: 68 })
  })

  test('byte by byte, and told on the 68th', () => {
    expect(readAll(oneByOne(bytes(HANDSHAKE)))).toEqual({ outcome, takenBytes: 68 })
    expect(readAll(oneByOne(bytes(HANDSHAKE).subarray(0, 67)))).toEqual({ outcome: null, takenBytes: 67 })
  })

  test('in two chunks, cut anywhere, the second with more behind it', () => {
    const stream = join(bytes(HANDSHAKE), pattern(10))
    for (let cut = 0; cut <= 68; cut++) {
      expect(readAll([stream.subarray(0, cut), stream.subarray(cut)])).toEqual({ outcome, takenBytes: 68 })
    }
  })

  test('into copies, so that the chunk may change afterwards', () => {
    const chunk = bytes(HANDSHAKE)
    const read = readAll([chunk])
    chunk.fill(0xa5)
    expect(read.outcome).toEqual(outcome)
  })
})

describe('what is not this protocol', () => {
  test('is told at its first wrong byte, wherever in the name that is', () => {
    for (let at = 0; at < 20; at++) {
      const wrong = bytes(HANDSHAKE)
      wrong[at]! ^= 0x20
      const fault = {
        code: 'handshake.protocol',
        expected: 'BitTorrent protocol',
        received: `byte ${wrong[at]} at offset ${at}`,
      }
      expect(readAll(oneByOne(wrong))).toEqual({ outcome: fault, takenBytes: at + 1 })
      expect(readAll([wrong]).outcome).toEqual(fault)
    }
  })

  test('is told of HTTP on the first byte', () => {
    const { outcome } = readAll([new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')])
    expect(formatFault(outcome as WireFault)).toBe(
      'handshake.protocol: expected BitTorrent protocol, received byte 71 at offset 0',
    )
  })

  test('is told of the encrypted attempt of a real aria2 on the first byte', () => {
    const attempt = readFileSync(
      new URL('../fixtures/transcripts/aria2-1.36.0.mse-attempt.from-leecher.bin', import.meta.url),
    )
    const { outcome, takenBytes } = readAll(oneByOne(attempt))
    expect(isHandshake(outcome!)).toBe(false)
    expect([takenBytes, (outcome as WireFault).code]).toEqual([1, 'handshake.protocol'])
  })

  test('may be anything behind the name: reserved bits, infohash and peer id are the caller’s to judge', () => {
    const tail = pattern(48, 100)
    const { outcome } = readAll([join(bytes(PROTOCOL), tail)])
    expect(outcome).toEqual({
      reserved: tail.subarray(0, 8),
      infohash: infoHashFromBytes(tail.subarray(8, 28)),
      peerId: tail.subarray(28),
    })
  })
})
