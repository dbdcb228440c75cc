import { expect, test } from 'vitest'
import { capturedOutput } from '../node/captured-output.testing.ts'
import type { ClientEvent } from '../ports/events.ts'
import { linesView } from './lines-view.ts'
import { MIB, STATUS } from './status.testing.ts'
import { SwarmWatch } from './swarm-watch.ts'

const output = capturedOutput()
const LOCAL = { host: '127.0.0.1', port: 6881 }
const MAGNET: ClientEvent = { type: 'magnet-started', infohash: 'ab', name: 'linked' }
const STARTED: ClientEvent = { type: 'started', infohash: 'ab', name: 'multi', totalBytes: 24 * MIB, pieceCount: 1 }

function viewing(seeds: boolean, ...events: ClientEvent[]) {
  const watch = new SwarmWatch()
  const view = linesView(watch, { json: false, quiet: false, seeds, takesKeys: false })
  view.listening(LOCAL)
  for (const [index, event] of events.entries()) {
    watch.emit(index * 1000, event)
    view.emit(index * 1000, event)
  }
  return view
}

const lines = () => output.stdout.trimEnd().split('\n')

test('a magnet link: where it listens is said once, and the torrent when it is known', () => {
  viewing(false, MAGNET, STARTED)
  expect(lines()).toEqual(['linked: getting the metadata; listening on 127.0.0.1:6881', 'multi: 24.0 MiB in 1 piece'])
})

test('a download that seeds says so when it is complete, and at the end what it gave', () => {
  const view = viewing(true, STARTED, { type: 'completed', bytes: 24 * MIB })
  view.ended(11_000, { kind: 'complete', seconds: 1, bytes: 24 * MIB }, STATUS)
  expect(lines().slice(1)).toEqual([
    'multi: all 24.0 MiB were here already, verified in 1.0 s; seeding until Ctrl-C',
    'multi: seeded for 10.0 s, uploaded 6.5 MiB, ratio 0.50',
  ])
})

test('one that does not seed says what it came to, once', () => {
  const view = viewing(false, STARTED, { type: 'completed', bytes: 24 * MIB })
  view.ended(11_000, { kind: 'complete', seconds: 1, bytes: 24 * MIB }, STATUS)
  expect(lines().slice(1)).toEqual(['multi: all 24.0 MiB were here already, verified in 1.0 s'])
})

test('a pause, and its end', () => {
  viewing(false, STARTED, { type: 'paused' }, { type: 'resumed' })
  expect(lines().slice(1)).toEqual(['multi: paused; SIGUSR2 goes on', 'multi: goes on'])
})

test('the first progress, of nothing done yet, is left out', () => {
  const view = viewing(false, STARTED)
  view.progress(0, STATUS, null)
  expect(lines()).toHaveLength(1)
  view.progress(5000, STATUS, null)
  expect(lines()[1]).toMatch(/^downloading {2}54\.1 %/)
})
