import { expect, test } from 'vitest'
import type { ClientEvent } from '../ports/events.ts'
import { MIB, STATUS, watchOf } from './status.testing.ts'
import { completedLine, seededLine, stoppedLine } from './summary.ts'
import { SwarmWatch } from './swarm-watch.ts'

const stored = (piece: number): ClientEvent => ({ type: 'piece-stored', piece, bytes: MIB, piecesLeft: 0 })
const block = (peer: string, wasted = false): ClientEvent => ({
  type: 'block-received',
  peer,
  piece: 0,
  offsetBytes: 0,
  lengthBytes: 1,
  wasted,
})

function watching(...events: ClientEvent[]): SwarmWatch {
  const watch = watchOf()
  for (const event of events) watch.emit(0, event)
  return watch
}

test('size, seconds, average rate, and peers that sent something of use, each once', () => {
  const watch = watching(stored(0), block('a'), block('b', true), block('a'), block('c'), stored(1), stored(2))
  expect(completedLine(watch, 3 * MIB, 1.5)).toBe('multi: 3.0 MiB in 1.5 s, 2.0 MiB/s from 2 peers')
})

test.each([
  [['http://a/x'], '1 web seed'],
  [['http://a/x', 'https://b/x', '127.0.0.1:1'], '1 peer and 2 web seeds'],
  [[], '0 peers'],
])('from %j: %s', (sources, expected) => {
  const watch = watching(stored(0), ...sources.map((source) => block(source)))
  expect(completedLine(watch, MIB, 1)).toBe(`multi: 1.0 MiB in 1.0 s, 1.0 MiB/s from ${expected}`)
})

test('what was here already does not count as fetched', () => {
  expect(completedLine(watching(stored(2), block('a')), 3 * MIB, 1.5)).toBe(
    'multi: 1.0 MiB in 1.5 s, 682.6 KiB/s from 1 peer (2.0 MiB of 3.0 MiB were here already)',
  )
  expect(completedLine(watching(), 3 * MIB, 1.5)).toBe('multi: all 3.0 MiB were here already, verified in 1.5 s')
})

test('a long one in minutes', () => {
  expect(completedLine(watching(stored(0), stored(1), stored(2)), 3 * MIB, 61)).toBe(
    'multi: 3.0 MiB in 1m 1s, 50.3 KiB/s from 0 peers',
  )
})

test('seeding: since it was complete', () => {
  const watch = watching()
  watch.emit(2_000, { type: 'completed', bytes: 1 })
  expect(seededLine(watch, 92_000, STATUS)).toBe('multi: seeded for 1m 30s, uploaded 6.5 MiB, ratio 0.50')
})

test('stopped: what there is, and how to go on; failed: nothing, the error says it', () => {
  expect(stoppedLine(watching(), { kind: 'stopped' }, STATUS)).toBe(
    'multi: stopped with 13.0 MiB of 24.0 MiB; the same command goes on from there',
  )
  expect(stoppedLine(watching(), { kind: 'failed', fault: { code: 'broken', detail: '' } }, STATUS)).toBeNull()
})

test('stopped before the metadata of a magnet link was here: no size is made up', () => {
  const watch = new SwarmWatch()
  watch.emit(0, { type: 'magnet-started', infohash: 'ab', name: 'linked' })
  expect(stoppedLine(watch, { kind: 'stopped' }, STATUS)).toBe('linked: stopped before its metadata was here')
})
