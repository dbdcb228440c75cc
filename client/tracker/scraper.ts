/** How a tracker is scraped: what to ask its URL, over HTTP (BEP 48) or UDP (BEP 15). */
import type { InfoHash } from '../metainfo/infohash.ts'
import type { HttpRequest } from '../ports/http.ts'
import { HTTP_TIMEOUT_MS, UDP_TIMEOUT_MS } from './announce-timing.ts'
import { scrapeUrl } from './scrape.ts'
import { RESPONSE_BYTES_MAX } from './tracker-answer.ts'
import { parseTrackerUrl } from './tracker-url.ts'
import type { UdpAsk } from './udp-carrier.ts'

/** For the HttpClient, or for the UdpCarrier. */
export type ScrapeRequest = ({ readonly kind: 'http' } & HttpRequest) | ({ readonly kind: 'udp' } & UdpAsk)

/** Of `SCRAPE_INFOHASHES_MAX` at most. A text is why this tracker cannot be scraped. */
export function scrapeRequest(announceUrl: string, infohashes: readonly InfoHash[]): ScrapeRequest | string {
  const endpoint = parseTrackerUrl(announceUrl)
  if (typeof endpoint === 'string') return endpoint
  if (endpoint.kind === 'udp') {
    const { host, port } = endpoint
    return { kind: 'udp', host, port, timeoutMs: UDP_TIMEOUT_MS, question: { kind: 'scrape', infohashes } }
  }
  const url = scrapeUrl(announceUrl, infohashes)
  if (url === null) return 'its path does not end in "announce", so nobody knows where it answers a scrape (BEP 48)'
  return { kind: 'http', url, timeoutMs: HTTP_TIMEOUT_MS, bodyBytesMax: RESPONSE_BYTES_MAX }
}
