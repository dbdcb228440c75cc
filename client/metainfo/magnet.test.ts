import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalIpAddress } from '../ports/ip-address.ts'
import { type FileSelection, parseFileSelection } from './file-selection.ts'
import { type InfoHash, infoHashFromBytes } from './infohash.ts'
import {
  formatMagnet,
  isMagnetLink,
  MAGNET_LENGTH_MAX,
  MAGNET_PARAMETERS_MAX,
  type Magnet,
  parseMagnet,
} from './magnet.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'

const HEX = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
/** The same, as `base64.b32encode` of Python writes it. */
const BASE32 = 'GJUHWOQWQ7OQWQHL3QDHNMP3CNM53PBA'
const XT = `xt=urn:btih:${HEX}`
const BARE: Magnet = {
  kind: 'magnet',
  infohash: HEX,
  name: null,
  trackers: [],
  webSeeds: [],
  peers: [],
  selectedFiles: null,
}

function magnetOf(text: string): Magnet {
  const parsed = parseMagnet(text)
  if (parsed.kind === 'fault') throw new Error(describeMetainfoFault(parsed))
  return parsed
}

const problemOf = (text: string) => {
  const parsed = parseMagnet(text)
  return parsed.kind === 'fault' ? `${parsed.code} | ${describeMetainfoFault(parsed)}` : 'none'
}

test('everything a link can say is read', () => {
  const link =
    `magnet:?${XT}&dn=A+name%20%C3%BC&tr=http%3A%2F%2Ft%2Fannounce%3Fa%3D1%26b%3D2&tr=udp://u:1/&ws=http://w/a+b` +
    '&x.pe=1.2.3.4:6881&x.pe=%5B2001:db8::1%5D:51413&so=0,2,4-6'
  expect(magnetOf(link)).toEqual({
    ...BARE,
    name: 'A name ü',
    trackers: [['http://t/announce?a=1&b=2'], ['udp://u:1/']],
    webSeeds: ['http://w/a+b'],
    peers: [
      { host: '1.2.3.4', port: 6881 },
      { host: '2001:db8::1', port: 51_413 },
    ],
    selectedFiles: parseFileSelection('0,2,4-6'),
  })
})

describe('an infohash', () => {
  test.each([
    ['40 hex digits', HEX],
    ['in upper case', HEX.toUpperCase()],
    ['32 base32 digits', BASE32],
    ['in lower case', BASE32.toLowerCase()],
  ])('%s', (_, digits) => expect(magnetOf(`magnet:?xt=urn:btih:${digits}`)).toEqual(BARE))

  test.each([
    ['xt.1', `magnet:?xt.1=urn:btih:${HEX}`],
    ['escaped', `magnet:?xt=urn%3Abtih%3a${HEX}`],
    ['after other topics', `magnet:?xt=urn:tree:tiger:ABC&xt=urn:ed2k:1&${XT}`],
    ['of a hybrid', `magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}&${XT}`],
    ['twice the same, in both notations', `magnet:?${XT}&xt=urn:btih:${BASE32}`],
    ['in capitals', `MAGNET:?XT=URN:BTIH:${HEX.toUpperCase()}`],
  ])('%s', (_, link) => expect(magnetOf(link)).toEqual(BARE))

  test('base32 and hex name the same bytes', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
        const base32 = bits.replace(/.{5}/g, (five) => digits.charAt(Number.parseInt(five, 2)))
        expect(magnetOf(`magnet:?xt=urn:btih:${base32}`).infohash).toBe(infoHashFromBytes(bytes))
      }),
    )
  })
})

describe('what is no use is refused in one line', () => {
  const HEX_WANTED = 'out-of-range | xt: expected an infohash of 40 hex or 32 base32 digits, found'
  test.each([
    ['http://a/', 'wrong-type | expected a magnet link (magnet:?xt=urn:btih:…), found another text'],
    ['', 'wrong-type | expected a magnet link (magnet:?xt=urn:btih:…), found another text'],
    ['magnet:', 'wrong-type | expected a magnet link (magnet:?xt=urn:btih:…), found another text'],
    [`magnet:${XT}`, 'wrong-type | expected a magnet link (magnet:?xt=urn:btih:…), found another text'],
    ['magnet:?', 'missing | xt: expected urn:btih: and an infohash, found nothing'],
    ['magnet:?dn=a', 'missing | xt: expected urn:btih: and an infohash, found nothing'],
    ['magnet:?xt', 'missing | xt: expected urn:btih: and an infohash, found nothing'],
    ['magnet:?xt=urn:sha1:ABC', 'missing | xt: expected urn:btih: and an infohash, found another kind'],
    [
      `magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}`,
      'unsupported | xt: expected urn:btih:, since a torrent that is v2 only is not downloaded, found urn:btmh: alone',
    ],
    ['magnet:?xt=urn:btih:', `${HEX_WANTED} 0 characters: `],
    [`magnet:?xt=urn:btih:${HEX}0`, `${HEX_WANTED} 41 characters: ${HEX}0`],
    [`magnet:?xt=urn:btih:${HEX.slice(1)}`, `${HEX_WANTED} 39 characters: ${HEX.slice(1)}`],
    [`magnet:?xt=urn:btih:${HEX.slice(1)}g`, `${HEX_WANTED} 40 characters: ${HEX.slice(1)}g`],
    [`magnet:?xt=urn:btih:${BASE32.slice(1)}1`, `${HEX_WANTED} 32 characters: ${BASE32.slice(1)}1`],
    ['magnet:?xt=urn:btih:%1b[2J%0a', `${HEX_WANTED} 5 characters: \\u{1b}[2J\\u{a}`],
    [`magnet:?xt=urn:btih:${'é'.repeat(900)}`, `${HEX_WANTED} 900 characters: ${'é'.repeat(50)}`],
    [`magnet:?${XT}&xt=urn:btih:${'0'.repeat(40)}`, `mismatch | xt: expected one infohash, found ${HEX} and 0000`],
    [`magnet:?${XT}&so=1-`, 'out-of-range | so: expected file numbers from 0 to 9999999, as 0,2,4-6, found "1-"'],
    [`magnet:?${XT}&so=`, 'out-of-range | so: expected file numbers'],
  ])('%s', (link, problem) => expect(problemOf(link)).toContain(problem))

  test('a link of 64 Ki characters is read, one more is not', () => {
    const link = (length: number) => `magnet:?${XT}&x=`.padEnd(length, 'x')
    expect(problemOf(link(MAGNET_LENGTH_MAX))).toBe('none')
    expect(problemOf(link(MAGNET_LENGTH_MAX + 1))).toBe(
      'too-many | expected a magnet link of at most 65536 characters, found 65537',
    )
  })

  test('1000 parameters are read, one more is not', () => {
    const link = (count: number) => `magnet:?${XT}${'&tr=http://a'.repeat(count - 1)}`
    expect(magnetOf(link(MAGNET_PARAMETERS_MAX)).trackers).toEqual([['http://a']])
    expect(problemOf(link(MAGNET_PARAMETERS_MAX + 1))).toBe(
      'too-many | expected a magnet link of at most 1000 parameters, found more',
    )
  })
})

describe('peers', () => {
  test.each([
    ['a name is never looked up', 'localhost:6881'],
    ['nor one that looks like an address', '1.2.3:6881'],
    ['no port', '1.2.3.4'],
    ['an empty port', '1.2.3.4:'],
    ['port 0', '1.2.3.4:0'],
    ['a port too high', '1.2.3.4:65536'],
    ['a port of many digits', '1.2.3.4:000080'],
    ['IPv6 without brackets', '2001:db8::1:6881'],
    ['IPv4 in brackets', '[1.2.3.4]:6881'],
    ['a bracket too few', '[::1:6881'],
    ['an address nobody has', '0.0.0.0:6881'],
    ['a group of hosts', '224.0.0.1:6881'],
    ['an octal address', '010.0.0.1:6881'],
    ['more than an address', '1.2.3.4:6881/x'],
    ['nothing', ''],
  ])('%s: %s is left out', (_, peer) => expect(magnetOf(`magnet:?${XT}&x.pe=${peer}`)).toEqual(BARE))

  test('one that is named twice is one, whatever its spelling', () => {
    const { peers } = magnetOf(`magnet:?${XT}&x.pe=[2001:DB8:0::1]:1&x.pe=[2001:db8::1]:1&x.pe=[::ffff:1.2.3.4]:2`)
    expect(peers).toEqual([
      { host: '2001:db8::1', port: 1 },
      { host: '1.2.3.4', port: 2 },
    ])
  })
})

describe('odd parameters', () => {
  test.each<[string, string, Partial<Magnet>]>([
    ['what else could be fetched is never looked at', 'xs=http://169.254.169.254/&as=http://a/&kt=k&mt=http://m/', {}],
    ['without a value', 'dn&tr&ws&x.pe&so2=', {}],
    ['empty ones', 'dn=&tr=&ws=&&', {}],
    ['the first name and the first files count', 'dn=&dn=a&dn=b&so=1&so=2', { name: 'a', selectedFiles: only(1) }],
    ['the same tracker again', 'tr=http://a&tr=http://b&tr.1=http://a', { trackers: [['http://a'], ['http://b']] }],
    ['numbered ones', 'ws.7=http://w&dn.0=n', { webSeeds: ['http://w'], name: 'n' }],
    ['in capitals', 'DN=n&TR=http://A', { name: 'n', trackers: [['http://A']] }],
    ['an equals sign in a value', 'tr=http://a?b=c', { trackers: [['http://a?b=c']] }],
    [
      'percent signs that escape nothing',
      'dn=100%&tr=http://a/%zz%4',
      { name: '100%', trackers: [['http://a/%zz%4']] },
    ],
    ['escapes that are no UTF-8', 'dn=%ff%41', { name: '\ufffdA' }],
    ['names of objects', '__proto__=a&constructor=b&toString=c', {}],
    ['a name that acts on a terminal', 'dn=%1b%5b2J%0a%e2%80%ae', { name: '\\u{1b}[2J\\u{a}\\u{202e}' }],
    ['half a character', 'dn=\ud83d&tr=\udc00', { name: '\ufffd', trackers: [['\ufffd']] }],
    ['a name that is HTML stays as it is', 'dn=<b>', { name: '<b>' }],
    ['a name without an end', `dn=${'𝄞'.repeat(300)}`, { name: '𝄞'.repeat(255) }],
  ])('%s', (_, parameters, said) => {
    expect(magnetOf(`magnet:?${XT}&${parameters}`)).toEqual({ ...BARE, ...said })
  })
})

test.each([
  ['magnet:?xt=1', true],
  ['Magnet:', true],
  ['magnets.torrent', false],
  ['./magnet:.torrent', false],
])('%s is a magnet link: %s', (text, is) => expect(isMagnetLink(text)).toBe(is))

test('a link, byte by byte', () => {
  const magnet: Magnet = {
    ...BARE,
    name: 'a b&c',
    trackers: [['http://t/?a=1&b'], ['udp://u']],
    webSeeds: ['http://w/ü'],
    peers: [
      { host: '1.2.3.4', port: 5 },
      { host: '::1', port: 6 },
    ],
    selectedFiles: only(3),
  }
  expect(formatMagnet(magnet)).toBe(
    `magnet:?${XT}&dn=a%20b%26c&tr=http%3A%2F%2Ft%2F%3Fa%3D1%26b&tr=udp%3A%2F%2Fu&ws=http%3A%2F%2Fw%2F%C3%BC` +
      '&x.pe=1.2.3.4:5&x.pe=[::1]:6&so=3',
  )
})

test('a link whose characters all need an escape comes out nine times as long', () => {
  const read = magnetOf(`magnet:?${XT}&tr=${'\ud800'.repeat(8000)}`)
  expect(formatMagnet(read).length).toBeGreaterThan(MAGNET_LENGTH_MAX)
})

test('what was formatted parses to the same', () => {
  const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
  const texts = fc.uniqueArray(text, { maxLength: 4 })
  const host = fc.oneof(
    fc.integer({ min: 1, max: 223 }).map((first) => `${first}.1.2.3`),
    fc.ipV6().map((address) => canonicalIpAddress(`2001${address.slice(address.indexOf(':'))}`) ?? '::1'),
  )
  const peer = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) })
  const magnet: fc.Arbitrary<Magnet> = fc.record({
    kind: fc.constant('magnet' as const),
    infohash: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(infoHashFromBytes),
    name: fc.option(text, { nil: null }),
    trackers: texts.map((urls) => urls.map((url) => [url])),
    webSeeds: texts,
    peers: fc.uniqueArray(peer, { maxLength: 4, selector: ({ host: name, port }) => `${name} ${port}` }),
    selectedFiles: fc.option(fc.nat(1000).map(only), { nil: null }),
  })
  fc.assert(
    fc.property(magnet, (given) => {
      expect(magnetOf(formatMagnet(given))).toEqual(given)
    }),
  )
})

test('any text gives a magnet or a fault of one line', () => {
  const piece = fc.oneof(
    fc.constantFrom('magnet:?', '&', '=', 'xt=', 'urn:btih:', HEX, BASE32, 'so=', 'x.pe=', '%', 'tr.1', '[::1]:1'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const parsed = parseMagnet(`magnet:?${XT}&${pieces.join('')}`)
      if (parsed.kind === 'fault') expect(describeMetainfoFault(parsed)).not.toMatch(/\p{Cc}/u)
      else expect(magnetOf(formatMagnet(parsed))).toEqual(parsed)
    }),
    { numRuns: 500 },
  )
})

function only(fileIndex: number): FileSelection {
  return { kind: 'files', ranges: [{ first: fileIndex, last: fileIndex }] }
}
