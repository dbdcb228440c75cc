/**
 * The extension handshake: which extension messages a peer takes, under which ids, and what it tells of itself. BEP 10,
 * with `metadata_size` of BEP 9 and `upload_only` of BEP 21. It may come again; what it then says counts from there on.
 *
 * Total: any payload gives a handshake or a fault. A key of an unexpected type or value counts as absent; unknown keys
 * are ignored. Limits: 64 KiB, 20 levels and 1000 tokens, checked before anything is kept.
 */
import { encode } from '../bencode/encode.ts'
import { BencodeDictionary, type BencodeValue, textFromBytes } from '../bencode/value.ts'
import { printable } from '../metainfo/printable.ts'
import { formatIpAddress, parseIpAddress } from '../ports/ip-address.ts'
import { bytesOrNull, integerIn, parseExtensionPayload } from './extension-payload.ts'
import { type WireFault, wireFault } from './fault.ts'
import { METADATA_BYTES_MAX } from './ut-metadata.ts'

export interface ExtensionHandshake {
  /** By name, the id under which they take an extension's messages, 1 to 255; 0 switches it off again. */
  readonly ids: ReadonlyMap<string, number>
  /** Where they listen: the port of a connection that they opened is another one. */
  readonly listenPort: number | null
  readonly metadataBytes: number | null
  /** How many requests they queue. */
  readonly requestQueueMax: number | null
  /** Their client and its version: one line, safe to print. */
  readonly clientName: string | null
  readonly uploadOnly: boolean
  /** Our address as they see it: an IP literal. */
  readonly yourIp: string | null
}

/** The id of the handshake itself. */
export const EXTENSION_HANDSHAKE_ID = 0
/** Under which ids we take messages. */
export const EXTENSION_IDS = { ut_pex: 1, ut_metadata: 2, lt_donthave: 3, upload_only: 4 } as const
export type ExtensionName = keyof typeof EXTENSION_IDS

export const EXTENSION_HANDSHAKE_BYTES_MAX = 65_536
const CLIENT_NAME_LENGTH_MAX = 64
const PORT_MAX = 0xffff
const ID_MAX = 0xff

/** The payload. RangeError when `yourIp` is no IP literal. */
export function encodeExtensionHandshake(handshake: ExtensionHandshake): Uint8Array {
  return encode({
    m: handshake.ids,
    metadata_size: handshake.metadataBytes ?? undefined,
    p: handshake.listenPort ?? undefined,
    reqq: handshake.requestQueueMax ?? undefined,
    upload_only: handshake.uploadOnly ? 1 : undefined,
    v: handshake.clientName ?? undefined,
    yourip: handshake.yourIp === null ? undefined : addressBytes(handshake.yourIp),
  })
}

export function parseExtensionHandshake(payload: Uint8Array): ExtensionHandshake | WireFault {
  const parsed = parseExtensionPayload(payload, EXTENSION_HANDSHAKE_BYTES_MAX)
  if ('code' in parsed) return parsed
  const { dictionary } = parsed
  const metadataBytes = integerIn(dictionary.get('metadata_size'), 1, Number.MAX_SAFE_INTEGER)
  if ((metadataBytes ?? 0) > METADATA_BYTES_MAX || isHuge(dictionary.get('metadata_size'))) {
    return wireFault('metadata.size', `at most ${METADATA_BYTES_MAX}`, `${dictionary.get('metadata_size')}`)
  }
  return {
    ids: idsOf(dictionary.get('m')),
    listenPort: integerIn(dictionary.get('p'), 1, PORT_MAX),
    metadataBytes,
    requestQueueMax: integerIn(dictionary.get('reqq'), 1, Number.MAX_SAFE_INTEGER),
    clientName: clientName(bytesOrNull(dictionary.get('v'))),
    uploadOnly: integerIn(dictionary.get('upload_only'), 1, Number.MAX_SAFE_INTEGER) !== null,
    yourIp: addressOf(bytesOrNull(dictionary.get('yourip'))),
  }
}

function isHuge(value: BencodeValue | undefined): boolean {
  return typeof value === 'bigint' && value > 0n
}

function idsOf(value: BencodeValue | undefined): ReadonlyMap<string, number> {
  const ids = new Map<string, number>()
  if (!(value instanceof BencodeDictionary)) return ids
  for (const [name, item] of value) {
    const id = integerIn(item, 0, ID_MAX)
    if (id !== null) ids.set(name, id)
  }
  return ids
}

function clientName(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.length === 0) return null
  const text = textFromBytes(bytes.subarray(0, CLIENT_NAME_LENGTH_MAX * UTF8_BYTES_MAX))
  return printable([...text].slice(0, CLIENT_NAME_LENGTH_MAX).join(''))
}

function addressOf(bytes: Uint8Array | null): string | null {
  return bytes !== null && (bytes.length === 4 || bytes.length === 16) ? formatIpAddress(bytes) : null
}

function addressBytes(host: string): Uint8Array {
  const address = parseIpAddress(host)
  if (address === null) throw new RangeError(`not an IP literal: ${host}`)
  return address
}

/** Of one character. */
const UTF8_BYTES_MAX = 4
