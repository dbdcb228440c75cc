/**
 * The resume state: what a download knew of its content when it was last written, so that after a restart not all has to
 * be hashed, and a magnet link (BEP 9) needs no peer to know its torrent. Our own format, version 1, big-endian:
 *
 *     0  16  "swarmlab resume\n"
 *    16   4  version
 *    20  20  SHA-1 of everything from byte 40 on, but of the info dictionary, whose SHA-1 is the infohash
 *    40  20  infohash (v1)
 *    60   8  uploaded bytes    68   8  downloaded bytes    (f64, as all below that can pass 4 GiB)
 *    76   4  pieces    80   4  files    84   4  bytes of the info dictionary, 0: not kept
 *    88      bitfield of complete pieces, as on the wire; then for each file its size and time (f64, f64)
 *            then the info dictionary
 *
 * A piece is *claimed* when its bit is set: it was verified, and written before the state was. Whether a claim still
 * holds is not decided here: ../swarm/disk-check.ts compares sizes and times, and hashes.
 */
import type { Geometry } from '../metainfo/geometry.ts'
import { type InfoHash, infoHashBytes, infoHashFromBytes, toHex } from '../metainfo/infohash.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Sha1 } from '../ports/sha1.ts'
import type { FileStat } from '../ports/storage.ts'
import { Bitfield } from '../wire/bitfield.ts'

export interface ResumeState {
  readonly infohash: InfoHash
  /** Claimed pieces. */
  readonly complete: Bitfield
  /** One for each file of the torrent, as it was before the claims were collected. */
  readonly files: readonly FileStat[]
  /** Payload, over all sessions. */
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  /** The bytes of the info dictionary, where no .torrent has them. */
  readonly infoBytes: Uint8Array | null
}

export interface ResumeFault {
  readonly code: ResumeFaultCode
  readonly expected: string
  readonly received: string
}

export type ResumeFaultCode =
  | 'not-ours'
  | 'other-version'
  | 'cut'
  | 'trailing-bytes'
  | 'checksum'
  | 'other-torrent'
  | 'impossible'

export type ParsedResumeState =
  | { readonly kind: 'state'; readonly state: ResumeState }
  | { readonly kind: 'fault'; readonly fault: ResumeFault }

/** What the state must be of. Null content: a magnet link, of which only the infohash is known. */
export interface ExpectedState {
  readonly infohash: InfoHash
  readonly content: { readonly geometry: Geometry; readonly files: readonly TorrentContentFile[] } | null
}

const MAGIC = new TextEncoder().encode('swarmlab resume\n')
const VERSION = 1
const AT = { version: 16, checksum: 20, infohash: 40, uploaded: 60, downloaded: 68, pieces: 76, files: 80, info: 84 }
const HEAD_BYTES = 88
const FILE_BYTES = 16

/** A fresh array. `sha1` costs what the state is long, without the info dictionary. */
export function encodeResumeState(state: ResumeState, sha1: Sha1): Uint8Array<ArrayBuffer> {
  const { complete, files, infoBytes } = state
  const bitfield = complete.toWire()
  const filesAt = HEAD_BYTES + bitfield.length
  const infoAt = filesAt + files.length * FILE_BYTES
  const bytes = new Uint8Array(infoAt + (infoBytes?.length ?? 0))
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(AT.version, VERSION)
  bytes.set(infoHashBytes(state.infohash), AT.infohash)
  view.setFloat64(AT.uploaded, state.uploadedBytes)
  view.setFloat64(AT.downloaded, state.downloadedBytes)
  view.setUint32(AT.pieces, complete.pieceCount)
  view.setUint32(AT.files, files.length)
  view.setUint32(AT.info, infoBytes?.length ?? 0)
  bytes.set(bitfield, HEAD_BYTES)
  for (const [index, { lengthBytes, modifiedMs }] of files.entries()) {
    view.setFloat64(filesAt + index * FILE_BYTES, lengthBytes)
    view.setFloat64(filesAt + index * FILE_BYTES + 8, modifiedMs)
  }
  if (infoBytes !== null) bytes.set(infoBytes, infoAt)
  bytes.set(sha1(bytes.subarray(AT.infohash, infoAt)), AT.checksum)
  return bytes
}

/** Total: any bytes give a state that can be of this torrent, or what is wrong with it. */
export function parseResumeState(bytes: Uint8Array, expected: ExpectedState, sha1: Sha1): ParsedResumeState {
  const fault = frameFault(bytes) ?? checksumFault(bytes, sha1) ?? torrentFault(bytes, expected)
  if (fault !== null) return { kind: 'fault', fault }
  const { filesAt, infoAt } = layoutOf(bytes)
  const view = viewOf(bytes)
  const pieceCount = view.getUint32(AT.pieces)
  const complete = Bitfield.fromWire(bytes.subarray(HEAD_BYTES, filesAt), pieceCount)
  if (!(complete instanceof Bitfield)) return impossible('zeros after the last piece', 'ones')
  const state: ResumeState = {
    infohash: expected.infohash,
    complete,
    files: Array.from({ length: view.getUint32(AT.files) }, (_, index) => ({
      lengthBytes: view.getFloat64(filesAt + index * FILE_BYTES),
      modifiedMs: view.getFloat64(filesAt + index * FILE_BYTES + 8),
    })),
    uploadedBytes: view.getFloat64(AT.uploaded),
    downloadedBytes: view.getFloat64(AT.downloaded),
    infoBytes: infoAt === bytes.length ? null : bytes.slice(infoAt),
  }
  return impossibleNumber(state, expected) ?? { kind: 'state', state }
}

/** In one line. */
export function describeResumeFault({ code, expected, received }: ResumeFault): string {
  return `the resume state is not used (${code}): expected ${expected}, found ${received}`
}

function frameFault(bytes: Uint8Array): ResumeFault | null {
  const head = bytes.subarray(0, MAGIC.length)
  if (!head.every((byte, index) => byte === MAGIC[index])) {
    return { code: 'not-ours', expected: 'a resume state of swarmlab', received: 'something else' }
  }
  if (bytes.length < HEAD_BYTES) {
    return { code: 'cut', expected: `at least ${HEAD_BYTES} bytes`, received: `${bytes.length}` }
  }
  const version = viewOf(bytes).getUint32(AT.version)
  if (version !== VERSION) {
    return { code: 'other-version', expected: `version ${VERSION}`, received: `version ${version}` }
  }
  const { endAt } = layoutOf(bytes)
  if (bytes.length === endAt) return null
  const code = bytes.length < endAt ? 'cut' : 'trailing-bytes'
  return { code, expected: `${endAt} bytes`, received: `${bytes.length}` }
}

function checksumFault(bytes: Uint8Array, sha1: Sha1): ResumeFault | null {
  const { infoAt } = layoutOf(bytes)
  const expected = toHex(bytes.subarray(AT.checksum, AT.infohash))
  const received = toHex(sha1(bytes.subarray(AT.infohash, infoAt)))
  if (received !== expected) return { code: 'checksum', expected, received }
  if (infoAt === bytes.length) return null
  const infohash = infohashIn(bytes)
  const infoSha1 = toHex(sha1(bytes.subarray(infoAt)))
  return infoSha1 === infohash ? null : { code: 'checksum', expected: infohash, received: infoSha1 }
}

function torrentFault(bytes: Uint8Array, { infohash, content }: ExpectedState): ResumeFault | null {
  const received = infohashIn(bytes)
  if (received !== infohash) return { code: 'other-torrent', expected: infohash, received }
  if (content === null) return null
  const view = viewOf(bytes)
  const counted = (pieces: number, files: number) => `${pieces} pieces in ${files} files`
  const expected = counted(content.geometry.pieceCount, content.files.length)
  const found = counted(view.getUint32(AT.pieces), view.getUint32(AT.files))
  return found === expected ? null : { code: 'impossible', expected, received: found }
}

function impossibleNumber(state: ResumeState, { content }: ExpectedState): ParsedResumeState | null {
  const { uploadedBytes, downloadedBytes, files } = state
  for (const totalBytes of [uploadedBytes, downloadedBytes]) {
    if (!isCount(totalBytes)) return impossible('a number of bytes', `${totalBytes}`)
  }
  for (const [index, { lengthBytes, modifiedMs }] of files.entries()) {
    const longestBytes = content?.files[index]?.lengthBytes ?? Number.MAX_SAFE_INTEGER
    if (!isCount(lengthBytes) || lengthBytes > longestBytes) {
      return impossible(`file ${index} of at most ${longestBytes} bytes`, `${lengthBytes}`)
    }
    if (!Number.isFinite(modifiedMs)) return impossible(`a time of file ${index}`, `${modifiedMs}`)
  }
  return null
}

function impossible(expected: string, received: string): ParsedResumeState {
  return { kind: 'fault', fault: { code: 'impossible', expected, received } }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Only of bytes that have a whole head. */
function layoutOf(bytes: Uint8Array): { readonly filesAt: number; readonly infoAt: number; readonly endAt: number } {
  const view = viewOf(bytes)
  const filesAt = HEAD_BYTES + Math.ceil(view.getUint32(AT.pieces) / 8)
  const infoAt = filesAt + view.getUint32(AT.files) * FILE_BYTES
  return { filesAt, infoAt, endAt: infoAt + view.getUint32(AT.info) }
}

function infohashIn(bytes: Uint8Array): InfoHash {
  return infoHashFromBytes(bytes.subarray(AT.infohash, AT.uploaded))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
