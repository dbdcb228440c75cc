/**
 * Which kind of tracker a URL names, and what of the URL its protocol uses. `http:` and `https:` (BEP 3), `udp:`
 * (BEP 15, and BEP 41 for path and query).
 */

/** With it a UDP announce is 1,300 bytes, which every path takes in one packet. */
const REQUEST_STRING_BYTES_MAX = 1_200
/** Servers read no longer ones. */
const URL_LENGTH_MAX = 8_192

export type TrackerEndpoint = { readonly kind: 'http' } | ({ readonly kind: 'udp' } & UdpEndpoint)

export interface UdpEndpoint {
  /** A name, or an IP literal without brackets. */
  readonly host: string
  readonly port: number
  /** Path and query, percent-encoded: all ASCII. */
  readonly requestString: string
}

/** A text is why this URL cannot be used. */
export function parseTrackerUrl(url: string): TrackerEndpoint | string {
  // A scheme is quoted in the reason; none that is in use is longer.
  const scheme = /^[a-z][a-z0-9+.-]{0,19}:/i.exec(url)?.[0].toLowerCase()
  if (scheme === undefined) return 'this is not an http:, https: or udp: URL'
  if (scheme !== 'http:' && scheme !== 'https:' && scheme !== 'udp:') return `${scheme} trackers are not supported`
  if (url.length > URL_LENGTH_MAX) return `longer than ${URL_LENGTH_MAX} characters`
  return scheme === 'udp:' ? parseUdpUrl(url) : { kind: 'http' }
}

function parseUdpUrl(text: string): TrackerEndpoint | string {
  const url = URL.parse(text)
  if (url === null || url.hostname === '') return 'this udp: URL names no host'
  // Port 0 is written out, a port that is missing is not.
  if (url.port === '' || url.port === '0') return 'this udp: URL names no port'
  const requestString = url.pathname + url.search
  if (requestString.length > REQUEST_STRING_BYTES_MAX) {
    return `the path and query of a udp: URL have at most ${REQUEST_STRING_BYTES_MAX} bytes, not ${requestString.length}`
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { kind: 'udp', host, port: Number(url.port), requestString }
}
