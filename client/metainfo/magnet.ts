/**
 * Magnet links: a torrent named by its infohash, with hints where to find it. BEP 9, and `so=` of BEP 53.
 *
 * Total: any text gives a magnet or a fault. Of `xt` only `urn:btih:` counts (40 hex or 32 base32 digits); a link with
 * nothing but `urn:btmh:` (v2, BEP 52) is refused. `x.pe` takes IP literals; names are never looked up and are left out,
 * as what is no address. What else could be fetched (`xs`, `as`) is ignored, so that a link makes nobody open a URL of
 * its choice before the infohash vouches for anything.
 *
 * Limits: the length of the text and the number of parameters. A parameter that is there twice: the first `dn` and `so`
 * count, trackers, web seeds and peers are a list, and two infohashes are refused unless they are the same.
 */
import { textFromBytes } from '../bencode/value.ts'
import { formatIpAddress, isUnicast, parseIpAddress } from '../ports/ip-address.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { type FileSelection, formatFileSelection, parseFileSelection } from './file-selection.ts'
import { type InfoHash, infoHashFromBytes } from './infohash.ts'
import { type MetainfoFault, Refusal } from './metainfo-fault.ts'
import { printable } from './printable.ts'

export interface Magnet {
  readonly kind: 'magnet'
  readonly infohash: InfoHash
  /** What to show until the metadata is here; safe to print, never a path. */
  readonly name: string | null
  /** Each a tier of its own, in the order of the link. */
  readonly trackers: readonly (readonly string[])[]
  readonly webSeeds: readonly string[]
  readonly peers: readonly PeerAddress[]
  /** Null: all files. */
  readonly selectedFiles: FileSelection | null
}

export const MAGNET_LENGTH_MAX = 65_536
export const MAGNET_PARAMETERS_MAX = 1000
const NAME_LENGTH_MAX = 255

/** The scheme alone decides: `parseMagnet` tells what is wrong with the rest. */
export function isMagnetLink(text: string): boolean {
  return /^magnet:/i.test(text)
}

export function parseMagnet(text: string): Magnet | MetainfoFault {
  try {
    return readMagnet(text)
  } catch (error) {
    if (error instanceof Refusal) return error.fault
    throw error
  }
}

/**
 * Parses to the same magnet again, if that came from `parseMagnet`; but escapes take room, and a link of many characters
 * that need one can come out longer than `MAGNET_LENGTH_MAX`.
 */
export function formatMagnet(magnet: Magnet): string {
  const { infohash, name, trackers, webSeeds, peers, selectedFiles } = magnet
  const parameters = [`xt=urn:btih:${infohash}`]
  if (name !== null) parameters.push(`dn=${escaped(name)}`)
  for (const url of trackers.flat()) parameters.push(`tr=${escaped(url)}`)
  for (const url of webSeeds) parameters.push(`ws=${escaped(url)}`)
  for (const peer of peers) parameters.push(`x.pe=${formatAddress(peer)}`)
  if (selectedFiles !== null) parameters.push(`so=${formatFileSelection(selectedFiles)}`)
  return `magnet:?${parameters.join('&')}`
}

function readMagnet(text: string): Magnet {
  if (text.length > MAGNET_LENGTH_MAX) {
    throw new Refusal('too-many', '', `a magnet link of at most ${MAGNET_LENGTH_MAX} characters`, `${text.length}`)
  }
  const [, query] = /^magnet:\?(.*)$/is.exec(text.toWellFormed()) ?? []
  if (query === undefined) throw new Refusal('wrong-type', '', 'a magnet link (magnet:?xt=urn:btih:…)', 'another text')
  const parameters = parametersOf(query)
  const names = parameters.all('dn').map(nameOf)
  const [selection] = parameters.all('so')
  return {
    kind: 'magnet',
    infohash: infohashOf(parameters.all('xt')),
    name: names.find((name) => name !== '') ?? null,
    trackers: distinct(parameters.all('tr')).map((url) => [url]),
    webSeeds: distinct(parameters.all('ws')),
    peers: peersOf(parameters.all('x.pe')),
    selectedFiles: selection === undefined ? null : selectionOf(selection),
  }
}

interface Parameters {
  /** The values of a parameter, in order; `tr.1` is another `tr`. */
  all(name: string): readonly string[]
}

function parametersOf(query: string): Parameters {
  const parts = query.split('&', MAGNET_PARAMETERS_MAX + 1)
  if (parts.length > MAGNET_PARAMETERS_MAX) {
    throw new Refusal('too-many', '', `a magnet link of at most ${MAGNET_PARAMETERS_MAX} parameters`, 'more')
  }
  const values = new Map<string, string[]>()
  for (const part of parts) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = unescaped(part.slice(0, equals))
      .toLowerCase()
      .replace(/\.\d+$/, '')
    // Only in a name a plus is a blank: URLs have it as it is.
    const value = part.slice(equals + 1)
    const list = values.get(name) ?? []
    list.push(unescaped(name === 'dn' ? value.replaceAll('+', ' ') : value))
    values.set(name, list)
  }
  return { all: (name) => values.get(name) ?? [] }
}

function infohashOf(topics: readonly string[]): InfoHash {
  const found = new Set<InfoHash>()
  for (const topic of topics) {
    const [, digits] = /^urn:btih:(.*)$/is.exec(topic) ?? []
    if (digits !== undefined) found.add(infohashOfDigits(digits))
  }
  const [infohash, second] = found
  if (second !== undefined) throw new Refusal('mismatch', 'xt', 'one infohash', `${infohash} and ${second}`)
  if (infohash !== undefined) return infohash
  if (topics.some((topic) => /^urn:btmh:/i.test(topic))) {
    const expected = 'urn:btih:, since a torrent that is v2 only is not downloaded'
    throw new Refusal('unsupported', 'xt', expected, 'urn:btmh: alone')
  }
  throw new Refusal('missing', 'xt', 'urn:btih: and an infohash', topics.length === 0 ? 'nothing' : 'another kind')
}

function infohashOfDigits(digits: string): InfoHash {
  if (/^[0-9a-f]{40}$/i.test(digits)) return digits.toLowerCase() as InfoHash
  if (/^[a-z2-7]{32}$/i.test(digits)) return infoHashFromBytes(base32Bytes(digits))
  const expected = 'an infohash of 40 hex or 32 base32 digits'
  throw new Refusal('out-of-range', 'xt', expected, `${digits.length} characters: ${digits.slice(0, 50)}`)
}

/** RFC 4648; 32 digits are 20 bytes without a rest. */
function base32Bytes(digits: string): Uint8Array {
  const bytes = new Uint8Array(20)
  let bits = 0
  let bitCount = 0
  let at = 0
  for (const digit of digits.toUpperCase()) {
    bits = ((bits << 5) | BASE32.indexOf(digit)) & 0xfff
    bitCount += 5
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[at++] = (bits >>> bitCount) & 0xff
  }
  return bytes
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function nameOf(text: string): string {
  return printable([...text].slice(0, NAME_LENGTH_MAX).join(''))
}

function peersOf(texts: readonly string[]): PeerAddress[] {
  const peers = new Map<string, PeerAddress>()
  for (const text of texts) {
    const peer = peerOf(text)
    if (peer !== null) peers.set(formatAddress(peer), peer)
  }
  return [...peers.values()]
}

/** `1.2.3.4:6881` or `[::1]:6881`, of an address that a peer can have. */
function peerOf(text: string): PeerAddress | null {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const address = parseIpAddress(match?.[1] ?? match?.[2] ?? '')
  const port = Number(match?.[3])
  if (address === null || !isUnicast(address) || port < 1 || port > 65_535) return null
  return { host: formatIpAddress(address), port }
}

function selectionOf(text: string): FileSelection {
  const selection = parseFileSelection(text, 'so')
  if (selection.kind === 'fault') throw Refusal.of(selection)
  return selection
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '')
}

/** Percent signs that escape nothing stay as they are; what is not UTF-8 becomes U+FFFD. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const pairs = escapes.slice(1).split('%')
    return textFromBytes(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)))
  })
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
