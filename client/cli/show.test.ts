import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { decode } from '../bencode/decode.ts'
import { type Encodable, encode } from '../bencode/encode.ts'
import { capturedOutput, runCommand } from '../node/captured-output.testing.ts'
import { showCommand } from './show.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/torrents/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'swarmlab-show-'))
afterAll(() => rmSync(folder, { recursive: true }))

const output = capturedOutput()

function show(...argv: string[]): Promise<number> {
  output.clear()
  return runCommand(showCommand, argv)
}

function written(name: string, content: Encodable | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content instanceof Uint8Array ? content : encode(content))
  return path
}

interface Expected {
  readonly trackers: readonly (readonly [tier: number, url: string])[]
  readonly files: readonly { readonly path: string; readonly length: number; readonly pad: boolean }[]
  readonly [field: string]: unknown
}

test('show --json agrees with what libtorrent reads, for every .torrent of other programs', async () => {
  const expected: Record<string, Expected> = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8'))
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.torrent'))
  for (const name of names) {
    expect(await show(join(FIXTURES, name), '--json'), name).toBe(0)
    const { trackers, files, ...rest } = JSON.parse(output.stdout)
    expect(output.stdout.split('\n').length, name).toBe(2)
    const wanted = expected[name] as Expected
    expect(rest, name).toEqual({
      name: wanted.name,
      infohashV1: wanted.infohash_v1,
      infohashV2: wanted.infohash_v2,
      pieceLengthBytes: wanted.piece_length_bytes,
      pieceCount: wanted.piece_count,
      totalBytes: wanted.total_bytes,
      private: wanted.private,
      webSeeds: wanted.web_seeds,
      comment: name.includes('tiers') ? 'tiers and private' : null,
      createdBy: expect.stringMatching(/fixture|mktorrent|Transmission/),
      creationDate: name.startsWith('libtorrent') ? null : expect.any(Number),
    })
    const listed = wanted.files.map(({ path, length, pad }) => ({ path, lengthBytes: length, ...(pad ? { pad } : {}) }))
    expect(files, name).toEqual(listed)
    const tiers = trackers.flatMap((tier: string[], index: number) => tier.map((url) => [index, url]))
    expect(tiers, name).toEqual(wanted.trackers)
  }
  expect(names.length).toBe(11)
})

test('show --json --raw has every key and byte of the file', async () => {
  const path = join(FIXTURES, 'mktorrent-single.torrent')
  expect(await show(path, '--raw', '--json')).toBe(0)
  const tree = JSON.parse(output.stdout)
  expect(Object.keys(tree)).toEqual(['announce', 'created by', 'creation date', 'info'])
  expect(tree.info.name).toBe('single-11.bin')
  const decoded = decode(readFileSync(path))
  const info = decoded.kind === 'value' && decoded.value instanceof Map ? decoded.value.get('info') : undefined
  const pieces = info instanceof Map ? info.get('pieces') : undefined
  expect(Buffer.from(tree.info.pieces.hex, 'hex')).toEqual(Buffer.from(pieces as Uint8Array))
})

test('show --raw cuts what is long and no text, and needs no .torrent', async () => {
  const tree = new Map<string, Encodable>([
    ['__proto__', 'kept'],
    ['big', 2n ** 63n],
    ['long', new Uint8Array(21).fill(0xff)],
    ['short', new Uint8Array(20).fill(0xff)],
    ['\xff', ['ü', 1]],
  ])
  expect(await show(written('raw', tree), '--raw')).toBe(0)
  expect(Object.entries(JSON.parse(output.stdout))).toEqual([
    ['__proto__', 'kept'],
    ['big', { integer: '9223372036854775808' }],
    ['long', { bytes: 21, hex: `${'ff'.repeat(20)}...` }],
    ['short', { hex: 'ff'.repeat(20) }],
    ['hex:ff', ['ü', 1]],
  ])
})

test('show for people, with the numbers that --files takes: padding files have one too', async () => {
  expect(await show(join(FIXTURES, 'libtorrent-hybrid-multi.torrent'))).toBe(0)
  expect(output.stdout).toBe(`multi
  infohash v1  55fc7576c77e9ad313b5176678b62cf445ec9ba2
  infohash v2  349acd242b3593951203d0fa24bd018498aee06b6a8a582294495c686926cc6b
  size         464 KiB (475136 bytes) in 29 pieces of 16 KiB
  private      no
  tracker 1    http://127.0.0.1:6969/announce
  created by   fixture
  files        5, and 40.4 KiB of padding
       0        200 B multi/a.txt
       2      273 KiB multi/sub/b.bin
       4       58 KiB multi/sub/deeper/ünïcode-文件.bin
       6          0 B multi/sub/empty.dat
       7     92.3 KiB multi/z.bin
`)
})

const EVIL = '\u001b]0;owned\u0007\u009b2J\u202e\r\n'

describe('what others wrote cannot act on the terminal', () => {
  const path = written('evil.torrent', {
    announce: `http://a/${EVIL}`,
    comment: EVIL,
    'created by': EVIL,
    'creation date': Number.MAX_SAFE_INTEGER,
    info: { length: 1, name: `x${EVIL}`, 'piece length': 16_384, pieces: new Uint8Array(20), [EVIL.slice(0, 3)]: 1 },
    'url-list': EVIL,
  })
  test.each([[[]], [['--json']], [['--raw']], [['--raw', '--json']]])('show %j', async (options) => {
    expect(await show(path, ...options)).toBe(0)
    expect(output.stdout).toContain('owned')
    expect(output.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
  })
})

test('keys out of order are shown to people, and do no harm', async () => {
  const info = 'd6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae'
  expect(await show(written('unsorted', new TextEncoder().encode(`d4:info${info}7:comment1:ce`)))).toBe(0)
  expect(output.stdout).toContain('irregular    byte 82: the key "comment" is out of order\n')
})

test.each([
  ['cut', (bytes: Uint8Array) => bytes.subarray(0, 100), 'not a .torrent: byte '],
  [
    'with bytes after it',
    (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from('x')]),
    'expected the end, found 1 more',
  ],
  ['of zeros', (bytes: Uint8Array) => new Uint8Array(bytes.length), 'not a .torrent: byte 0: expected a value'],
])('a file that is %s is one line and exit code 2', async (name, change, problem) => {
  const path = written(`${name}.torrent`, change(readFileSync(join(FIXTURES, 'mktorrent-single.torrent'))))
  for (const options of [[], ['--json'], ['--raw']]) {
    expect(await show(path, ...options)).toBe(2)
    expect(output.stderr).toMatch(/^swarmlab: .*\n$/)
    expect(output.stderr).toContain(options[0] === '--raw' ? problem.replace('not a .torrent: ', '') : problem)
    expect(output.stdout).toBe('')
  }
})

describe('a magnet link', () => {
  const hash = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20'
  const link = `magnet:?xt=urn:btih:${hash}&dn=a%1bname&tr=http%3A%2F%2Fa%2Fx&tr=udp%3A%2F%2Fb%3A1&ws=http%3A%2F%2Fw%2F&x.pe=127.0.0.1:6881&so=0,2-4`

  test('for people', async () => {
    expect(await show(link)).toBe(0)
    expect(output.stdout).toBe(`a\\u{1b}name
  infohash v1  ${hash}
  tracker 1    http://a/x
  tracker 2    udp://b:1
  web seed     http://w/
  peer         127.0.0.1:6881
  files        0,2-4
`)
  })

  test('without a name it says so', async () => {
    expect(await show(`magnet:?xt=urn:btih:${hash}`)).toBe(0)
    expect(output.stdout).toBe(`(a magnet link without a name)\n  infohash v1  ${hash}\n`)
  })

  test('as JSON', async () => {
    expect(await show(link, '--json')).toBe(0)
    expect(JSON.parse(output.stdout)).toEqual({
      name: 'a\\u{1b}name',
      infohashV1: hash,
      trackers: [['http://a/x'], ['udp://b:1']],
      webSeeds: ['http://w/'],
      peers: ['127.0.0.1:6881'],
      selectedFiles: '0,2-4',
    })
  })

  test.each([
    [['magnet:?dn=x'], /^swarmlab: magnet link: xt: expected urn:btih: and an infohash, found nothing\n$/],
    [[link, '--raw'], /^swarmlab: --raw goes with a \.torrent, not with a magnet link\n$/],
  ])('wrong usage: %j', async (argv, problem) => {
    expect(await show(...argv)).toBe(2)
    expect(output.stderr).toMatch(problem)
  })
})
