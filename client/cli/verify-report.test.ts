import { describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { isComplete, makeReport, problemLine, reportLines } from './verify-report.ts'

/** Files back to back in pieces of 10 bytes; negative lengths are padding; `found` says how long they are. */
function report(lengths: readonly number[], { found = lengths, bad = [] as readonly number[] } = {}) {
  let offsetBytes = 0
  const files = lengths.map((length, index) => {
    const file = { path: ['t', `f${index}`], lengthBytes: Math.abs(length), offsetBytes, pad: length < 0 }
    offsetBytes += file.lengthBytes
    return file
  })
  const geometry = new Geometry(offsetBytes, 10)
  const complete = new Bitfield(geometry.pieceCount)
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    if (!bad.includes(piece)) complete.set(piece as PieceIndex)
  }
  const torrent = { name: 't', files, geometry } as unknown as TorrentFile
  const stats = found.map((lengthBytes) => ({ lengthBytes: Math.max(0, lengthBytes), modifiedMs: 0 }))
  return makeReport(torrent, { complete, found: stats, fault: null })
}

const states = (made: ReturnType<typeof report>) => made.files.map(({ state }) => state).join(' ')

describe('a file is', () => {
  test.each([
    ['complete when all its pieces are right', report([25, 5]), 'complete complete', true],
    ['wrong when it has a bad piece', report([30, 10], { bad: [1] }), 'wrong complete', false],
    ['wrong when it shares one with a file that looks whole', report([15, 15], { bad: [1] }), 'wrong wrong', false],
    ['missing', report([20, 10], { found: [20, 0], bad: [2] }), 'complete missing', false],
    ['short', report([20, 30], { found: [20, 11], bad: [3, 4] }), 'complete short', false],
    [
      'unsure where a file beside it is short',
      report([15, 15], { found: [15, 0], bad: [1, 2] }),
      'unsure missing',
      false,
    ],
    ['wrong where that is not all', report([25, 15], { found: [25, 0], bad: [0, 2, 3] }), 'wrong missing', false],
    ['long, though all its pieces are right', report([20], { found: [21] }), 'long', false],
    ['complete when it is empty', report([0, 10, 0]), 'complete complete complete', true],
    ['not listed when it is padding', report([5, -5, 10]), 'complete complete', true],
    ['wrong beside padding', report([5, -5, 10], { bad: [0] }), 'wrong complete', false],
  ])('%s', (_, made, expected, complete) => {
    expect([states(made), isComplete(made)]).toEqual([expected, complete])
  })

  test('told with how many of its pieces are bad', () => {
    const { files, badPieces, pieceCount } = report([15, 15], { found: [15, 4], bad: [1, 2] })
    expect([badPieces, pieceCount]).toEqual([2, 3])
    expect(files).toEqual([
      { path: 't/f0', lengthBytes: 15, foundBytes: 15, pieces: 2, badPieces: 1, state: 'unsure' },
      { path: 't/f1', lengthBytes: 15, foundBytes: 4, pieces: 2, badPieces: 2, state: 'short' },
    ])
  })
})

describe('for people', () => {
  test('each file that is not complete has a line, the others share one', () => {
    const made = report([15, 15, 30, 10, 10, 10], { found: [15, 0, 30, 4, 12, 10], bad: [1, 2, 4, 6] })
    expect(reportLines(made)).toEqual([
      '  t/f0: 1 of 2 pieces cannot be verified without the files beside it',
      '  t/f1: missing',
      '  t/f2: 1 of 3 pieces are wrong',
      '  t/f3: 1 of 1 pieces are missing or wrong; it has 4 B of 10 B',
      "  t/f4: it has 12 bytes, the torrent's has 10",
      '  1 file is complete',
    ])
    expect(problemLine(made, '/d')).toBe('t: 4 of 9 pieces are missing or wrong: t/f1, t/f2, t/f3, t/f4')
  })

  test('of many files five are named', () => {
    const made = report(Array<number>(8).fill(10), { bad: [0, 1, 2, 3, 4, 5, 6] })
    expect(problemLine(made, '/d')).toBe(
      't: 7 of 8 pieces are missing or wrong: t/f0, t/f1, t/f2, t/f3, t/f4 and 2 more',
    )
  })

  test('what is wrong only in length, where nothing is, and what the system said', () => {
    expect(problemLine(report([10], { found: [11] }), '/d')).toBe('t: longer than in the torrent: t/f0')
    expect(problemLine(report([10], { found: [0], bad: [0] }), '/d')).toBe('t: nothing of it is in /d')
    const unreadable = {
      ...report([10], { bad: [0] }),
      fault: { code: 'broken', detail: '/d/t/f0: i/o error' } as const,
    }
    expect(problemLine(unreadable, '/d')).toBe('t: 1 of 1 pieces are missing or wrong: t/f0 (/d/t/f0: i/o error)')
  })
})
