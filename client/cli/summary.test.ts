import { expect, test } from 'vitest'
import { Geometry } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { ClientEvent } from '../ports/events.ts'
import { Summary } from './summary.ts'

const MIB = 2 ** 20
const TORRENT = { name: 'multi', geometry: new Geometry(3 * MIB, MIB) } as TorrentFile

const stored = (piece: number): ClientEvent => ({ type: 'piece-stored', piece, bytes: MIB, piecesLeft: 0 })
const closed = (peer: string, downloadedBytes: number): ClientEvent => ({
  type: 'peer-closed',
  peer,
  reason: '',
  requestsLost: 0,
  downloadedBytes,
  retryInMs: null,
})

function summaryOf(...events: ClientEvent[]): Summary {
  const summary = new Summary(TORRENT)
  for (const event of events) summary.emit(0, event)
  return summary
}

const COMPLETE = { kind: 'complete', seconds: 1.5, bytes: 3 * MIB } as const

test('size, seconds, average rate, and peers that sent something, each once', () => {
  const events = [stored(0), closed('a', 5), closed('b', 0), closed('a', 7), closed('c', 1), stored(1), stored(2)]
  expect(summaryOf(...events).line(COMPLETE, 3 * MIB)).toBe('multi: 3.0 MiB in 1.5 s, 2.0 MiB/s from 2 peers')
})

test('what was here already does not count as fetched', () => {
  expect(summaryOf(stored(2), closed('a', 1)).line(COMPLETE, 3 * MIB)).toBe(
    'multi: 1.0 MiB in 1.5 s, 682.6 KiB/s from 1 peer (2.0 MiB of 3.0 MiB were here already)',
  )
  expect(summaryOf().line(COMPLETE, 3 * MIB)).toBe('multi: all 3.0 MiB were here already, verified in 1.5 s')
})

test('a long one in minutes', () => {
  const line = summaryOf(stored(0), stored(1), stored(2)).line({ ...COMPLETE, seconds: 61 }, 3 * MIB)
  expect(line).toBe('multi: 3.0 MiB in 1m 1s, 50.3 KiB/s from 0 peers')
})

test('stopped: what there is, and how to go on; failed: nothing, the error says it', () => {
  expect(summaryOf().line({ kind: 'stopped' }, MIB)).toBe(
    'multi: stopped with 1.0 MiB of 3.0 MiB; the same command goes on from there',
  )
  expect(summaryOf().line({ kind: 'failed', fault: { code: 'broken', detail: '' } }, MIB)).toBeNull()
})
