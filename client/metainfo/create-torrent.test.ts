import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { keyFromBytes } from '../bencode/value.ts'
import { createTorrent, defaultPieceLengthBytes, type TorrentSpec, withPadding } from './create-torrent.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'
import { parseTorrent } from './parse-torrent.ts'

const digests = {
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
}
const PLAIN: TorrentSpec = {
  name: 'a',
  content: { kind: 'single', lengthBytes: 1 },
  pieceLengthBytes: 16_384,
  pieceHashes: new Uint8Array(20).fill(0x2e),
  trackers: [],
}

test('with nothing more to say, it says no more', () => {
  const info = 'd6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:....................e'
  expect(keyFromBytes(createTorrent(PLAIN))).toBe(`d4:info${info}e`)
})

test('everything it is told comes back', () => {
  const files = [
    { path: ['ü', 'b'], lengthBytes: 10 },
    { path: ['c'], lengthBytes: 0 },
  ]
  const spec: TorrentSpec = {
    ...PLAIN,
    content: { kind: 'multi', files },
    trackers: [['http://a', 'http://b'], ['udp://c']],
    webSeeds: ['http://w/'],
    private: true,
    comment: 'c',
    createdBy: 'm',
    creationDate: 3,
  }
  const parsed = parseTorrent(createTorrent(spec), digests)
  if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
  expect(parsed.irregularities).toEqual([])
  expect(parsed.torrent).toMatchObject({
    name: 'a',
    trackers: spec.trackers,
    webSeeds: ['http://w/'],
    private: true,
    comment: 'c',
    createdBy: 'm',
    creationDate: 3,
    files: [
      { path: ['a', 'ü', 'b'], lengthBytes: 10 },
      { path: ['a', 'c'], lengthBytes: 0 },
    ],
  })
})

test('a lone tracker is announce only, several are a list too (BEP 12)', () => {
  const text = (trackers: string[][]) => keyFromBytes(createTorrent({ ...PLAIN, trackers }))
  expect(text([['http://a']])).toMatch(/^d8:announce8:http:\/\/a4:infod/)
  expect(text([['http://a'], ['http://b']])).toMatch(/^d8:announce8:http:\/\/a13:announce-listll8:http:\/\/ael8:http:/)
})

test('padding stands between files that do not end with a piece, as BEP 47 recommends it', () => {
  const file = (name: string, lengthBytes: number) => ({ path: [name], lengthBytes })
  const given = [file('a', 10), file('b', 16), file('c', 0), file('d', 17), file('e', 3)]
  const files = withPadding(given, 16)
  const [a, b, c, d, e] = given
  const pad = (lengthBytes: number) => ({ path: ['.pad', `${lengthBytes}`], lengthBytes, pad: true })
  expect(files).toEqual([a, pad(6), b, c, d, pad(15), e])
  expect(withPadding([file('a', 10)], 16)).toEqual([file('a', 10)])
})

test('padding comes back as padding', () => {
  const files = withPadding(
    [
      { path: ['a'], lengthBytes: 1 },
      { path: ['b'], lengthBytes: 1 },
    ],
    16_384,
  )
  const pieceHashes = new Uint8Array(40)
  const parsed = parseTorrent(createTorrent({ ...PLAIN, content: { kind: 'multi', files }, pieceHashes }), digests)
  expect(parsed).toMatchObject({
    torrent: {
      files: [
        { path: ['a', 'a'], pad: false, offsetBytes: 0 },
        { path: ['a', '.pad', '16383'], pad: true },
        { path: ['a', 'b'], pad: false, offsetBytes: 16_384 },
      ],
    },
  })
})

const KIB = 1024
test.each([
  [0, 16 * KIB],
  [2000 * 16 * KIB, 16 * KIB],
  [2000 * 16 * KIB + 1, 32 * KIB],
  [1024 ** 3, 1024 * KIB],
  [2000 * 16 * KIB * KIB, 16 * KIB * KIB],
  [1024 ** 4, 16 * KIB * KIB],
])('%i bytes are cut into pieces of %i', (totalBytes, lengthBytes) => {
  expect(defaultPieceLengthBytes(totalBytes)).toBe(lengthBytes)
})
