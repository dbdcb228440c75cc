import { expect, test } from 'vitest'
import type { ClientEvent } from '../ports/events.ts'
import { Warnings } from './warnings.ts'

const URL_A = 'http://a/announce'
const failed = (reason: string, retryInMs: number | null = 1000, url = URL_A): ClientEvent => ({
  type: 'announce-failed',
  url,
  reason,
  retryInMs,
})
const announced = (warning: string | null): ClientEvent => ({
  type: 'announced',
  url: URL_A,
  peers: 1,
  intervalSeconds: 60,
  warning,
})

function told(...events: ClientEvent[]): string[] {
  const lines: string[] = []
  const warnings = new Warnings((line) => lines.push(line))
  for (const event of events) warnings.emit(0, event)
  return lines
}

test.each<[string, ClientEvent, string[]]>([
  [
    'no peer, none known',
    { type: 'no-peers', forMs: 8001, known: 0 },
    ['no peer for 8s (none is known); still trying'],
  ],
  ['no peer, some known', { type: 'no-peers', forMs: 38_000, known: 3 }, ['no peer for 38s (3 known); still trying']],
  [
    'a ban',
    { type: 'peer-banned', peer: '127.0.0.2:1', reason: 'sent bad data in piece 3' },
    ['127.0.0.2:1 sent bad data in piece 3: it is not asked again'],
  ],
  ['a tracker to be asked again', failed('refused', 4000), [`tracker ${URL_A}: refused; still trying, next in 4s`]],
  [
    'a tracker after which another is asked',
    failed('refused', 0),
    [`tracker ${URL_A}: refused; the next one is asked`],
  ],
  ['a tracker given up', failed('never', null), [`tracker ${URL_A}: never; it is not asked again`]],
  ['what a tracker warns of', announced('slow down'), [`tracker ${URL_A}: slow down`]],
  [
    'a web seed to be asked again',
    { type: 'web-seed-failed', url: URL_A, reason: 'status 503', retryInMs: 5000 },
    [`web seed ${URL_A}: status 503; asked again in 5s`],
  ],
  [
    'a web seed given up',
    { type: 'web-seed-failed', url: URL_A, reason: 'sent bad data', retryInMs: null },
    [`web seed ${URL_A}: sent bad data; it is not asked again`],
  ],
  [
    'a resume state that is not believed',
    { type: 'resume-state-rejected', reason: 'of another torrent' },
    ['the resume state is not used: of another torrent; what is on the disk is verified'],
  ],
  [
    'a resume state that cannot be written',
    { type: 'resume-state-failed', detail: 'the disk is full' },
    ['the resume state cannot be written: the disk is full; the next start verifies what is here'],
  ],
  [
    'a piece that is gone',
    { type: 'piece-lost', piece: 3, detail: 'x: missing' },
    ['what was complete cannot be read any more: x: missing'],
  ],
  ['not what ends the download, which is told as its failure', { type: 'metadata-unusable', reason: 'r' }, []],
  ['not what goes well', announced(null), []],
])('a user hears of %s', (_, event, lines) => {
  expect(told(event)).toEqual(lines)
})

test('of a tracker that fails again for the same reason once, of a new reason or tracker again', () => {
  const lines = told(failed('a'), failed('a'), failed('b'), failed('a', 1000, 'http://b'), failed('b'))
  expect(lines.map((line) => line.replace(/;.*/, ''))).toEqual([
    `tracker ${URL_A}: a`,
    `tracker ${URL_A}: b`,
    'tracker http://b: a',
  ])
})

test('of a file that is gone once, though all its pieces are', () => {
  const lost = (piece: number): ClientEvent => ({ type: 'piece-lost', piece, detail: 'x: missing' })
  expect(told(lost(1), lost(2), lost(3))).toHaveLength(1)
})

test('of a tracker that fails again after it had answered, again', () => {
  expect(told(failed('a'), announced(null), failed('a'))).toHaveLength(2)
})
