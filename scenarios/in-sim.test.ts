/** The scenarios as users run them, in virtual time: as expected, exact against theory, and byte for byte repeatable. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { readRun } from '../results/read.ts'
import { isMark } from '../results/schema.ts'
import { chooseParameters } from './engine/parameters.ts'
import { runScenario } from './engine/run-scenario.ts'
import { SCENARIOS } from './index.ts'
import { startRuntime } from './runtimes/start-runtime.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const SILENT = { started() {}, cellStarted() {}, cellProgress() {}, cellDone() {}, extended() {}, drawing() {} }
const PROVENANCE = {
  git: null,
  versions: { node: '24.0.0', swarmlab: '0.0.0', dependencies: {} },
  machine: { cpu: 'x', cores: 2, memoryBytes: 1, os: 'x', arch: 'x' },
}

async function runInSim(name: string, seed: number, set: readonly string[] = [], workers?: number) {
  const scenario = SCENARIOS.find((each) => each.name === name)!
  const folder = await mkdtemp(join(tmpdir(), 'swarmlab-test-'))
  folders.push(folder)
  const dir = join(folder, 'run')
  const runtime = await startRuntime('sim', workers === undefined ? {} : { workers })
  const outcome = await runScenario({
    scenario,
    runtime,
    choice: chooseParameters(scenario, 'sim', set, []),
    seed,
    repeats: 1,
    dir,
    resume: false,
    signal: new AbortController().signal,
    observer: SILENT,
    provenance: PROVENANCE,
    now: () => new Date(0),
  })
  await runtime.close()
  return { dir, outcome, record: await readRun(dir) }
}

const textOf = (dir: string, file: string) => readFile(join(dir, file), 'utf8')

/** Where a whole sweep would take too long. */
const QUICK: Readonly<Record<string, readonly string[]>> = {
  'picker-ablation': ['leechers=3', 'contentMib=8'],
  'slow-peers': ['slowKbit=16'],
  'flash-crowd': ['leechers=8', 'contentMib=4'],
  'steady-swarm': ['arrivalsPerSecond=0.5', 'horizonSeconds=60', 'originMibs=0.25', 'contentMib=1', 'upMibs=0.05'],
  'free-riders': ['leechers=6', 'contentMib=2', 'freeRiderPercent=50'],
  'bandwidth-classes': ['leechersPerClass=2', 'contentMib=1', 'seedUpKbit=1600'],
  churn: ['leechers=6', 'contentMib=2', 'leaverPercent=50'],
  'missing-piece': ['arrivalsPerSecond=1', 'horizonSeconds=30'],
  'seed-fairness': ['leechers=6', 'uploadSlots=1', 'horizonSeconds=450'],
  nat: ['leechers=6', 'contentMib=8', 'natPercent=50'],
}

const IN_SIM = SCENARIOS.filter(({ runtimes }) => runtimes.includes('sim'))

describe.each(IN_SIM.map(({ name }) => name))('%s', (name) => {
  test('is as expected, and leaves a record, a chart and a summary', async () => {
    const { dir, outcome, record } = await runInSim(name, 1, QUICK[name])
    const { headline } = SCENARIOS.find((each) => each.name === name)!
    expect(record.cells.filter(({ measures }) => measures[headline] === undefined)).toEqual([])
    expect(outcome.verdict).toMatch(/^Passed/)
    expect(record.cells.every(({ ok }) => ok)).toBe(true)
    expect(await textOf(dir, 'summary.md')).toContain('**Passed')
    for (const chart of outcome.charts) expect((await readFile(join(dir, chart))).length).toBeGreaterThan(10_000)
  })
})

test('the same seed gives the same bytes, another seed another trace', async () => {
  const [one, again, other] = [
    await runInSim('multi-peer-drop', 11),
    await runInSim('multi-peer-drop', 11),
    await runInSim('multi-peer-drop', 12),
  ]
  for (const file of ['cells.ndjson', 'timeline.ndjson']) {
    expect(await textOf(again.dir, file)).toBe(await textOf(one.dir, file))
  }
  expect(other.record.cells[0]!.measures.traceHash).not.toBe(one.record.cells[0]!.measures.traceHash)
})

test('cells side by side in threads leave the same bytes as one after another', async () => {
  const set = ['contentMib=1', 'picker=random']
  const [one, three] = [await runInSim('picker-ablation', 7, set), await runInSim('picker-ablation', 7, set, 3)]
  for (const file of ['cells.ndjson', 'timeline.ndjson']) {
    expect(await textOf(three.dir, file)).toBe(await textOf(one.dir, file))
  }
  expect(one.record.cells).toHaveLength(3)
})

test('T1 and T2 hold within 0.5 % in every cell', async () => {
  const runs = [await runInSim('pipeline-depth', 3), await runInSim('speed-vs-peers', 3)]
  const cells = runs.flatMap(({ record }) => record.cells)
  expect(cells).toHaveLength(28 + 7)
  for (const { measures, predicted, parameters } of cells) {
    const deviation = measures.throughputBytesPerSecond! / predicted!.throughputBytesPerSecond! - 1
    expect(Math.abs(deviation), JSON.stringify(parameters)).toBeLessThan(0.005)
  }
})

test.each([
  ['two peers, of which one goes', ['peers=2']],
  ['ten peers', ['peers=10', 'contentMib=16']],
  ['early', ['dropAtPercent=2']],
  ['late', ['dropAtPercent=95']],
  ['a shallow pipeline over a long path', ['pipelineDepth=1', 'rttMs=200', 'contentMib=4']],
  ['a deep pipeline', ['pipelineDepth=200']],
  ['small pieces', ['pieceKib=16', 'contentMib=4']],
  ['pieces larger than the content', ['pieceKib=16384', 'contentMib=1']],
])('multi-peer-drop holds elsewhere too: %s', async (_, set) => {
  const { record } = await runInSim('multi-peer-drop', 5, set)
  expect(record.cells[0]!.failure).toBeUndefined()
})

describe('what a scenario says can fail', () => {
  async function failuresOf(name: string, set: readonly string[]): Promise<(string | undefined)[]> {
    const { record } = await runInSim(name, 1, set)
    return record.cells.map(({ failure }) => failure)
  }

  test('peers that stall for good leave what the others give', async () => {
    expect(await failuresOf('flaky-peers', ['fault=stall', 'flakyPeers=5', 'downSeconds=60'])).toEqual([undefined])
  })

  test('more corrupters than honest peers are still found', async () => {
    expect(await failuresOf('corrupt-peers', ['corruptPercent=100', 'corrupters=9', 'contentMib=8'])).toEqual([
      undefined,
    ])
  })

  test('forty peers that are all but dead cost the end of a short download', async () => {
    expect(await failuresOf('slow-peers', ['slowKbit=1', 'slowPeers=40', 'contentMib=8'])).toEqual([
      expect.stringMatching(/^complete within .* as the fast peers alone could give it/),
    ])
  })
})

test('a crash costs what was unfinished, and the same seed crashes the same', async () => {
  const set = ['crashAtPercent=33', 'fastResume=on', 'contentMib=8']
  const [one, again] = [await runInSim('resume-after-crash', 4, set), await runInSim('resume-after-crash', 4, set)]
  expect(one.record.cells[0]!.failure).toBeUndefined()
  expect(one.record.timeline.filter(isMark).map(({ mark }) => mark)).toEqual(
    expect.arrayContaining(['crashed', 'restarted', 'verified-on-disk', 'completed']),
  )
  expect(await textOf(again.dir, 'cells.ndjson')).toBe(await textOf(one.dir, 'cells.ndjson'))
})

test('rarest first sends one copy sooner than in order, where everybody asks the seed for the same', async () => {
  const { record } = await runInSim('picker-ablation', 2, ['leechers=4', 'contentMib=4'])
  const of = (picker: string) => record.cells.find(({ parameters }) => parameters.picker === picker)!.measures
  expect(of('sequential').seedCopySeconds).toBeGreaterThan(2 * of('rarest-first').seedCopySeconds!)
  expect(of('sequential').meanCompletionSeconds).toBeGreaterThan(of('rarest-first').meanCompletionSeconds!)
})
