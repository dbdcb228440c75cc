/** The scenarios as users run them, in virtual time: as expected, exact against theory, and byte for byte repeatable. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { readRun } from '../results/read.ts'
import { chooseParameters } from './engine/parameters.ts'
import { runScenario } from './engine/run-scenario.ts'
import { SCENARIOS } from './index.ts'
import { simRuntime } from './runtimes/sim/sim-runtime.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const SILENT = { started() {}, cellStarted() {}, cellProgress() {}, cellDone() {}, drawing() {} }
const PROVENANCE = {
  git: null,
  versions: { node: '24.0.0', swarmlab: '0.0.0', dependencies: {} },
  machine: { cpu: 'x', cores: 2, memoryBytes: 1, os: 'x', arch: 'x' },
}

async function runInSim(name: string, seed: number, set: readonly string[] = [], repeats = 1) {
  const scenario = SCENARIOS.find((each) => each.name === name)!
  const folder = await mkdtemp(join(tmpdir(), 'swarmlab-test-'))
  folders.push(folder)
  const dir = join(folder, 'run')
  const outcome = await runScenario({
    scenario,
    runtime: simRuntime(),
    choice: chooseParameters(scenario, 'sim', set, []),
    seed,
    repeats,
    dir,
    resume: false,
    signal: new AbortController().signal,
    observer: SILENT,
    provenance: PROVENANCE,
    now: () => new Date(0),
  })
  return { dir, outcome, record: await readRun(dir) }
}

const textOf = (dir: string, file: string) => readFile(join(dir, file), 'utf8')

describe.each(SCENARIOS.map(({ name }) => name))('%s', (name) => {
  test('is as expected, and leaves a record, a chart and a summary', async () => {
    const { dir, outcome, record } = await runInSim(name, 1)
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
