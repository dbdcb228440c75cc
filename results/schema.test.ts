import { expect, test } from 'vitest'
import {
  decodeCell,
  decodeCost,
  decodeLines,
  decodeManifest,
  decodeTimeline,
  encodeCell,
  encodeCost,
  encodeManifest,
  encodeTimeline,
} from './encode.ts'
import { RecordError } from './record-error.ts'
import { SAMPLE_PROVENANCE, sampleClient, sampleRow } from './sample.testing.ts'
import { isClient, isMark, isPieces, isSample, isSwarmSample, type Manifest, type TimelineRow } from './schema.ts'

const PLACE = { file: 'cells.ndjson', line: 3 }

test('a row of cells.ndjson has its keys in the order of the contract, whatever order they were set in', () => {
  const { ok, measures, ...rest } = sampleRow()
  const shuffled = { ok, measures: Object.fromEntries(Object.entries(measures).reverse()), ...rest }
  const line =
    '{"schema":1,"scenario":"speed-vs-peers","runtime":"sim","seed":7,"repeat":0,' +
    '"parameters":{"contentMib":24,"peers":1,"rttMs":20},' +
    '"measures":{"seconds":12,"throughputBytesPerSecond":2097152,"wastedBytes":0,"hashFailures":0,"virtualSeconds":12,"traceHash":"00c0ffee0"},' +
    '"predicted":{"throughputBytesPerSecond":2097152},"ok":true}\n'
  expect(encodeCell(sampleRow())).toBe(line)
  expect(encodeCell(shuffled)).toBe(line)
})

test('rows come back from their lines as they were', () => {
  const failed = sampleRow({ ok: false, failure: 'took 13.1 s, at most 12', invalid: 'event loop 40 ms late' })
  expect(decodeLines(encodeCell(sampleRow()) + encodeCell(failed), 'cells.ndjson', decodeCell)).toEqual([
    sampleRow(),
    failed,
  ])
  const cost = { ...COST, rigCpuSeconds: 2, eventLoopDelayMs: 1.5 }
  expect(encodeCost(cost).indexOf('eventLoopDelayMs')).toBeLessThan(encodeCost(cost).indexOf('rigCpuSeconds'))
  expect(decodeLines(encodeCost(cost), 'costs.ndjson', decodeCost)).toEqual([cost])
  const rows: TimelineRow[] = [
    { cell: 0, repeat: 0, tMs: 100, peer: '127.0.0.2:6881', bytes: 16_384 },
    { cell: 0, repeat: 0, tMs: 140.5, mark: 'peer-closed', peer: '127.0.0.2:6881', detail: 'reset' },
    { cell: 0, repeat: 0, tMs: 900, mark: 'completed' },
    { cell: 0, repeat: 0, tMs: 900, pieces: [3, 0], piecesLeft: 5 },
    { cell: 0, repeat: 0, tMs: 1_000, leechers: 2, seeds: 1, rarestCopies: 1, meanCopies: 1.25 },
    { cell: 0, repeat: 0, ...sampleClient(1) },
  ]
  expect(rows.map((row) => [isSample, isMark, isPieces, isSwarmSample, isClient].map((is) => is(row)))).toEqual([
    [true, false, false, false, false],
    [false, true, false, false, false],
    [false, true, false, false, false],
    [false, false, true, false, false],
    [false, false, false, true, false],
    [false, false, false, false, true],
  ])
  expect(decodeLines(rows.map(encodeTimeline).join(''), 'timeline.ndjson', decodeTimeline)).toEqual(rows)
})

test('a manifest comes back from its file as it was', () => {
  expect(decodeManifest(JSON.parse(encodeManifest(MANIFEST)), { file: 'manifest.json' })).toEqual(MANIFEST)
})

const { wastedBytes: _, ...withoutWasted } = sampleRow().measures

test.each([
  ['an unknown measure', { measures: { ...sampleRow().measures, speed: 1 } }, 'measures: unknown measure speed'],
  ['an unknown prediction', { predicted: { speed: 1 } }, 'predicted: unknown measure speed'],
  ['a hash as prediction', { predicted: { traceHash: '00c0ffee' } }, 'predicted: unknown measure traceHash'],
  [
    'a measure of real time in sim',
    { measures: { ...sampleRow().measures, cpuSeconds: 1 } },
    'measures.cpuSeconds: not a measure of the runtime sim',
  ],
  [
    'an ok row without what all have',
    { measures: withoutWasted },
    'measures.wastedBytes: missing, and every row that is ok has it',
  ],
  [
    'text for a number',
    { measures: { ...sampleRow().measures, seconds: '12' } },
    'measures.seconds: Invalid input: expected number, received string',
  ],
  [
    'a negative size',
    { measures: { ...sampleRow().measures, wastedBytes: -1 } },
    'measures.wastedBytes: Too small: expected number to be >=0',
  ],
  [
    'half a failure',
    { measures: { ...sampleRow().measures, hashFailures: 0.5 } },
    'measures.hashFailures: Invalid input: expected int, received number',
  ],
  ['failure without its reason', { ok: false }, 'failure: ok is false, so it must be there'],
  ['a reason without failure', { failure: 'slow' }, 'failure: ok is true, so it must be absent'],
  ['a reason of two lines', { ok: false, failure: 'slow\nand wrong' }, 'failure: expected one line'],
  [
    'an unknown runtime',
    { runtime: 'cloud' },
    'runtime: Invalid option: expected one of "sim"|"processes"|"containers"',
  ],
  ['another schema version', { schema: 2 }, 'schema: Invalid input: expected 1'],
  [
    'a parameter that is null',
    { parameters: { peers: null } },
    'parameters.peers: expected a finite number, a string or a boolean',
  ],
  ['a field too many', { note: 'x' }, ' Unrecognized key: "note"'],
])('%s is refused with file, line and field', (_name, change, message) => {
  const error = thrownBy(() => decodeCell({ ...sampleRow(), ...change }, PLACE))
  expect(error).toMatchObject({
    code: 'invalid',
    message: `cells.ndjson line 3:${message.startsWith(' ') ? '' : ' '}${message}`,
  })
})

test('a failed row need not have every measure', () => {
  expect(decodeCell(sampleRow({ ok: false, failure: 'timed out', measures: {} }), PLACE).measures).toEqual({})
})

test('a row of real time has CPU time and memory, and no trace', () => {
  const { traceHash: _hash, virtualSeconds: _virtual, ...measures } = sampleRow().measures
  const real = {
    ...sampleRow({ runtime: 'processes' }),
    measures: { ...measures, cpuSeconds: 1, peakRssBytes: 2 ** 26 },
  }
  expect(decodeCell(real, PLACE)).toEqual(real)
  expect(thrownBy(() => decodeCell({ ...real, measures }, PLACE)).message).toContain('measures.cpuSeconds: missing')
})

test.each([
  ['that is not JSON', '{"cell":0\n', /^t line 1: not JSON: /],
  ['that is cut off', '{"cell":0}', /^t line 1: the line is cut off$/],
  ['of a sample without bytes', '{"cell":0,"repeat":0,"tMs":0,"peer":"a"}\n', /^t line 1: bytes: /],
  [
    'of a mark with bytes',
    '{"cell":0,"repeat":0,"tMs":0,"mark":"endgame","bytes":1}\n',
    /^t line 1: Unrecognized key: "bytes"/,
  ],
  ['that is no object', 'null\n', /^t line 1: Invalid input: expected object/],
])('a line %s is refused', (_name, text, message) => {
  expect(thrownBy(() => decodeLines(text, 't', decodeTimeline)).message).toMatch(message)
})

function thrownBy(call: () => unknown): RecordError {
  try {
    call()
  } catch (error) {
    if (error instanceof RecordError) return error
  }
  throw new Error('no RecordError')
}

const COST = {
  schema: 1 as const,
  cell: 0,
  repeat: 0,
  seed: 7,
  wallSeconds: 1,
  cpuSeconds: 0.5,
  peakRssBytes: 1024,
  blocksPerSecond: 10,
  node: 'host-a',
}

const MANIFEST: Manifest = {
  schema: 1,
  scenario: 'speed-vs-peers',
  question: 'How does speed grow with peers?',
  parameters: { fixed: { b: 1, a: 'x' }, sweep: [{ name: 'peers', values: [1, 2] }], about: {} },
  seed: 7,
  repeats: 2,
  runtime: 'sim',
  timelineBinMs: 100,
  ...SAMPLE_PROVENANCE,
  git: null,
  startedAt: '2026-01-31T09:30:15.000Z',
  endedAt: null,
  state: 'running',
  cells: { total: 4, done: 0 },
  resumed: [{ at: '2026-01-31T10:30:15.000Z', ...SAMPLE_PROVENANCE }],
}
