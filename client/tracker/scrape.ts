/**
 * Scrape: how many peers a tracker knows of some torrents. BEP 48, with the `downloaders` of BEP 21; over UDP see
 * udp-requests and udp-responses.
 *
 * Total: any bytes give a response or a fault. A count that is missing or none is null. Limits: those of an announce.
 */
import { type Encodable, encode } from '../bencode/encode.ts'
import { BencodeDictionary, type BencodeValue, keyBytes, keyFromBytes } from '../bencode/value.ts'
import { optionalCount } from '../metainfo/fields.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../metainfo/infohash.ts'
import { describeValue } from '../metainfo/metainfo-fault.ts'
import { percentEncode, withQuery } from './announce-request.ts'
import { decodeAnswer, type TrackerFault, trackerFault } from './tracker-answer.ts'

export interface ScrapeResponse {
  readonly kind: 'scrape'
  readonly counts: ReadonlyMap<InfoHash, ScrapeCounts>
}

export interface ScrapeCounts {
  /** Peers that have everything, and those that do not. */
  readonly complete: number | null
  readonly incomplete: number | null
  /** Downloads that were ever completed. */
  readonly downloaded: number | null
  /** Of the incomplete, those that want more; the others are partial seeds (BEP 21). */
  readonly downloaders: number | null
}

/** Null where the tracker has no such page: the last part of its path does not begin with `announce`. */
export function scrapeUrl(announceUrl: string, infohashes: readonly InfoHash[]): string | null {
  const [, folder, page = '', query = ''] =
    /^([^/?#]*\/\/[^/?#]*\/(?:[^?#]*\/)?)([^?#/]*)(\?[^#]*)?/.exec(announceUrl) ?? []
  if (folder === undefined || !page.startsWith('announce')) return null
  return withQuery(
    `${folder}scrape${page.slice('announce'.length)}${query}`,
    infohashes.map((infohash) => ['info_hash', percentEncode(infoHashBytes(infohash))]),
  )
}

export function parseScrapeResponse(bytes: Uint8Array): ScrapeResponse | TrackerFault {
  const answer = decodeAnswer(bytes)
  if (!(answer instanceof BencodeDictionary)) return answer
  const files = answer.get('files')
  if (!(files instanceof BencodeDictionary)) {
    const received = files === undefined ? 'nothing' : describeValue(files)
    return trackerFault('bad-field', `files: expected a dictionary, received ${received}`)
  }
  return { kind: 'scrape', counts: new Map([...files].flatMap(countsOfFile)) }
}

export function encodeScrapeResponse(counts: ReadonlyMap<InfoHash, ScrapeCounts>): Uint8Array {
  const files = [...counts].map(([infohash, each]): [string, Encodable] => [
    keyFromBytes(infoHashBytes(infohash)),
    {
      complete: each.complete ?? undefined,
      downloaded: each.downloaded ?? undefined,
      downloaders: each.downloaders ?? undefined,
      incomplete: each.incomplete ?? undefined,
    },
  ])
  return encode({ files: new Map(files) })
}

/** None where the key is no infohash, or the value no dictionary. */
function countsOfFile([key, file]: [string, BencodeValue]): [InfoHash, ScrapeCounts][] {
  if (key.length !== 20 || !(file instanceof BencodeDictionary)) return []
  const counts = {
    complete: optionalCount(file, 'complete'),
    incomplete: optionalCount(file, 'incomplete'),
    downloaded: optionalCount(file, 'downloaded'),
    downloaders: optionalCount(file, 'downloaders'),
  }
  return [[infoHashFromBytes(keyBytes(key)), counts]]
}
