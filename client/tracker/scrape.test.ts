import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encodable, encode } from '../bencode/encode.ts'
import { keyFromBytes } from '../bencode/value.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../metainfo/infohash.ts'
import { encodeScrapeResponse, parseScrapeResponse, type ScrapeCounts, scrapeUrl } from './scrape.ts'
import { scrapeRequest } from './scraper.ts'

const A = 'ab'.repeat(20) as InfoHash
const B = '00'.repeat(20) as InfoHash
const keyOf = (infohash: InfoHash) => keyFromBytes(infoHashBytes(infohash))
const read = (answer: Encodable) => parseScrapeResponse(encode(answer))

describe('the URL of a scrape (BEP 48)', () => {
  const infohash = `info_hash=${'%AB'.repeat(20)}`
  test.each([
    ['http://t/announce', `http://t/scrape?${infohash}`],
    ['http://t/x/announce', `http://t/x/scrape?${infohash}`],
    ['http://t/announce.php', `http://t/scrape.php?${infohash}`],
    ['http://t/announce/announce', `http://t/announce/scrape?${infohash}`],
    ['http://t/announce?x2%0644', `http://t/scrape?x2%0644&${infohash}`],
    ['http://t/announce?x=2/4#y', `http://t/scrape?x=2/4&${infohash}`],
    ['http://t/a', null],
    ['http://t/announce/x', null],
    ['http://t/x?announce', null],
    ['http://announce', null],
    ['http://announce/', null],
    ['http://t/a/b/announce;x', `http://t/a/b/scrape;x?${infohash}`],
  ])('of %s is %s', (announce, scrape) => {
    expect(scrapeUrl(announce, [A])).toBe(scrape)
  })

  test('names each torrent', () => {
    expect(scrapeUrl('http://t/announce', [A, B])).toBe(`http://t/scrape?${infohash}&info_hash=${'%00'.repeat(20)}`)
  })
})

test.each([
  ['udp://t:1/announce', { kind: 'udp', host: 't', port: 1, question: { kind: 'scrape', infohashes: [A] } }],
  ['https://t/announce', { kind: 'http', url: expect.stringMatching(/^https:\/\/t\/scrape\?info_hash=/) }],
])('%s is scraped by its own protocol', (url, request) => {
  expect(scrapeRequest(url, [A])).toMatchObject(request)
})

test.each([
  ['http://t/a', 'its path does not end in "announce", so nobody knows where it answers a scrape (BEP 48)'],
  ['wss://t/announce', 'wss: trackers are not supported'],
])('%s is not scraped: %s', (url, reason) => {
  expect(scrapeRequest(url, [A])).toBe(reason)
})

describe('an answer', () => {
  test('counts each torrent; what is missing or no count is null', () => {
    const files = new Map<string, Encodable>([
      [keyOf(A), { complete: 11, downloaded: 13_772, incomplete: 19, downloaders: 17 }],
      [keyOf(B), { complete: -1, downloaded: 'many' }],
      ['short', { complete: 1 }],
      [keyFromBytes(new Uint8Array(20).fill(1)), 5],
    ])
    expect(read({ files })).toEqual({
      kind: 'scrape',
      counts: new Map<InfoHash, ScrapeCounts>([
        [A, { complete: 11, downloaded: 13_772, incomplete: 19, downloaders: 17 }],
        [B, { complete: null, downloaded: null, incomplete: null, downloaders: null }],
      ]),
    })
  })

  test('is read as it was written', () => {
    const count = fc.option(fc.nat())
    const counts = fc.record({ complete: count, incomplete: count, downloaded: count, downloaders: count })
    const infohash = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(infoHashFromBytes)
    fc.assert(
      fc.property(fc.array(fc.tuple(infohash, counts)), (entries) => {
        const all = new Map(entries)
        expect(parseScrapeResponse(encodeScrapeResponse(all))).toEqual({ kind: 'scrape', counts: all })
      }),
    )
  })

  test.each<[Encodable, string, string]>([
    [{ 'failure reason': 'no' }, 'failure', 'no'],
    [{ failure_reason: 'as BEP 48 has it' }, 'failure', 'as BEP 48 has it'],
    [{}, 'bad-field', 'files: expected a dictionary, received nothing'],
    [{ files: 5 }, 'bad-field', 'files: expected a dictionary, received 5'],
    [5, 'not-bencode', 'expected a dictionary, received 5'],
  ])('of %o is a fault', (answer, code, detail) => {
    expect(read(answer)).toEqual({ kind: 'fault', code, detail, retryInSeconds: null })
  })

  test('of 1,048,577 bytes is too large', () => {
    expect(parseScrapeResponse(new Uint8Array(1_048_577))).toMatchObject({ code: 'too-large' })
    expect(parseScrapeResponse(new Uint8Array(1_048_576))).toMatchObject({ code: 'not-bencode' })
  })
})
