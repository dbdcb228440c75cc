import { expect, test } from 'vitest'
import type { ClientEvent } from '../ports/events.ts'
import { peerFlags } from './peer-table.ts'
import { peerStatus, STATUS, watchOf } from './status.testing.ts'
import { SwarmWatch } from './swarm-watch.ts'

const PEER = '127.0.0.1:6881'

function watching(...events: ClientEvent[]) {
  const watch = watchOf()
  watch.emit(0, { type: 'peer-connected', peer: PEER, incoming: true })
  for (const event of events) watch.emit(0, event)
  return watch
}

const flags = (changed: Parameters<typeof peerStatus>[1], ...events: ClientEvent[]) =>
  peerFlags(peerStatus(1, changed), watching(...events).peers.get(PEER), 'downloading')

test.each<[string, string, Parameters<typeof peerStatus>[1], ClientEvent[]]>([
  ['it sends', 'DI', {}, []],
  ['it sent just now', 'DI', { state: 'idle', downRateBytesPerSecond: 1000 }, []],
  ['it chokes us', 'dI', { state: 'choked' }, []],
  ['nothing is asked of it', 'I', { state: 'idle' }, []],
  ['it is snubbed', 'SI', { state: 'snubbed' }, []],
  ['it wants and may not', 'uI', { state: 'idle' }, [{ type: 'peer-interested', peer: PEER, value: true }]],
  [
    'it wants and may',
    'UI',
    { state: 'idle', isUnchoked: true },
    [{ type: 'peer-interested', peer: PEER, value: true }],
  ],
  [
    'it no longer wants',
    'I',
    { state: 'idle', isUnchoked: true },
    [
      { type: 'peer-interested', peer: PEER, value: true },
      { type: 'peer-interested', peer: PEER, value: false },
    ],
  ],
  [
    'it is on trial',
    'OI',
    { state: 'idle', isUnchoked: true },
    [{ type: 'we-unchoked', peer: PEER, why: 'optimistic' }],
  ],
  [
    'it earned its slot after the trial',
    'I',
    { state: 'idle', isUnchoked: true },
    [
      { type: 'we-unchoked', peer: PEER, why: 'optimistic' },
      { type: 'we-choked', peer: PEER },
      { type: 'we-unchoked', peer: PEER, why: 'regular' },
    ],
  ],
])('%s: %s', (_, expected, changed, events) => {
  expect(flags(changed, ...events)).toBe(expected)
})

test('whom it dialled itself has no I; while everything is here a choke is none of our business', () => {
  const watch = watchOf()
  watch.emit(0, { type: 'peer-connected', peer: PEER, incoming: false })
  expect(peerFlags(peerStatus(1, { state: 'choked' }), watch.peers.get(PEER), 'complete')).toBe('')
})

test('a seed is who has every piece of a torrent that is known', () => {
  const status = { ...STATUS, peers: [96, 95, 0].map((pieces) => peerStatus(1, { pieces })) }
  expect(watchOf().seedCount(status)).toBe(1)
  expect(new SwarmWatch().seedCount(status)).toBe(0)
})

test('what is known of a peer is forgotten when it goes', () => {
  const watch = watching()
  const gone = { peer: PEER, reason: '', requestsLost: 0, downloadedBytes: 1, retryInMs: null }
  watch.emit(0, { type: 'peer-closed', ...gone })
  expect(watch.peers.size).toBe(0)
})

test('the endgame is over when everything is here, and the completion counts from the first', () => {
  const watch = watchOf()
  watch.emit(5, { type: 'endgame' })
  expect(watch.isEndgame).toBe(true)
  watch.emit(10, { type: 'completed', bytes: 1 })
  watch.emit(20, { type: 'completed', bytes: 1 })
  expect([watch.isEndgame, watch.completedMs, watch.startedMs]).toEqual([false, 10, 0])
})
