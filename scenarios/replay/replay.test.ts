/** The parts of a replay: which run is meant, what two rows or two traces do not have in common, who is who. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leecherOf, linkOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import { outcomeLines } from './command-replay.ts'
import { Names, traceLine } from './event-trace.ts'
import { findRun } from './find-run.ts'
import { differenceInWords, rowDifferences } from './row-differences.ts'
import { firstDifference } from './trace-difference.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('which run', () => {
  const runs = ['runs/a/2026-01-01T000000Z', 'runs/a/2026-01-01T000000Z-2', 'runs/b/2025-12-31T235959Z', 'reference/c']
  beforeAll(async () => {
    for (const run of runs) {
      await mkdir(join(folder, 'results', run), { recursive: true })
      await writeFile(join(folder, 'results', run, 'manifest.json'), '{}')
    }
    // Begun last, and never a run.
    await mkdir(join(folder, 'results/runs/a/2027-01-01T000000Z'))
  })

  test.each([
    ['latest', 'runs/a/2026-01-01T000000Z-2'],
    ['a', 'runs/a/2026-01-01T000000Z-2'],
    ['b', 'runs/b/2025-12-31T235959Z'],
    ['a/2026-01-01T000000Z', 'runs/a/2026-01-01T000000Z'],
    ['c', 'reference/c'],
  ])('%s', async (word, found) => {
    expect(await findRun(word, join(folder, 'elsewhere', word), folder)).toBe(join(folder, 'results', found))
  })

  test('a folder', async () => {
    const path = join(folder, 'results/reference/c')
    expect(await findRun('./c', path, folder)).toBe(path)
  })

  test('none', async () => {
    await expect(findRun('nope', join(folder, 'nope'), folder)).rejects.toThrow('no run "nope"')
    await expect(findRun('latest', folder, join(folder, 'empty'))).rejects.toThrow('there is no run in')
  })
})

describe('two rows', () => {
  const before = { measures: { seconds: 10, wastedBytes: 0, traceHash: '00c0ffee' } }

  test('the same', () => {
    expect(rowDifferences(before, before)).toEqual([])
  })

  test('a measure that came up since is none; one that is gone is', () => {
    expect(rowDifferences(before, { measures: { ...before.measures, payloadBytes: 1 } })).toEqual([])
    const { wastedBytes: _, ...rest } = before.measures
    expect(rowDifferences(before, { measures: rest })).toEqual([{ what: 'wastedBytes', before: 0, now: null }])
  })

  test('the trace hash first, figures with how far they are off, the failure last', () => {
    const now = { measures: { ...before.measures, seconds: 10.5, traceHash: '00beefee' }, failure: 'it stood still' }
    expect(rowDifferences(before, now).map(differenceInWords)).toEqual([
      'traceHash: 00c0ffee before, 00beefee now',
      'seconds: 10 before, 10.5 now (+5 %)',
      'failure: none before, it stood still now',
    ])
  })

  test('the last bit counts', () => {
    const now = { measures: { ...before.measures, seconds: 10 + 2 ** -49 } }
    expect(rowDifferences(before, now)).toHaveLength(1)
  })
})

describe('two traces', () => {
  async function difference(one: readonly string[], other: readonly string[]) {
    const paths = [join(folder, 'one.txt'), join(folder, 'other.txt')] as const
    await writeFile(paths[0], one.map((line) => `${line}\n`).join(''))
    await writeFile(paths[1], other.map((line) => `${line}\n`).join(''))
    return firstDifference(...paths)
  }

  test.each([
    ['the same but for their first line', ['# x', 'a', 'b'], ['# y', 'a', 'b'], null],
    ['an event differs', ['# x', 'a', 'b', 'c'], ['# x', 'a', 'B', 'C'], { event: 2, one: 'b', other: 'B' }],
    ['one ends before', ['a', 'b'], ['a'], { event: 2, one: 'b', other: null }],
    ['the other ends before', [], ['a'], { event: 1, one: null, other: 'a' }],
  ])('%s', async (_, one, other, found) => {
    expect(await difference(one, other)).toEqual(found)
  })
})

describe('who is who', () => {
  const link = linkOf({ upMbit: 1, downMbit: null, rttMs: 0 })
  const plan = swarmOf({
    contentMib: 1,
    pieceKib: 64,
    contentSeed: 1,
    seeds: [seedOf(link)],
    leechers: [leecherOf(link), leecherOf(link), leecherOf(link, { group: 'slow' }), leecherOf(link)],
    expectedSeconds: 1,
  })
  const names = new Names(plan)

  test('the client under test, and the others by group and place', () => {
    expect(names.clients).toEqual(['client', 'seed-1', 'leechers-1', 'slow-1', 'leechers-2'])
    expect(['client', '0', 'slow-1', '4', '5', 'slow-2', '-1', ''].map((text) => names.clientNamed(text))).toEqual([
      0,
      0,
      3,
      4,
      null,
      null,
      null,
      null,
    ])
  })

  test('a line has the time to the nanosecond, who, what, and peers by name', () => {
    const block = { piece: 3, offsetBytes: 16_384, lengthBytes: 16_384, wasted: false }
    expect(traceLine(20.000001, 'client', { type: 'block-received', peer: '127.1.0.1:50001', ...block }, names)).toBe(
      '0.020000001 client  block-received  peer=seed-1 piece=3 offsetBytes=16384 lengthBytes=16384 wasted=false',
    )
    expect(traceLine(0, 'slow-1', { type: 'endgame' }, names)).toBe('0.000000000 slow-1  endgame')
  })

  test('what others wrote cannot act on a terminal, nor look like another field', () => {
    const line = traceLine(0, 'client', { type: 'piece-lost', piece: 1, detail: 'a b=\u001b[2J' }, names)
    expect(line).toBe('0.000000000 client  piece-lost  piece=1 detail="a b=\\u001b[2J"')
  })
})

test('an outcome in words', () => {
  const cell = { index: 4, parameters: {}, sweptNames: [], repeat: 0, seed: 1 }
  const row = { measures: { traceHash: '00c0ffee' } }
  const same = { differences: [], firstEvent: null }
  const lines = (changes: object) =>
    outcomeLines({ cell }, { row, differences: [], twice: null, against: null, ...changes })
  expect(lines({})).toEqual(['cell 4: the same, traceHash 00c0ffee'])
  expect(lines({ twice: same })).toContain('cell 4, run twice: the same, every event')
  expect(lines({ twice: { differences: [], firstEvent: { event: 3, one: 'a', other: null } } }).slice(1)).toEqual([
    'cell 4, run twice: not the same',
    '  event 3 is the first that differs',
    '  first   a',
    '  second  nothing any more',
  ])
  const hash = { what: 'traceHash', before: 'a', now: 'b' }
  expect(lines({ twice: { differences: [hash], firstEvent: null } }).slice(1)).toEqual([
    'cell 4, run twice: not the same',
    '  every event of the clients is the same: what differs is below them',
    '  traceHash: a before, b now',
  ])
})
