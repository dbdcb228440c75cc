import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRun } from './read.ts'
import { sampleCell, sampleClock, samplePlan } from './sample.testing.ts'
import { isClient } from './schema.ts'
import { createRun, openRun, type Plan, type Run } from './store.ts'

const RECORD = ['cells.ndjson', 'costs.ndjson', 'timeline.ndjson']

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmlab-results-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('cells added in any order give the same bytes, in cell order', async () => {
  const forward = await completed('forward', [0, 1, 2, 3])
  const shuffled = await completed('shuffled', [2, 0, 3, 1])
  for (const name of RECORD) expect(await read(shuffled, name)).toBe(await read(forward, name))
  const { cells, costs, timeline } = await readRun(shuffled)
  expect(cells.map(({ parameters, repeat }) => [parameters.peers, repeat])).toEqual([
    [1, 0],
    [1, 1],
    [2, 0],
    [2, 1],
  ])
  expect(costs.map(({ cell }) => cell)).toEqual([0, 1, 2, 3])
  const ofCell = timeline.filter(({ cell }) => cell === 2)
  expect(ofCell.map((row) => ('tMs' in row ? row.tMs : null))).toEqual([0, 40, 100, 140, null, null])
  expect(ofCell.filter(isClient).map(({ client }) => client)).toEqual([0, 1])
})

test('a complete run leaves the record, its summary and nothing else', async () => {
  const dir = await completed('run', [0, 1, 2, 3])
  expect((await readdir(dir)).sort()).toEqual([...RECORD, 'manifest.json', 'summary.md'].sort())
  expect((await readRun(dir)).manifest).toMatchObject({ state: 'complete', cells: { total: 4, done: 4 } })
})

test('a run killed before its rows were assembled goes on where it was, and ends in the same bytes', async () => {
  const whole = await completed('whole', [0, 1, 2, 3])
  const dir = join(root, 'killed')
  const first = await createRun(options(dir))
  for (const index of [3, 1, 0]) await first.add(sampleCell(index))
  // Killed here: assembled once, at the first cell, and in the middle of writing two files.
  expect(rowsIn(await read(dir, 'cells.ndjson'))).toBe(1)
  await writeFile(join(dir, 'cells.ndjson.unfinished'), '{"sche')
  await writeFile(join(dir, 'parts', '000002.ndjson.unfinished'), '{"sche')

  const clock = sampleClock()
  clock.push(60_000)
  const second = await openRun({ dir, plan: samplePlan(), now: clock.now })
  expect([...second.doneCells()].sort()).toEqual([0, 1, 3])
  await second.add(sampleCell(2))
  await second.finish('complete')
  for (const name of RECORD) expect(await read(dir, name)).toBe(await read(whole, name))
  expect((await readRun(dir)).manifest.resumed.map(({ at }) => at)).toEqual(['2026-01-31T09:31:15.000Z'])
  expect((await readdir(dir)).filter((name) => name.endsWith('.unfinished'))).toEqual([])
})

test('an interrupted run is complete in what it has, and can be resumed', async () => {
  const dir = join(root, 'run')
  const run = await createRun(options(dir))
  await run.add(sampleCell(3))
  await run.finish('interrupted')
  const { manifest, cells, costs } = await readRun(dir)
  expect(manifest).toMatchObject({ state: 'interrupted', cells: { total: 4, done: 1 } })
  expect([cells.length, costs[0]?.cell]).toEqual([1, 3])
  expect([...(await openRun(options(dir))).doneCells()]).toEqual([3])
})

test('rows are assembled not more than once a second', async () => {
  const clock = sampleClock()
  const dir = join(root, 'run')
  const run = await createRun({ dir, plan: samplePlan(), now: clock.now })
  const rows = async () => rowsIn(await read(dir, 'cells.ndjson'))
  await run.add(sampleCell(0))
  expect(await rows()).toBe(1)
  clock.push(999)
  await run.add(sampleCell(1))
  expect(await rows()).toBe(1)
  clock.push(1)
  await run.add(sampleCell(2))
  expect(await rows()).toBe(3)
})

test('cells added at once are all kept, and the record can be read while the run goes on', async () => {
  const run = await createRun(options(join(root, 'run')))
  await Promise.all([0, 1, 2, 3].map((index) => run.add(sampleCell(index))))
  expect((await run.record()).cells).toEqual(run.rows())
  expect(run.rows()).toHaveLength(4)
})

test('a complete run opens with nothing left to do, and is left as it was', async () => {
  const dir = await completed('run', [0, 1, 2, 3])
  // Killed after the manifest said complete, before the parts were gone.
  await mkdir(join(dir, 'parts'))
  await writeFile(join(dir, 'parts', '000000.ndjson'), '')
  const before = await read(dir, 'cells.ndjson')
  const clock = sampleClock()
  clock.push(60_000)
  const run = await openRun({ dir, plan: samplePlan(), now: clock.now })
  expect(run.doneCells().size).toBe(4)
  await run.finish('complete')
  expect(await read(dir, 'cells.ndjson')).toBe(before)
  expect(run.manifest()).toMatchObject({ endedAt: '2026-01-31T09:30:15.000Z', resumed: [] })
  expect(await readdir(dir)).not.toContain('parts')
})

test('a folder that holds a record is not written over', async () => {
  const dir = await completed('run', [0, 1, 2, 3])
  await expect(createRun(options(dir))).rejects.toMatchObject({
    code: 'exists',
    message: `${dir} already holds a record (manifest.json): choose another folder or resume it`,
  })
})

test('a folder with other files is used, and they stay', async () => {
  await writeFile(join(root, 'notes.txt'), 'mine')
  const run = await createRun(options(root))
  await run.finish('interrupted')
  expect(await read(root, 'notes.txt')).toBe('mine')
})

const { fixed, sweep, about } = samplePlan().parameters

test.each<[string, Partial<Plan>, string]>([
  ['another seed', { seed: 8 }, 'seed is 7 there, 8 here'],
  ['another scenario', { scenario: 'pipeline-depth' }, 'scenario is speed-vs-peers there, pipeline-depth here'],
  ['another runtime', { runtime: 'processes' }, 'runtime is sim there, processes here'],
  ['more repeats', { repeats: 3, cellsTotal: 6 }, 'repeats is 2 there, 3 here'],
  [
    'another value',
    { parameters: { fixed: { ...fixed, rttMs: 50 }, sweep, about } },
    'parameter rttMs is 20 there, 50 here',
  ],
  [
    'a parameter more',
    { parameters: { fixed: { ...fixed, x: 1 }, sweep, about } },
    'parameter x is not set there, 1 here',
  ],
  [
    'another sweep',
    { parameters: { fixed, sweep: [{ name: 'peers', values: [1, 3] }], about } },
    'sweep of peers is [1,2] there, [1,3] here',
  ],
])('a run with %s is not continued', async (_name, changes, difference) => {
  const dir = join(root, 'run')
  await (await createRun(options(dir))).finish('interrupted')
  await expect(openRun({ ...options(dir), plan: samplePlan(changes) })).rejects.toMatchObject({
    code: 'different',
    message: `${dir} is another run: ${difference}`,
  })
})

test('parameters in another order, newer code and another machine are the same run', async () => {
  const dir = join(root, 'run')
  await (await createRun(options(dir))).finish('interrupted')
  const plan = samplePlan({ parameters: { fixed: { contentMib: 24, rttMs: 20 }, sweep, about: {} }, git: null })
  expect((await openRun({ ...options(dir), plan })).manifest().resumed).toHaveLength(1)
})

test.each<[string, (dir: string) => Promise<void>, string, string]>([
  ['no record', (dir) => rm(join(dir, 'manifest.json')), 'missing', 'holds no record to resume'],
  [
    'a manifest that is not JSON',
    (dir) => writeFile(join(dir, 'manifest.json'), '{'),
    'invalid',
    'manifest.json: not JSON',
  ],
  [
    'lost parts',
    (dir) => rm(join(dir, 'parts', '000001.ndjson')),
    'invalid',
    'parts has 0 cells, cells.ndjson 1: some are lost',
  ],
  [
    'a foreign part',
    (dir) => writeFile(join(dir, 'parts', '000004.ndjson'), ''),
    'invalid',
    '000004.ndjson: not a cell of this run, which has 4',
  ],
  [
    'a part of another cell',
    (dir) => renamePart(dir),
    'invalid',
    '000000.ndjson: not the row, cost and timeline of cell 0',
  ],
  [
    'a broken part',
    (dir) => writeFile(join(dir, 'parts', '000001.ndjson'), '{}\n'),
    'invalid',
    '000001.ndjson line 1: schema: ',
  ],
])('a folder with %s is refused in one line', async (_name, harm, code, message) => {
  const dir = join(root, 'run')
  const run = await createRun(options(dir))
  await run.add(sampleCell(1))
  await run.finish('interrupted')
  await harm(dir)
  await expect(openRun(options(dir))).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a row that breaks the schema is refused and not kept', async () => {
  const run = await createRun(options(join(root, 'run')))
  const cell = sampleCell(0)
  const bad = { ...cell, row: { ...cell.row, measures: { speed: 1 } as never } }
  await expect(run.add(bad)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('unknown measure speed'),
  })
  await run.add(cell)
  expect(run.rows()).toHaveLength(1)
})

test('a cell that is not in the plan, or done already, is a mistake of the caller', async () => {
  const run = await createRun(options(join(root, 'run')))
  await run.add(sampleCell(3))
  await expect(run.add(sampleCell(3))).rejects.toThrow('cell 3 is done already')
  await expect(run.add({ ...sampleCell(3), index: 4 })).rejects.toThrow('cell 4 of 4')
  await expect(run.finish('complete')).rejects.toThrow('complete with 1 of 4 cells')
})

test('a folder that cannot be made gives one line', async () => {
  await writeFile(join(root, 'file'), '')
  await expect(createRun(options(join(root, 'file', 'run')))).rejects.toMatchObject({
    code: 'not-writable',
    message: `${join(root, 'file', 'run')}: a file is where a folder is needed (ENOTDIR)`,
  })
})

function options(dir: string) {
  return { dir, plan: samplePlan(), now: sampleClock().now }
}

async function completed(name: string, order: readonly number[]): Promise<string> {
  const run: Run = await createRun(options(join(root, name)))
  for (const index of order) await run.add(sampleCell(index))
  await run.finish('complete')
  return run.dir
}

async function renamePart(dir: string): Promise<void> {
  await writeFile(join(dir, 'parts', '000000.ndjson'), await read(dir, join('parts', '000001.ndjson')))
}

function read(dir: string, name: string): Promise<string> {
  return readFile(join(dir, name), 'utf8')
}

function rowsIn(text: string): number {
  return text.split('\n').length - 1
}
