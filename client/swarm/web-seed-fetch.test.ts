import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { joined } from '../ports/bytes.ts'
import { WebSeedFetch } from './web-seed-fetch.ts'

/** Files of these lengths, one behind the other; a negative one is padding. */
function filesOf(lengths: readonly number[]): TorrentContentFile[] {
  let offsetBytes = 0
  return lengths.map((length, index) => {
    const file = { path: ['t', `${index}`], lengthBytes: Math.abs(length), offsetBytes, pad: length < 0 }
    offsetBytes += file.lengthBytes
    return file
  })
}

/** No two neighbours the same; zeros where padding is. */
function contentOf(files: readonly TorrentContentFile[]): Uint8Array {
  return joined(
    files.map(({ lengthBytes, offsetBytes, pad }) =>
      pad
        ? new Uint8Array(lengthBytes)
        : Uint8Array.from({ length: lengthBytes }, (_, at) => 1 + ((offsetBytes + at) % 251)),
    ),
  )
}

function fetchOf(files: readonly TorrentContentFile[], geometry: Geometry, pieces: readonly number[]): WebSeedFetch {
  const blocks = pieces.flatMap((piece) =>
    Array.from({ length: geometry.blockCount(piece as PieceIndex) }, (_, index) =>
      geometry.block(piece as PieceIndex, index),
    ),
  )
  return new WebSeedFetch(files, geometry, blocks)
}

/** Asks until nothing is left; gives what was asked for, and checks every block against the content. */
function run(fetch: WebSeedFetch, files: readonly TorrentContentFile[], geometry: Geometry, bytesMax: number) {
  const content = contentOf(files)
  const parts: string[] = []
  let told = 0
  const take = (blocks: ReturnType<WebSeedFetch['push']>) => {
    for (const { range, bytes } of blocks) {
      const at = geometry.pieceOffsetBytes(range.piece) + range.offsetBytes
      expect(Buffer.compare(bytes, content.subarray(at, at + range.lengthBytes))).toBe(0)
      told++
    }
  }
  take(fetch.pushPadding())
  for (let part = fetch.nextPart(bytesMax); part !== null; part = fetch.nextPart(bytesMax)) {
    const { fileIndex, offsetBytes, lengthBytes } = part
    expect(lengthBytes).toBeGreaterThan(0)
    parts.push(`${fileIndex}: ${offsetBytes}+${lengthBytes}`)
    const at = files[fileIndex]!.offsetBytes + offsetBytes
    take(fetch.push(content.slice(at, at + lengthBytes)))
  }
  expect(fetch.missing).toEqual([])
  return { parts, told }
}

test('a piece of three files is asked for file by file, and its padding not at all', () => {
  const files = filesOf([10_000, 0, 20_000, -2_768, 40_000])
  const geometry = new Geometry(72_768, 65_536)
  const { parts, told } = run(fetchOf(files, geometry, [0]), files, geometry, 1e9)
  expect(parts).toEqual(['0: 0+10000', '2: 0+20000', '4: 0+32768'])
  expect(told).toBe(4)
})

test('pieces behind each other are one request where they lie in one file, cut to what may be asked for', () => {
  const files = filesOf([200_000])
  const geometry = new Geometry(200_000, 32_768)
  expect(run(fetchOf(files, geometry, [2, 3]), files, geometry, 1e9).parts).toEqual(['0: 65536+65536'])
  expect(run(fetchOf(files, geometry, [5, 6]), files, geometry, 20_000).parts).toEqual([
    '0: 163840+20000',
    '0: 183840+16160',
  ])
})

test('a piece that is padding alone needs no request', () => {
  const files = filesOf([65_536, -65_536, 1])
  const geometry = new Geometry(131_073, 32_768)
  expect(run(fetchOf(files, geometry, [2, 3]), files, geometry, 1e9)).toEqual({ parts: [], told: 4 })
})

test('a block that one answer holds whole is a view on it, one of two is a copy', () => {
  const files = filesOf([3 * BLOCK_BYTES])
  const geometry = new Geometry(3 * BLOCK_BYTES, 3 * BLOCK_BYTES)
  const fetch = fetchOf(files, geometry, [0])
  const first = new Uint8Array(BLOCK_BYTES + 100)
  const second = new Uint8Array(2 * BLOCK_BYTES - 100)
  expect(fetch.push(first).map(({ bytes }) => bytes.buffer)).toEqual([first.buffer])
  expect(fetch.missingCount).toBe(2)
  expect(fetch.push(second).map(({ bytes }) => bytes.buffer === second.buffer)).toEqual([false, true])
})

test('whatever the files, the pieces and the limit, every block comes once, with its bytes', () => {
  const anyLengths = fc.array(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: -40_000, max: -1 })),
    { minLength: 1, maxLength: 8 },
  )
  const anyCut = fc.record({
    pieceBytes: fc.constantFrom(100, 16_384, 20_000, 65_536),
    bytesMax: fc.constantFrom(16_384, 50_000, 1e9),
    from: fc.nat(1e6),
    count: fc.integer({ min: 1, max: 5 }),
  })
  fc.assert(
    fc.property(anyLengths, anyCut, (lengths, { pieceBytes, bytesMax, from, count }) => {
      const files = filesOf(lengths)
      const totalBytes = lengths.reduce((sum, length) => sum + Math.abs(length), 0)
      fc.pre(totalBytes > 0)
      const geometry = new Geometry(totalBytes, pieceBytes)
      const first = from % geometry.pieceCount
      const pieces = Array.from({ length: Math.min(count, geometry.pieceCount - first) }, (_, index) => first + index)
      const fetch = fetchOf(files, geometry, pieces)
      const { missingCount } = fetch
      expect(run(fetch, files, geometry, bytesMax).told).toBe(missingCount)
    }),
    { numRuns: 200 },
  )
})
