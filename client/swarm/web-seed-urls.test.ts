import { describe, expect, test } from 'vitest'
import { encode } from '../bencode/encode.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { fileUrls, WEB_SEEDS_MAX, webSeedUrls } from './web-seed-urls.ts'

const file = (...path: readonly string[]): TorrentContentFile => ({ path, lengthBytes: 1, offsetBytes: 0, pad: false })

function urlOf(webSeed: string, files: readonly TorrentContentFile[], info: unknown, fileIndex = 0): string {
  const infoBytes = encode(info as Parameters<typeof encode>[0])
  return fileUrls({ files, infoBytes, webSeeds: [] })(webSeed, fileIndex)
}

describe('a lone file', () => {
  test.each([
    ['http://a/b/other-name.iso', 'http://a/b/other-name.iso'],
    ['http://a/b/', 'http://a/b/name%20%28x%29.iso'],
    ['http://a/get?file=1', 'http://a/get?file=1'],
  ])('of the web seed %s is at %s', (webSeed, url) => {
    expect(urlOf(webSeed, [file('name (x).iso')], { name: 'name (x).iso' })).toBe(url)
  })
})

describe('a file of several', () => {
  const files = [file('t', 'a'), file('t', 'sub', 'b ?#.bin')]
  const info = { name: 't', files: [{ path: ['a'] }, { path: ['sub', 'b ?#.bin'] }] }

  test.each(['http://h/x', 'http://h/x/'])('is below %s by name and path', (webSeed) => {
    expect(urlOf(webSeed, files, info, 1)).toBe('http://h/x/t/sub/b%20%3F%23.bin')
  })

  test('of a torrent with one file in a folder is below it too', () => {
    expect(urlOf('http://h/x', [file('t', 'a')], { name: 't', files: [{ path: ['a'] }] })).toBe('http://h/x/t/a')
  })

  test('has the name that the torrent has, not the one that is safe here', () => {
    const renamed = [file('t_', 'a_b'), file('t_', 'c.1')]
    const written = { name: 't\u0007', files: [{ path: ['a\\b'] }, { path: ['c'] }] }
    expect(urlOf('http://h', renamed, written, 0)).toBe('http://h/t%07/a%5Cb')
    expect(urlOf('http://h', renamed, written, 1)).toBe('http://h/t%07/c')
  })

  test('of a torrent in Latin-1 has its bytes, and `.utf-8` names come first', () => {
    const latin1 = { name: 't', files: [{ path: [Uint8Array.of(0xe4)] }] }
    expect(urlOf('http://h', [file('t', '\ufffd')], latin1)).toBe('http://h/t/%E4')
    const both = { ...latin1, 'name.utf-8': 'ü', files: [{ path: ['?'], 'path.utf-8': ['ä'] }] }
    expect(urlOf('http://h', [file('ü', 'ä')], both)).toBe('http://h/%C3%BC/%C3%A4')
  })

  test.each([['..'], ['.'], ['']])(
    'whose path has the segment %j, by which a URL climbs, has its safe one',
    (segment) => {
      const climbing = { name: 't', files: [{ path: [segment, 'etc', 'passwd'] }] }
      expect(urlOf('http://h/x/', [file('t', 'etc', 'passwd')], climbing)).toBe('http://h/x/t/etc/passwd')
    },
  )

  test('of what is no info dictionary has its safe path', () => {
    expect(urlOf('http://h', [file('t', 'a b')], 'nonsense')).toBe('http://h/t/a%20b')
  })
})

describe('of the list in a torrent', () => {
  test('each URL counts once, and only http and https are of use', () => {
    expect(webSeedUrls(['http://a', 'ftp://b', 'https://c', 'http://a', 'nonsense', 'file:///etc/passwd'])).toEqual([
      { url: 'http://a', fault: null },
      { url: 'https://c', fault: null },
      { url: 'ftp://b', fault: 'neither http nor https' },
      { url: 'nonsense', fault: 'not a URL' },
      { url: 'file:///etc/passwd', fault: 'neither http nor https' },
    ])
  })

  test.each([
    [WEB_SEEDS_MAX, 0],
    [WEB_SEEDS_MAX + 1, 1],
    [100_000, 1],
  ])('%d are %d too many to tell', (count, told) => {
    const urls = webSeedUrls(Array.from({ length: count }, (_, index) => `http://a/${index}`))
    expect(urls.filter(({ fault }) => fault === null)).toHaveLength(WEB_SEEDS_MAX)
    expect(urls.slice(WEB_SEEDS_MAX)).toEqual(
      Array.from({ length: told }, () => ({ url: 'http://a/100', fault: 'one of more than 100 web seeds' })),
    )
  })

  test('of 100,000 that are of no use, 100 are told', () => {
    expect(webSeedUrls(Array.from({ length: 100_000 }, (_, index) => `ftp://a/${index}`))).toHaveLength(WEB_SEEDS_MAX)
  })
})
