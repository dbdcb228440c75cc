import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FileSelection, isSelected, parseFileSelection } from '../metainfo/file-selection.ts'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { wantedPieces } from './wanted-pieces.ts'

/** Pieces of 10 bytes; a negative length is padding. */
function torrentOf(lengths: readonly number[]): TorrentFile {
  let offsetBytes = 0
  const files = lengths.map((length) => {
    const file = { path: ['f'], lengthBytes: Math.abs(length), offsetBytes, pad: length < 0 }
    offsetBytes += file.lengthBytes
    return file
  })
  return { files, geometry: new Geometry(offsetBytes, 10) } as unknown as TorrentFile
}

function wanted(torrent: TorrentFile, selection: FileSelection): number[] {
  const pieces = wantedPieces(torrent, selection)
  return Array.from({ length: pieces.pieceCount }, (_, piece) => piece).filter((piece) =>
    pieces.has(piece as PieceIndex),
  )
}

const select = (text: string) => parseFileSelection(text) as FileSelection

describe.each<[string, readonly number[], readonly (readonly [string, readonly number[]])[]]>([
  [
    'files that share pieces',
    [15, 15, 10],
    [
      ['0', [0, 1]],
      ['1', [1, 2]],
      ['2', [3]],
      ['0,2', [0, 1, 3]],
      ['0-2', [0, 1, 2, 3]],
    ],
  ],
  [
    'padded files',
    [15, -5, 20],
    [
      ['0', [0, 1]],
      ['1', []],
      ['2', [2, 3]],
    ],
  ],
  [
    'an empty file, and files that are not there',
    [10, 0, 5],
    [
      ['1', []],
      ['3', []],
      ['2-9999999', [1]],
    ],
  ],
])('%s', (_, lengths, cases) => {
  test.each(cases)('files %s are in pieces %j', (text, pieces) => {
    expect(wanted(torrentOf(lengths), select(text))).toEqual(pieces)
  })
})

test('a piece is wanted when it holds a byte of a selected file that is no padding', () => {
  const length = fc.integer({ min: -25, max: 25 })
  const ranges = fc.array(fc.nat(8), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(length, { maxLength: 8 }), ranges, (lengths, indices) => {
      const torrent = torrentOf(lengths)
      const selection = select(indices.join(','))
      const byByte = new Set<number>()
      for (const [index, { offsetBytes, lengthBytes, pad }] of torrent.files.entries()) {
        if (pad || !isSelected(selection, index)) continue
        for (let byte = 0; byte < lengthBytes; byte++) byByte.add(Math.floor((offsetBytes + byte) / 10))
      }
      expect(wanted(torrent, selection)).toEqual([...byByte].sort((a, b) => a - b))
    }),
  )
})
