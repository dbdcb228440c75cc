import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Encodable, type EncodableRecord, encode } from '../bencode/encode.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'
import { type ParseOptions, parseTorrent } from './parse-torrent.ts'

const FIXTURES = new URL('../fixtures/torrents/', import.meta.url)

const digests = {
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
}

interface Expected {
  readonly infohash_v1: string | null
  readonly infohash_v2: string | null
  readonly name: string
  readonly piece_length_bytes: number
  readonly piece_count: number
  readonly total_bytes: number
  readonly private: boolean
  readonly trackers: readonly (readonly [tier: number, url: string])[]
  readonly web_seeds: readonly string[]
  readonly files: readonly { readonly path: string; readonly length: number; readonly pad: boolean }[]
}

test('every .torrent of other programs says what libtorrent reads in it', () => {
  const expected: Record<string, Expected> = JSON.parse(readFileSync(new URL('expected.json', FIXTURES), 'utf8'))
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.torrent'))
  for (const name of names) {
    const parsed = parseTorrent(readFileSync(new URL(name, FIXTURES)), digests)
    if (parsed.kind === 'fault') throw new Error(`${name}: ${describeMetainfoFault(parsed)}`)
    const { torrent } = parsed
    const read: Expected = {
      infohash_v1: torrent.infohashV1,
      infohash_v2: torrent.infohashV2,
      name: torrent.name,
      piece_length_bytes: torrent.geometry.pieceLengthBytes,
      piece_count: torrent.geometry.pieceCount,
      total_bytes: torrent.geometry.totalBytes,
      private: torrent.private,
      trackers: torrent.trackers.flatMap((tier, index) => tier.map((url) => [index, url] as const)),
      web_seeds: torrent.webSeeds,
      files: torrent.files.map(({ path, lengthBytes, pad }) => ({ path: path.join('/'), length: lengthBytes, pad })),
    }
    expect(expected[name], name).toMatchObject(read)
    expect(torrent.pieceHashes.length, name).toBe(torrent.infohashV1 === null ? 0 : 20 * read.piece_count)
  }
  expect(names.length).toBe(11)
  expect(Object.keys(expected).length).toBe(11)
})

const SINGLE: EncodableRecord = { length: 40_000, name: 'a.bin', 'piece length': 16_384, pieces: new Uint8Array(60) }
const MULTI: EncodableRecord = {
  files: [
    { length: 20_000, path: ['one.bin'] },
    { length: 0, path: ['sub', 'empty'] },
    { length: 20_000, path: ['sub', 'two.bin'] },
  ],
  name: 'multi',
  'piece length': 16_384,
  pieces: new Uint8Array(60),
}
const TREE: EncodableRecord = { 'a.bin': { '': { length: 40_000, 'pieces root': new Uint8Array(32) } } }
const V2: EncodableRecord = { 'file tree': TREE, 'meta version': 2, name: 'a.bin', 'piece length': 16_384 }

function parse(info: Encodable, root: EncodableRecord = {}, options: ParseOptions = {}) {
  return parseTorrent(encode({ info, ...root }), digests, options)
}

function torrentOf(info: EncodableRecord, root: EncodableRecord = {}, options: ParseOptions = {}) {
  const parsed = parse(info, root, options)
  if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
  return parsed.torrent
}

function problemOf(info: Encodable, root: EncodableRecord = {}, options: ParseOptions = {}): string {
  const parsed = parse(info, root, options)
  return parsed.kind === 'fault' ? `${parsed.code} | ${describeMetainfoFault(parsed)}` : 'none'
}

function pathsOf(paths: readonly (readonly Encodable[])[]): string[] {
  const files = paths.map((path) => ({ length: 10, path }))
  const pieces = new Uint8Array(20 * Math.ceil((paths.length * 10) / 16_384))
  return torrentOf({ ...MULTI, files, pieces }).files.map(({ path }) => path.join('/'))
}

test('files stand where they start in the content', () => {
  expect(torrentOf(MULTI).files).toEqual([
    { path: ['multi', 'one.bin'], lengthBytes: 20_000, offsetBytes: 0, pad: false },
    { path: ['multi', 'sub', 'empty'], lengthBytes: 0, offsetBytes: 20_000, pad: false },
    { path: ['multi', 'sub', 'two.bin'], lengthBytes: 20_000, offsetBytes: 20_000, pad: false },
  ])
})

test('content of no bytes has no piece', () => {
  expect(torrentOf({ ...SINGLE, length: 0, pieces: '' }).geometry.pieceCount).toBe(0)
})

const fileWith = (keys: EncodableRecord) => ({ ...MULTI, files: [{ length: 40_000, path: ['a'], ...keys }] })
const treeWith = (entries: Encodable) => ({ ...V2, 'file tree': entries })
const CORRUPTED: [string, Encodable, string][] = [
  ['info is a list', [], 'wrong-type | info: expected a dictionary, found a list of 0'],
  ['no name', { ...SINGLE, name: undefined }, 'missing | info.name: expected this key, found nothing'],
  ['name is a number', { ...SINGLE, name: 7 }, 'wrong-type | info.name: expected a string, found 7'],
  ['no length', { ...SINGLE, length: undefined }, 'missing | info.length: expected this key, found nothing'],
  ['no pieces', { ...SINGLE, pieces: undefined }, 'missing | info.pieces: expected this key, found nothing'],
  ['pieces is a list', { ...SINGLE, pieces: [] }, 'wrong-type | info.pieces: expected a string, found a list of 0'],
  [
    'pieces is cut',
    { ...SINGLE, pieces: new Uint8Array(59) },
    'mismatch | info.pieces: expected 20 bytes for each of 3 pieces, 60 in all, found 59',
  ],
  [
    'a piece too many',
    { ...SINGLE, pieces: new Uint8Array(80) },
    'mismatch | info.pieces: expected 20 bytes for each of 3 pieces, 60 in all, found 80',
  ],
  [
    'no piece length',
    { ...SINGLE, 'piece length': undefined },
    'missing | info.piece length: expected this key, found nothing',
  ],
  [
    'pieces of zero bytes',
    { ...SINGLE, 'piece length': 0 },
    'out-of-range | info.piece length: expected an integer from 1 to 536870912, found 0',
  ],
  [
    'pieces of fewer bytes',
    { ...SINGLE, 'piece length': -16_384 },
    'out-of-range | info.piece length: expected an integer from 1 to 536870912, found -16384',
  ],
  [
    'pieces too long for any memory',
    { ...SINGLE, 'piece length': 2n ** 63n },
    'out-of-range | info.piece length: expected an integer from 1 to 536870912, found 9223372036854775808',
  ],
  [
    'a negative length',
    { ...SINGLE, length: -1 },
    'out-of-range | info.length: expected an integer from 0 to 9007199254740991, found -1',
  ],
  [
    'a length beyond 2^53',
    { ...SINGLE, length: 2n ** 53n },
    'out-of-range | info.length: expected an integer from 0 to 9007199254740991, found 9007199254740992',
  ],
  [
    'lengths that overflow together',
    { ...MULTI, files: [1, 2].map((name) => ({ length: 2 ** 53 - 1, path: [`${name}`] })) },
    'out-of-range | info: expected at most 9007199254740991 bytes of content, found more',
  ],
  ['length and files', { ...MULTI, length: 1 }, 'mismatch | info: expected either length or files, found both'],
  ['files is empty', { ...MULTI, files: [] }, 'mismatch | info.files: expected a file, found none'],
  ['files is a dictionary', { ...MULTI, files: {} }, 'wrong-type | info.files: expected a list, found a dictionary'],
  ['a file is a number', { ...MULTI, files: [1] }, 'wrong-type | info.files[0]: expected a dictionary, found 1'],
  [
    'a file without length',
    fileWith({ length: undefined }),
    'missing | info.files[0].length: expected this key, found nothing',
  ],
  [
    'a file without path',
    fileWith({ path: undefined }),
    'missing | info.files[0].path: expected this key, found nothing',
  ],
  [
    'a path that is a string',
    fileWith({ path: 'a' }),
    'wrong-type | info.files[0].path: expected a list, found a string of 1 bytes',
  ],
  ['an empty path', fileWith({ path: [] }), 'mismatch | info.files[0].path: expected a file name, found an empty list'],
  [
    'a number in a path',
    fileWith({ path: ['a', 1] }),
    'wrong-type | info.files[0].path[1]: expected a string, found 1',
  ],
  ['v2 of the future', { ...V2, 'meta version': 3 }, 'unsupported | info.meta version: expected 1 or 2, found 3'],
  [
    'v2 with pieces of 3 blocks',
    { ...V2, 'piece length': 3 * 16_384 },
    'out-of-range | info.piece length: expected a power of two from 16384, as v2 wants it, found 49152',
  ],
  [
    'v2 without a tree',
    { ...V2, 'file tree': undefined },
    'missing | info.file tree: expected this key, found nothing',
  ],
  ['v2 with an empty tree', treeWith({}), 'mismatch | info.file tree: expected a file, found none'],
  [
    'v2 with a file without a name',
    treeWith({ '': {} }),
    'mismatch | info.file tree: expected a name for each entry, found an empty one',
  ],
  [
    'v2 with a file that is a folder',
    treeWith({ a: { '': { length: 0 }, b: {} } }),
    'mismatch | info.file tree.a: expected a file or a folder, found both',
  ],
  [
    'v2 without the hash of a file',
    treeWith({ a: { '': { length: 1 } } }),
    'missing | info.file tree.a.pieces root: expected this key, found nothing',
  ],
  [
    'v2 with a short hash',
    treeWith({ a: { '': { length: 1, 'pieces root': 'x' } } }),
    'mismatch | info.file tree.a.pieces root: expected 32 bytes, found 1',
  ],
  [
    'a hybrid whose halves differ in a length',
    { ...SINGLE, ...V2, length: 40_001 },
    'mismatch | info: expected in its v1 and v2 halves the same file 0, found [[],40001] and [[],40000]',
  ],
]

describe('a corrupted .torrent is refused in one line that names the key', () => {
  test.each(CORRUPTED)('%s', (_, info, problem) => {
    expect(problemOf(info)).toContain(problem)
  })

  test.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'not a .torrent: byte 0: expected a value, found the end of the input'],
    ['no dictionary', encode([]), 'expected a dictionary, found a list of 0'],
    ['no info', encode({}), 'info: expected this key, found nothing'],
    [
      'a page of HTML',
      new TextEncoder().encode('<html>'),
      "not a .torrent: byte 0: expected a value (i, l, d or a digit), found 0x3c '<'",
    ],
  ])('%s', (_, bytes, problem) => {
    const parsed = parseTorrent(bytes, digests)
    expect(parsed.kind === 'fault' && describeMetainfoFault(parsed)).toBe(problem)
  })

  test('a fault that quotes a name cannot act on a terminal', () => {
    const problem = problemOf({ ...V2, 'file tree': { '\x1b[2J\n': 1 } })
    expect(problem).toContain('info.file tree.\\u{1b}[2J\\u{a}: expected a dictionary, found 1')
  })

  test('any one byte changed in a real .torrent gives a torrent or a fault, and never throws', () => {
    const original = readFileSync(new URL('mktorrent-one-byte.torrent', FIXTURES))
    let torrents = 0
    let faults = 0
    for (let at = 0; at < original.length; at++) {
      for (const byte of [0x00, 0x1b, 0x2d, 0x30, 0x39, 0x3a, 0x64, 0x65, 0x69, 0x6c, 0xff]) {
        const changed = Uint8Array.from(original)
        changed[at] = byte
        if (parseTorrent(changed, digests).kind === 'torrent') torrents += 1
        else faults += 1
      }
    }
    expect(torrents + faults).toBe(original.length * 11)
    expect(torrents).toBeGreaterThan(0)
    expect(faults).toBeGreaterThan(0)
  })
})

describe('limits hold at the limit and not one above', () => {
  test('bytes of the file', () => {
    const bytesMax = encode({ info: SINGLE }).length
    expect(problemOf(SINGLE, {}, { limits: { bytesMax } })).toBe('none')
    expect(problemOf(SINGLE, {}, { limits: { bytesMax: bytesMax - 1 } })).toMatch(
      /^too-many \| byte \d+: expected at most/,
    )
  })

  test('pieces: 2 Mi, as only a v2 torrent can have in its 10 MB', () => {
    const ofPieces = (count: number) => ({
      ...V2,
      'file tree': { 'a.bin': { '': { length: count * 16_384, 'pieces root': new Uint8Array(32) } } },
    })
    expect(torrentOf(ofPieces(2 ** 21)).geometry.pieceCount).toBe(2 ** 21)
    expect(problemOf(ofPieces(2 ** 21 + 1))).toBe('too-many | info: expected at most 2097152 pieces, found 2097153')
  })

  test('the same name 500 times over', () => {
    const files = (count: number) => Array.from({ length: count }, () => ({ length: 0, path: ['a'] }))
    const info = (duplicates: number) => ({ ...MULTI, files: files(duplicates + 1), pieces: '' })
    expect(new Set(torrentOf(info(500)).files.map(({ path }) => path.join('/'))).size).toBe(501)
    expect(problemOf(info(501))).toContain('info.files: expected at most 500 names that are there twice, found more')
  })

  test('100 folders deep, in v1 and v2', () => {
    const path = (folders: number) => [...Array.from({ length: folders }, () => 'd'), 'f']
    const v1 = (folders: number) => ({ ...MULTI, files: [{ length: 0, path: path(folders) }], pieces: '' })
    const leaf: Encodable = { '': { length: 0 } }
    const v2 = (folders: number) => ({
      ...V2,
      'file tree': path(folders).reduceRight<Encodable>((below, name) => ({ [name]: below }), leaf),
    })
    // A tree nests in the dictionaries around it too, so its decoding has to be allowed to go deeper.
    const limits = { depthMax: 200 }
    expect(torrentOf(v1(100)).files[0]?.path.length).toBe(102)
    expect(torrentOf(v2(100), {}, { limits }).files[0]?.path.length).toBe(102)
    expect(problemOf(v1(101))).toContain('info.files[0].path: expected at most 100 folders deep, found more')
    expect(problemOf(v2(101), {}, { limits })).toContain('expected at most 100 folders deep, found more')
  })
})

describe('paths', () => {
  test('what is dangerous is made safe', () => {
    expect(pathsOf([['..', '..', 'etc', 'passwd']])).toEqual(['multi/etc/passwd'])
    expect(pathsOf([['/etc', '/', '', '.', 'x\\..\\y']])).toEqual(['multi/_etc/_/x_.._y'])
    expect(pathsOf([['..']])).toEqual(['multi/_'])
    expect(torrentOf({ ...SINGLE, name: '../../evil' }).files[0]?.path).toEqual(['.._.._evil'])
    expect(torrentOf({ ...SINGLE, name: '.swarmlab' }).name).toBe('_.swarmlab')
  })

  test('a name of which nothing is left becomes the infohash', () => {
    const torrent = torrentOf({ ...SINGLE, name: '..' })
    expect(torrent.name).toBe(torrent.infohashV1)
    expect(torrent.files[0]?.path).toEqual([torrent.infohashV1])
  })

  test('what is only odd stays', () => {
    const odd = ['...', ' ', 'a b', '~x', '-rf', '文件', 'é', '𝄞', 'x:y*?', '.hidden', 'CON', 'ends.']
    expect(pathsOf(odd.map((name) => [name]))).toEqual(odd.map((name) => `multi/${name}`))
  })

  test('two of one path are told apart, and a file from a folder', () => {
    expect(pathsOf([['a.bin'], ['a.bin'], ['d', 'x'], ['d'], ['a.1.bin'], ['a\0'], ['a_']])).toEqual([
      'multi/a.bin',
      'multi/a.2.bin',
      'multi/d/x',
      'multi/d.1',
      'multi/a.1.bin',
      'multi/a_',
      'multi/a_.1',
    ])
  })

  test('padding files may all have one path', () => {
    const pad = { attr: 'p', length: 10, path: ['.pad', '10'] }
    const { files } = torrentOf({ ...MULTI, files: [pad, pad], pieces: new Uint8Array(20) })
    expect(files).toMatchObject([
      { path: ['multi', '.pad', '10'], pad: true, offsetBytes: 0 },
      { path: ['multi', '.pad', '10'], pad: true, offsetBytes: 10 },
    ])
  })

  test('names in UTF-8 beside others count (path.utf-8, name.utf-8)', () => {
    const path = { path: [Uint8Array.of(0xfc)], 'path.utf-8': ['ü'] }
    const files = [{ ...path, length: 40_000 }]
    const torrent = torrentOf({ ...MULTI, files, name: Uint8Array.of(0xe4), 'name.utf-8': 'ä' })
    expect(torrent.files[0]?.path).toEqual(['ä', 'ü'])
    expect(pathsOf([[Uint8Array.of(0xfc)]])).toEqual(['multi/\ufffd'])
  })
})

describe('what surrounds info', () => {
  test.each<[string, EncodableRecord, string[][]]>([
    ['announce alone', { announce: 'http://a' }, [['http://a']]],
    [
      'announce-list instead of announce (BEP 12)',
      { announce: 'http://a', 'announce-list': [['http://b', 'http://c'], ['udp://d']] },
      [['http://b', 'http://c'], ['udp://d']],
    ],
    ['an empty announce-list', { announce: 'http://a', 'announce-list': [[], ['']] }, [['http://a']]],
    ['an announce-list of another type', { announce: 'http://a', 'announce-list': 7 }, [['http://a']]],
    ['what is no string in a tier', { 'announce-list': [[1, 'http://b'], 'http://c'] }, [['http://b'], ['http://c']]],
    ['no tracker', {}, []],
    ['an empty announce', { announce: '' }, []],
  ])('trackers: %s', (_, root, trackers) => {
    expect(torrentOf(SINGLE, root).trackers).toEqual(trackers)
  })

  test.each<[Encodable, string[]]>([
    ['http://a/', ['http://a/']],
    [
      ['http://a/', 'http://b/'],
      ['http://a/', 'http://b/'],
    ],
    ['', []],
    [7, []],
  ])('web seeds: url-list %j (BEP 19)', (urlList, webSeeds) => {
    expect(torrentOf(SINGLE, { 'url-list': urlList }).webSeeds).toEqual(webSeeds)
  })

  test('comment, maker and date, and their absence', () => {
    const said = { comment: 'c', 'created by': 'm', 'creation date': 1 }
    expect(torrentOf(SINGLE, said)).toMatchObject({ comment: 'c', createdBy: 'm', creationDate: 1 })
    const none = { comment: null, createdBy: null, creationDate: null }
    expect(torrentOf(SINGLE)).toMatchObject(none)
    expect(torrentOf(SINGLE, { comment: 1, 'created by': [], 'creation date': 'x' })).toMatchObject(none)
    expect(torrentOf(SINGLE, { 'creation date': -1 }).creationDate).toBe(null)
  })

  test.each([
    [undefined, false],
    [0, false],
    [1, true],
  ])('private %s is %s', (flag, isPrivate) => {
    expect(torrentOf({ ...SINGLE, private: flag }).private).toBe(isPrivate)
  })
})

test('the infohash is over the original bytes of info, in whatever order its keys are', () => {
  const info = 'd6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa7:another0:e'
  const parsed = parseTorrent(new TextEncoder().encode(`d4:info${info}e`), digests)
  expect(parsed).toMatchObject({
    torrent: { infohashV1: createHash('sha1').update(info).digest('hex') },
    irregularities: [{ code: 'key-order', key: 'another', offsetBytes: 7 + info.indexOf('7:another') }],
  })
})

test('a hybrid has both infohashes and is read by its v1 half', () => {
  expect(torrentOf({ ...SINGLE, ...V2 })).toMatchObject({
    infohashV1: expect.stringMatching(/^[0-9a-f]{40}$/),
    infohashV2: expect.stringMatching(/^[0-9a-f]{64}$/),
    files: [{ path: ['a.bin'], lengthBytes: 40_000, pad: false }],
  })
})
