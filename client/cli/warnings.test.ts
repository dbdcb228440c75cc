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

test('of a tracker that fails again after it had answered, again', () => {
  expect(told(failed('a'), announced(null), failed('a'))).toHaveLength(2)
})
