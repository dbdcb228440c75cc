import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { Sha1 } from '../ports/sha1.ts'
import { Bitfield } from '../wire/bitfield.ts'
import {
  describeResumeFault,
  type ExpectedState,
  encodeResumeState,
  parseResumeState,
  type ResumeState,
} from './resume-state.ts'

const sha1: Sha1 = (bytes) => createHash('sha1').update(bytes).digest()
const INFO = new TextEncoder().encode('d4:name1:ae')
const INFOHASH = createHash('sha1').update(INFO).digest('hex') as InfoHash

function bitsOf(...bits: number[]): Bitfield {
  const bitfield = new Bitfield(bits.length)
  for (const [piece, bit] of bits.entries()) if (bit === 1) bitfield.set(piece as PieceIndex)
  return bitfield
}

/** 10 pieces of 4 bytes, the last of 2; files of 30, 0 and 8 bytes. */
const STATE: ResumeState = {
  infohash: INFOHASH,
  complete: bitsOf(1, 0, 0, 1, 1, 0, 0, 0, 0, 1),
  files: [
    { lengthBytes: 30, modifiedMs: 1_795_450_667_009.0627 },
    { lengthBytes: 0, modifiedMs: 0 },
    { lengthBytes: 7, modifiedMs: -1.5 },
  ],
  uploadedBytes: 2 ** 40 + 1,
  downloadedBytes: 38,
  infoBytes: INFO,
}
const EXPECTED: ExpectedState = {
  infohash: INFOHASH,
  content: {
    geometry: new Geometry(38, 4),
    files: [30, 0, 8].map((lengthBytes) => ({ path: ['a'], lengthBytes, offsetBytes: 0, pad: false })),
  },
}

function codeOf(bytes: Uint8Array, expected = EXPECTED): string {
  const parsed = parseResumeState(bytes, expected, sha1)
  return parsed.kind === 'state' ? 'state' : parsed.fault.code
}

const encoded = (change: Partial<ResumeState> = {}) => encodeResumeState({ ...STATE, ...change }, sha1)

describe('a state that is read back is the one that was written', () => {
  test.each([
    ['with an info dictionary', {}],
    ['without', { infoBytes: null }],
    ['with times to the last bit', { files: STATE.files.map((file) => ({ ...file, modifiedMs: 0.1 + 0.2 })) }],
  ])('%s', (_, change) => {
    const state = { ...STATE, ...change }
    expect(parseResumeState(encodeResumeState(state, sha1), EXPECTED, sha1)).toEqual({ kind: 'state', state })
  })

  test('for a magnet, of which only the infohash is known', () => {
    const parsed = parseResumeState(encoded(), { infohash: INFOHASH, content: null }, sha1)
    expect(parsed).toEqual({ kind: 'state', state: STATE })
  })

  test('of no pieces and no files', () => {
    const state = { ...STATE, complete: new Bitfield(0), files: [] }
    const expected = { infohash: INFOHASH, content: { geometry: new Geometry(0, 4), files: [] } }
    expect(parseResumeState(encodeResumeState(state, sha1), expected, sha1)).toEqual({ kind: 'state', state })
  })

  test('wherever in memory it lies', () => {
    const bytes = encoded()
    const elsewhere = new Uint8Array(bytes.length + 3)
    elsewhere.set(bytes, 3)
    expect(codeOf(elsewhere.subarray(3))).toBe('state')
  })
})

describe('what is wrong is said precisely', () => {
  const text = (words: string) => new TextEncoder().encode(words)
  const patched = (at: number, ...values: number[]) => {
    const bytes = encoded()
    bytes.set(values, at)
    return bytes
  }
  /** With a checksum that is right, as a program would write it. */
  const forged = (change: (view: DataView) => void) => {
    const bytes = encoded()
    change(new DataView(bytes.buffer))
    bytes.set(sha1(bytes.subarray(40, bytes.length - INFO.length)), 20)
    return bytes
  }

  test.each<[string, Uint8Array, string]>([
    ['some other file', text('d8:announce3:xyze'), 'not-ours'],
    ['one that begins almost like ours', text(`swarmlab resumE\n${'x'.repeat(100)}`), 'not-ours'],
    ['version 2', patched(16, 0, 0, 0, 2), 'other-version'],
    ['version 0', patched(16, 0, 0, 0, 0), 'other-version'],
    ['an empty file', new Uint8Array(0), 'cut'],
    ['half a head', encoded().subarray(0, 87), 'cut'],
    ['a head alone', encoded().subarray(0, 88), 'cut'],
    ['all but a byte', encoded().subarray(0, -1), 'cut'],
    ['a byte more', Uint8Array.from([...encoded(), 0]), 'trailing-bytes'],
    ['4 billion pieces', patched(76, 0xff, 0xff, 0xff, 0xff), 'cut'],
    ['4 billion files', patched(80, 0xff, 0xff, 0xff, 0xff), 'cut'],
    ['4 GiB of info dictionary', patched(84, 0xff, 0xff, 0xff, 0xff), 'cut'],
    ['another bitfield', patched(88, 0x91), 'checksum'],
    ['another checksum', patched(20, 1, 2, 3), 'checksum'],
    ['another infohash, by damage', patched(40, 1, 2, 3), 'checksum'],
    ['another info dictionary', encoded({ infoBytes: text('d4:name1:be') }), 'checksum'],
    ['another torrent', encoded({ infohash: 'cd'.repeat(20) as InfoHash, infoBytes: null }), 'other-torrent'],
    ['a piece too few', encoded({ complete: bitsOf(1, 0, 0, 1, 1, 0, 0, 0, 0) }), 'impossible'],
    ['a piece too many', encoded({ complete: bitsOf(1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0) }), 'impossible'],
    ['a file too few', encoded({ files: STATE.files.slice(1) }), 'impossible'],
    ['a bit after the last piece', forged((view) => view.setUint8(89, 0x60)), 'impossible'],
    ['a file longer than it can be', forged((view) => view.setFloat64(90, 31)), 'impossible'],
    ['a file of half a byte', forged((view) => view.setFloat64(90, 0.5)), 'impossible'],
    ['a file of -1 bytes', forged((view) => view.setFloat64(90, -1)), 'impossible'],
    ['no time', forged((view) => view.setFloat64(98, Number.NaN)), 'impossible'],
    ['an endless time', forged((view) => view.setFloat64(98, Number.POSITIVE_INFINITY)), 'impossible'],
    ['-1 bytes uploaded', forged((view) => view.setFloat64(60, -1)), 'impossible'],
    ['2^53 bytes downloaded', forged((view) => view.setFloat64(68, 2 ** 53)), 'impossible'],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code)
  })

  test('in words: what was expected, what was found', () => {
    const parsed = parseResumeState(patched(16, 0, 0, 0, 2), EXPECTED, sha1)
    expect(parsed.kind === 'fault' && describeResumeFault(parsed.fault)).toBe(
      'the resume state is not used (other-version): expected version 1, found version 2',
    )
  })
})

test('any bytes, and any damage to a state, give a fault and never throw; every damaged byte is noticed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(codeOf(bytes)).not.toBe('state')
    }),
  )
  const whole = encoded()
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = whole.slice()
      bytes[at]! ^= flip
      expect(codeOf(bytes)).not.toBe('state')
    }),
    { numRuns: 1_000 },
  )
  for (let length = 0; length < whole.length; length++) expect(codeOf(whole.subarray(0, length))).toBe('cut')
})
