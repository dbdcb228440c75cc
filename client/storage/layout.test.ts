import { describe, expect, test } from 'vitest'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { contentExtents, contentRuns } from './layout.ts'

/** Files back to back: `200` is a real file of 200 bytes, `'16184'` a padding file. */
function filesOf(...lengths: (number | string)[]): TorrentContentFile[] {
  let offsetBytes = 0
  return lengths.map((length, index) => {
    const file = { path: ['t', `${index}`], lengthBytes: Number(length), offsetBytes, pad: typeof length === 'string' }
    offsetBytes += file.lengthBytes
    return file
  })
}

/** `file@offset+length` of each extent. */
function extents(files: TorrentContentFile[], offsetBytes: number, lengthBytes: number): string {
  return contentExtents(files, offsetBytes, lengthBytes)
    .map((extent) => `${extent.fileIndex}@${extent.offsetBytes}+${extent.lengthBytes}`)
    .join(' ')
}

describe('contentExtents', () => {
  test.each([
    ['all of one file', filesOf(10), 0, 10, '0@0+10'],
    ['inside one file', filesOf(10), 3, 4, '0@3+4'],
    ['nothing', filesOf(10), 3, 0, ''],
    ['nothing, at the end', filesOf(10), 10, 0, ''],
    ['nothing of nothing', filesOf(), 0, 0, ''],
    ['across two files', filesOf(10, 10), 8, 4, '0@8+2 1@0+2'],
    ['up to the end of a file', filesOf(10, 10), 5, 5, '0@5+5'],
    ['from the start of a file', filesOf(10, 10), 10, 5, '1@0+5'],
    ['empty files first, between and last', filesOf(0, 0, 5, 0, 5, 0), 0, 10, '2@0+5 4@0+5'],
    ['from where an empty file is', filesOf(5, 0, 5), 5, 5, '2@0+5'],
    ['many tiny files', filesOf(1, 1, 1, 1, 1), 1, 3, '1@0+1 2@0+1 3@0+1'],
    ['padding in the middle', filesOf(3, '5', 4), 0, 12, '0@0+3 2@0+4'],
    ['padding only', filesOf(3, '5', 4), 4, 2, ''],
    ['beyond 4 GiB', filesOf(2 ** 33, 2 ** 33), 2 ** 33 - 1, 2, `0@${2 ** 33 - 1}+1 1@0+1`],
  ])('%s', (_what, files, offsetBytes, lengthBytes, expected) => {
    expect(extents(files, offsetBytes, lengthBytes)).toBe(expected)
  })

  test('beyond the last file is an error, one byte is enough', () => {
    expect(() => contentExtents(filesOf(10), 0, 11)).toThrow(RangeError)
    expect(() => contentExtents(filesOf(), 0, 1)).toThrow(RangeError)
  })
})

test('runs keep the padding and cover the stretch without gaps', () => {
  expect(contentRuns(filesOf(3, '5', 0, 4), 1, 10)).toEqual([
    { fileIndex: 0, pad: false, contentOffsetBytes: 1, lengthBytes: 2 },
    { fileIndex: 1, pad: true, contentOffsetBytes: 3, lengthBytes: 5 },
    { fileIndex: 3, pad: false, contentOffsetBytes: 8, lengthBytes: 3 },
  ])
})

test('one piece of a torrent of 100,000 files is found by few looks, not by walking there', () => {
  let looks = 0
  const files = filesOf(...Array.from({ length: 100_000 }, () => 10)).map((file) => ({
    ...file,
    get lengthBytes() {
      looks++
      return 10
    },
  }))
  expect(extents(files, 999_985, 15)).toBe('99998@5+5 99999@0+10')
  expect(looks).toBeLessThan(30) // log2(100,000) is 17, and two files
})
