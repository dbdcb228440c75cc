/** What a hostile .torrent can claim, each at its limit and one above, with the limits that hold by default. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Encodable, type EncodableRecord, encode } from '../bencode/encode.ts'
import { keyBytes, keyFromBytes } from '../bencode/value.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'
import { METAINFO_LIMITS, parseTorrent } from './parse-torrent.ts'

const digests = {
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
}
const SINGLE: EncodableRecord = { length: 1, name: 'a', 'piece length': 16_384, pieces: new Uint8Array(20) }
const INFO_TEXT = keyFromBytes(encode(SINGLE))

function outcomeOf(bytes: Uint8Array): string {
  const parsed = parseTorrent(bytes, digests)
  return parsed.kind === 'fault' ? `${parsed.code} | ${describeMetainfoFault(parsed)}` : 'a torrent'
}
const ofInfo = (info: Encodable, root: EncodableRecord = {}) => outcomeOf(encode({ info, ...root }))

test('limits are no laxer than those of libtorrent', () => {
  expect(METAINFO_LIMITS).toEqual({
    bytesMax: 10_000_000,
    depthMax: 100,
    tokensMax: 3_000_000,
    piecesMax: 2 ** 21,
    duplicateNamesMax: 500,
  })
})

describe('size', () => {
  const shell = encode({ info: SINGLE, x: new Uint8Array(9_000_000) }).length - 9_000_000
  test.each([
    [0, 'a torrent'],
    [1, 'too-many | byte 10000000: expected at most 10000000 bytes, found 10000001'],
  ])('10 MB and %i bytes', (more, outcome) => {
    expect(ofInfo(SINGLE, { x: new Uint8Array(10_000_000 - shell + more) })).toBe(outcome)
  })
})

describe('tokens', () => {
  // Two dictionaries and a list with their ends are 6; the keys `info` and `x` 2, those in info 4 and their values 4.
  const others = 16
  test.each([
    [0, 'a torrent'],
    [1, 'expected at most 3000000 tokens, found one more'],
  ])('3,000,000 and %i', (more, outcome) => {
    expect(outcomeOf(keyBytes(`d4:info${INFO_TEXT}1:xl${'i1e'.repeat(3_000_000 - others + more)}ee`))).toContain(
      outcome,
    )
  })
})

describe('depth', () => {
  test.each([
    [99, 'a torrent'],
    [100, 'expected at most 100 levels, found one more'],
    [10_000, 'expected at most 100 levels, found one more'],
  ])('%i lists in the dictionary', (levels, outcome) => {
    const deep = `${'l'.repeat(levels)}${'e'.repeat(levels)}`
    expect(outcomeOf(keyBytes(`d4:info${INFO_TEXT}1:x${deep}e`))).toContain(outcome)
  })
})

describe('piece length', () => {
  const of = (lengthBytes: number | bigint) => ofInfo({ ...SINGLE, 'piece length': lengthBytes })
  test.each<[number | bigint, string]>([
    [-1, 'out-of-range'],
    [0, 'out-of-range'],
    [1, 'a torrent'],
    [2 ** 29, 'a torrent'],
    [2 ** 29 + 1, 'out-of-range'],
    [2 ** 31, 'out-of-range'],
    [2 ** 32 + 16_384, 'out-of-range'],
    [2n ** 64n - 1n, 'out-of-range'],
  ])('%s', (lengthBytes, outcome) => expect(of(lengthBytes)).toContain(outcome))
})

describe('claims of more pieces than there are hashes', () => {
  test.each<[string, EncodableRecord, string]>([
    ['10 million pieces', { length: 10_000_000, 'piece length': 1 }, 'too-many | info: expected at most 2097152'],
    ['2^53 bytes in pieces of 1', { length: 2 ** 53 - 1, 'piece length': 1 }, 'too-many | info: expected at most'],
    [
      '2,097,152 pieces',
      { length: 2 ** 21, 'piece length': 1 },
      'mismatch | info.pieces: expected 20 bytes for each of 2097152 pieces, 41943040 in all, found 20',
    ],
    ['one piece more', { length: 2 ** 21 + 1, 'piece length': 1 }, 'too-many | info: expected at most 2097152 pieces'],
    ['none', { length: 0 }, 'mismatch | info.pieces: expected 20 bytes for each of 0 pieces, 0 in all, found 20'],
  ])('%s', (_, claim, outcome) => expect(ofInfo({ ...SINGLE, ...claim })).toContain(outcome))
})

test('a torrent of 400,000 pieces is one', () => {
  const info = { ...SINGLE, length: 400_000 * 16_384, pieces: new Uint8Array(20 * 400_000) }
  const parsed = parseTorrent(encode({ info }), digests)
  expect(parsed).toMatchObject({ kind: 'torrent', torrent: { geometry: { pieceCount: 400_000 } } })
})

describe('integers', () => {
  const ENDLESS = 'not-bencode | not a .torrent: byte 16: expected at most 20 digits, found more'
  test.each([
    ['of 20 digits', '1'.repeat(20), 'missing | info.piece length: expected this key, found nothing'],
    ['of 21 digits', '1'.repeat(21), ENDLESS],
    ['without an end', '1'.repeat(5_000_000), ENDLESS],
    ['of minus zero', '-0', 'not-bencode'],
    ['with an exponent', '1e9', 'not-bencode'],
    ['in hex', '0x10', 'not-bencode'],
  ])('%s', (_, digits, outcome) => {
    expect(outcomeOf(keyBytes(`d4:infod6:lengthi${digits}e4:name1:aee`))).toContain(outcome)
  })
})

describe('names', () => {
  const files = (...paths: readonly (readonly Encodable[])[]) => {
    const info = { ...SINGLE, length: undefined, files: paths.map((path) => ({ length: 0, path })), pieces: '' }
    const parsed = parseTorrent(encode({ info: { ...info, name: 'm' } }), digests)
    if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
    return parsed.torrent.files.map(({ path }) => path.join('/'))
  }
  test.each<[string, readonly Encodable[], string]>([
    ['that climb', ['..', '..', '..', 'etc', 'cron.d', 'x'], 'm/etc/cron.d/x'],
    ['that climb by a backslash', ['..\\..\\x'], 'm/.._.._x'],
    ['that are absolute', ['/etc/passwd'], 'm/_etc_passwd'],
    ['of a Windows drive', ['C:\\x'], 'm/C:_x'],
    ['with NUL', ['a\0.txt'], 'm/a_.txt'],
    ['of nothing', ['', '.', ''], 'm/_'],
    ['with terminal escapes', ['\x1b]0;x\x07\x9b2J'], 'm/_]0;x__2J'],
    ['with line breaks', ['a\r\nb\u2028c'], 'm/a__b_c'],
    ['that turn the writing direction', ['gpj.\u202eexe'], 'm/gpj._exe'],
    ['that are no UTF-8', [Uint8Array.of(0xc0, 0xaf, 0x41)], 'm/\ufffd\ufffdA'],
  ])('%s are made safe', (_, path, safe) => expect(files(path)).toEqual([safe]))

  test.each(['<script>alert(1)</script>', '"&amp;\'', '%2e%2e%2f', '-rf', '~', '...', '文件', '👩‍👩‍👧', 'a:b'])(
    'that are only odd stay: %s',
    (name) => {
      const safe = name.replaceAll('/', '_')
      expect(files([name])).toEqual([`m/${safe}`])
    },
  )

  test('two that become the same stay two', () => {
    expect(files(['a'], ['..', 'a'], ['a\0'], ['a\x1b'])).toEqual(['m/a', 'm/a.1', 'm/a_', 'm/a_.1'])
  })
})
