import { expect, test } from 'vitest'
import type { ClientEvent } from '../ports/events.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { duration, progressLine, rate, shareRatio, size } from './progress.ts'
import { MIB, STATUS, watchOf } from './status.testing.ts'

function line(changed: Partial<DownloadStatus>, ...events: ClientEvent[]): string {
  const watch = watchOf()
  for (const event of events) watch.emit(0, event)
  return progressLine({ ...STATUS, ...changed }, watch)
}

test('as one line, for a file', () => {
  expect(line({})).toBe(
    'downloading  54.1 %  ETA 6s  13.0 MiB of 24.0 MiB  pieces 52/96  down 2.1 MiB/s  up 0 B/s  peers 2/5',
  )
})

test.each<[string, string, Partial<DownloadStatus>, ClientEvent[]]>([
  ['the wait for the metadata', 'getting the metadata  2 peers', { phase: 'metadata' }, []],
  ['one peer as one', 'getting the metadata  1 peer', { phase: 'metadata', connectedPeers: 1 }, []],
  ['a check that has not begun', 'checking', { phase: 'preparing' }, []],
  [
    'how far a check is',
    'checking  37.5 %  pieces 36/96',
    { phase: 'preparing' },
    [{ type: 'verifying', pieces: 36, ofPieces: 96 }],
  ],
  ['a pause, without an ETA', 'paused  54.1 %  13.0 MiB', { isPaused: true }, []],
  ['that nobody is there', 'looking for peers  54.1 %', { connectedPeers: 0, downRateBytesPerSecond: 0 }, []],
  ['a web seed alone as a download', 'downloading  54.1 %', { connectedPeers: 0 }, []],
  ['the endgame', 'endgame  54.1 %', {}, [{ type: 'endgame' }]],
  ['seeding', 'seeding  100.0 %  24.0 MiB of 24.0 MiB', { phase: 'complete', completeBytes: 24 * MIB }, []],
  ['its end', 'stopping  54.1 %', { phase: 'stopped' }, []],
  ['99.9 % while a byte is missing', 'downloading  99.9 %', { completeBytes: 24 * MIB - 1 }, []],
  ['0 % of nothing', 'downloading  0.0 %', { totalBytes: 0, completeBytes: 0 }, []],
  ['100 % of nothing, when that is complete', 'seeding  100.0 %', { totalBytes: 0, phase: 'complete' }, []],
  ['no ETA when it stands still', 'downloading  54.1 %  ETA -  ', { downRateBytesPerSecond: 0 }, []],
  ['an ETA of two units', 'downloading  54.1 %  ETA 1h 4m  ', { downRateBytesPerSecond: 3000 }, []],
])('shows %s', (_, expected, changed, events) => {
  expect(line(changed, ...events).startsWith(expected), line(changed, ...events)).toBe(true)
})

test('the ratio is of what is here, and there is none of nothing', () => {
  expect(shareRatio(STATUS)).toBe(0.5)
  expect(shareRatio({ ...STATUS, completeBytes: 0 })).toBeNull()
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
