import { expect, test } from 'vitest'
import type { DownloadStatus, PeerStatus } from '../swarm/status.ts'
import { duration, progressLine, rate, renderProgress, size } from './progress.ts'
import { displayWidth } from './text-width.ts'

const MIB = 2 ** 20

const STATUS: DownloadStatus = {
  phase: 'downloading',
  pieceCount: 96,
  piecesComplete: 52,
  totalBytes: 24 * MIB,
  completeBytes: 13 * MIB,
  downRateBytesPerSecond: 2.1 * MIB,
  upRateBytesPerSecond: 0,
  connectedPeers: 2,
  knownPeers: 5,
  peers: [],
}

function peer(index: number, state: PeerStatus['state'] = 'downloading'): PeerStatus {
  const rate = state === 'downloading' ? index * 100_000 : 0
  return {
    name: `127.0.0.${index}:6881`,
    state,
    downRateBytesPerSecond: rate,
    downloadedBytes: 1,
    outstanding: 1,
  }
}

const render = (status: Partial<DownloadStatus>, columns: number, rows: number, name = 'multi') =>
  `\n${renderProgress({ name, status: { ...STATUS, ...status } }, { columns, rows })}\n`

test('80 columns: title, bar, rates, and a line for each peer', () => {
  const peers = [peer(1), peer(2, 'choked'), peer(30, 'connecting')]
  expect(render({ peers }, 80, 24)).toBe(`
multi  24.0 MiB
██████████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░  54.1 %  pieces 52/96
down 2.1 MiB/s  up 0 B/s  ETA 6s  peers 2/5
  127.0.0.1:6881   downloading    97.6 KiB/s
  127.0.0.2:6881   choked
  127.0.0.30:6881  connecting
`)
})

test('60 columns and a long name: the bar is shorter, the name is cut', () => {
  expect(render({ peers: [peer(1)] }, 60, 24, 'a name that is far too long for any terminal of 60 columns')).toBe(`
a name that is far too long for any terminal of …  24.0 MiB
████████████████████░░░░░░░░░░░░░░░░░  54.1 %  pieces 52/96
down 2.1 MiB/s  up 0 B/s  ETA 6s  peers 2/5
  127.0.0.1:6881  downloading    97.6 KiB/s
`)
})

test('20 columns: no bar, everything cut', () => {
  expect(render({ peers: [peer(1)] }, 20, 24)).toBe(`
multi  24.0 MiB
54.1 %  pieces 52/…
down 2.1 MiB/s  up…
    downloading   …
`)
})

test('7 rows: the three fastest of six would not leave room for the cursor, so two and how many more', () => {
  const peers = [peer(1), peer(6), peer(2), peer(5), peer(3), peer(4)]
  expect(render({ peers }, 70, 7).split('\n').slice(4, -1)).toEqual([
    '  127.0.0.6:6881  downloading   585.9 KiB/s',
    '  127.0.0.5:6881  downloading   488.2 KiB/s',
    '  and 4 more',
  ])
})

test('whatever the size, at most rows - 1 lines, each shorter than the terminal is wide', () => {
  const peers = Array.from({ length: 50 }, (_, index) => peer(index))
  for (const columns of [1, 2, 10, 20, 40, 60, 79, 100, 400]) {
    for (const rows of [1, 2, 3, 4, 5, 6, 24, 60]) {
      const lines = renderProgress({ name: '文件 ünïcode', status: { ...STATUS, peers } }, { columns, rows }).split(
        '\n',
      )
      expect(lines.length, `${columns} × ${rows}`).toBeLessThanOrEqual(Math.max(1, rows - 1))
      for (const line of lines) expect(displayWidth(line), line).toBeLessThan(Math.max(columns, 2))
    }
  }
})

test.each([
  ['99.9 % while a byte is missing', { completeBytes: 24 * MIB - 1 }, ' 99.9 %'],
  ['100 % when all is there', { completeBytes: 24 * MIB }, '100.0 %'],
  ['0 % of nothing', { totalBytes: 0, completeBytes: 0 }, '  0.0 %'],
  [
    '100 % of nothing, when that is complete',
    { totalBytes: 0, completeBytes: 0, phase: 'complete' as const },
    '100.0 %',
  ],
  ['no ETA when it stands still', { downRateBytesPerSecond: 0 }, 'ETA -'],
  ['an ETA of two units', { downRateBytesPerSecond: 3000 }, 'ETA 1h 4m'],
  ['the check of what is there', { phase: 'preparing' as const }, 'checking what is here already'],
])('shows %s', (_, status, expected) => {
  expect(render(status, 80, 24)).toContain(expected)
})

test('as one line, for a file', () => {
  expect(progressLine({ name: 'multi', status: STATUS })).toBe(
    '54.1 %  13.0 MiB of 24.0 MiB  pieces 52/96  down 2.1 MiB/s  up 0 B/s  ETA 6s  peers 2/5',
  )
})

test.each([
  [size(0), '0 B'],
  [size(1023), '1023 B'],
  [size(1024), '1.0 KiB'],
  [rate(1.5 * MIB), '1.5 MiB/s'],
  [rate(0.4), '0 B/s'],
  [duration(0.2), '1s'],
  [duration(59.1), '1m'],
  [duration(90_061), '1d 1h'],
])('%s', (text, expected) => {
  expect(text).toBe(expected)
})
