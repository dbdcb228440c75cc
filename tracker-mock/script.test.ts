import { expect, test } from 'vitest'
import { parseTrackerScript } from './script.ts'

test('a script that uses everything is taken as it is', () => {
  const script = [
    { when: { announce: 1, event: 'started', port: 6881, host: '127.0.0.1' }, do: { error: 'go away', delayMs: 0.5 } },
    { when: { fromAnnounce: 2, toAnnounce: 3, infohash: 'ab'.repeat(20) }, do: { status: 503 } },
    { when: { fromMs: 0, toMs: 10 }, do: { garbageBytes: 0 } },
    { when: {}, do: { intervalSeconds: -1, minIntervalSeconds: 0, emptyPeers: true } },
    { do: { hang: true } },
    { do: { reset: true } },
    { when: { event: 'connect', via: 'udp' }, do: { awayMs: 5 } },
    { do: { redirectTo: 'self' } },
    { do: { body: 'd5:peers4294967295:\xff' } },
    { do: { bodyBytes: 100_000_000 } },
    { do: { gzipBombBytes: 1_000_000_000 } },
    { do: { ownAddress: true, deadPeers: 3_000, forged: true } },
    { do: {} },
  ]
  expect(parseTrackerScript(script)).toEqual(script)
  expect(parseTrackerScript([])).toEqual([])
})

const step = (when: object, action: object) => [{ do: {} }, { when, do: action }]

test.each([
  [{}, 'steps: expected array, received object'],
  [[5], 'steps[0]: expected object, received number'],
  [[{}], 'steps[0].do: expected object, received undefined'],
  [[{ do: {}, if: {} }], 'steps[0].if: no such field'],
  [Array(1_001).fill({ do: {} }), 'steps: expected array to have <=1000 items'],
  [step({ announce: 0 }, {}), 'steps[1].when.announce: expected number to be >=1'],
  [step({ fromMs: -1 }, {}), 'steps[1].when.fromMs: expected number to be >=0'],
  [step({ infohash: 'AB' }, {}), 'steps[1].when.infohash: expected 40 lower-case hex digits'],
  [
    step({ event: 'begun' }, {}),
    'steps[1].when.event: expected one of "started"|"completed"|"stopped"|"paused"|"none"|"connect"',
  ],
  [step({ via: 'tcp' }, {}), 'steps[1].when.via: expected one of "http"|"udp"'],
  [step({ port: 65_536 }, {}), 'steps[1].when.port: expected number to be <=65535'],
  [step({ after: 1 }, {}), 'steps[1].when.after: no such field'],
  [step({}, { delayMs: 'long' }), 'steps[1].do.delayMs: expected number, received string'],
  [step({}, { delayMs: 3_600_001 }), 'steps[1].do.delayMs: expected number to be <=3600000'],
  [step({}, { status: 199 }), 'steps[1].do.status: expected number to be >=200'],
  [step({}, { status: 600 }), 'steps[1].do.status: expected number to be <=599'],
  [step({}, { garbageBytes: 2_097_153 }), 'steps[1].do.garbageBytes: expected number to be <=2097152'],
  [step({}, { intervalSeconds: 1.5 }), 'steps[1].do.intervalSeconds: expected int, received number'],
  [step({}, { body: '\u0100' }), 'steps[1].do.body: expected characters up to U+00FF'],
  [step({}, { bodyBytes: 1_000_000_001 }), 'steps[1].do.bodyBytes: expected number to be <=1000000000'],
  [step({}, { deadPeers: 0 }), 'steps[1].do.deadPeers: expected number to be >=1'],
  [step({}, { deadPeers: 10_001 }), 'steps[1].do.deadPeers: expected number to be <=10000'],
  [step({}, { intervalSeconds: 2 ** 31 }), 'steps[1].do.intervalSeconds: expected number to be <=2147483647'],
  [step({}, { hang: false }), 'steps[1].do.hang: expected true'],
  [step({}, { error: 'x', hang: true }), 'steps[1].do: expected one of error, hang, received all of them'],
  [
    step({}, { status: 500, emptyPeers: true }),
    'steps[1].do: expected one of status, emptyPeers, received all of them',
  ],
])('a script that is wrong names the field (%#)', (script, message) => {
  expect(() => parseTrackerScript(script)).toThrow(new Error(message))
})
