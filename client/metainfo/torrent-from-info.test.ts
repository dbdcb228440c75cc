import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type EncodableRecord, encode } from '../bencode/encode.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'
import { parseTorrent, torrentFromInfo } from './parse-torrent.ts'

const FIXTURES = new URL('../fixtures/torrents/', import.meta.url)
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()
const digests = { sha1, sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest() }
const SOURCES = { trackers: [['http://a', 'http://b'], ['udp://c']], webSeeds: ['http://w/'] }
const INFO: EncodableRecord = { length: 1, name: 'a', 'piece length': 16_384, pieces: new Uint8Array(20) }

function problemOf(infoBytes: Uint8Array, bytesMax = 1_000_000): string {
  const parsed = torrentFromInfo(infoBytes, SOURCES, sha1, { limits: { bytesMax } })
  return parsed.kind === 'fault' ? `${parsed.code} | ${describeMetainfoFault(parsed)}` : 'none'
}

test('the info bytes of a .torrent are those that its infohash is over, and a plain view', () => {
  const info = encode(INFO)
  const parsed = parseTorrent(Buffer.from(encode({ announce: 'http://a', info: INFO, z: 1 })), digests)
  if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
  const { infoBytes, infohashV1 } = parsed.torrent
  expect(infoBytes).toEqual(info)
  expect(Buffer.isBuffer(infoBytes)).toBe(false)
  expect(sha1(infoBytes).toString('hex')).toBe(infohashV1)
})

test('what peers give by BEP 9 is the torrent of the .torrent, with the sources of the link', () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.torrent'))
  const seen = { torrents: 0, v2Only: 0 }
  for (const name of names) {
    const parsed = parseTorrent(readFileSync(new URL(name, FIXTURES)), digests)
    if (parsed.kind === 'fault') throw new Error(`${name}: ${describeMetainfoFault(parsed)}`)
    const { torrent } = parsed
    const fromInfo = torrentFromInfo(torrent.infoBytes, SOURCES, sha1)
    if (torrent.infohashV1 === null) {
      expect(problemOf(torrent.infoBytes)).toBe('unsupported | info: expected a v1 or hybrid torrent, found v2 only')
      seen.v2Only += 1
      continue
    }
    const none = { comment: null, createdBy: null, creationDate: null, infohashV2: null }
    expect(fromInfo, name).toEqual({
      kind: 'torrent',
      irregularities: [],
      torrent: { ...torrent, ...SOURCES, ...none },
    })
    seen.torrents += 1
  }
  expect(seen).toEqual({ torrents: 9, v2Only: 2 })
})

describe('metadata of which the hash is right and the rest is not is refused in one line', () => {
  test.each<[string, Uint8Array, string]>([
    ['not bencoded', new TextEncoder().encode('<html>'), 'not-bencode | not a .torrent: byte 0: expected a value'],
    ['nothing', new Uint8Array(0), 'not-bencode | '],
    ['a list', encode([]), 'wrong-type | expected a dictionary, found a list of 0'],
    ['a whole .torrent', encode({ info: INFO }), 'missing | info.name: expected this key, found nothing'],
    ['zero piece length', encode({ ...INFO, 'piece length': 0 }), 'out-of-range | info.piece length'],
    ['bytes behind it', Uint8Array.of(...encode(INFO), 0), 'not-bencode | '],
  ])('%s', (_, infoBytes, problem) => expect(problemOf(infoBytes)).toContain(problem))

  test('as long as may be, and one byte longer', () => {
    const infoBytes = encode(INFO)
    expect(problemOf(infoBytes, infoBytes.length)).toBe('none')
    expect(problemOf(infoBytes, infoBytes.length - 1)).toContain('too-many | ')
  })
})
