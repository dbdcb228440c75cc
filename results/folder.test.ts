import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newestIncompleteRun, newRunFolder } from './folder.ts'
import { sampleCell, sampleClock, samplePlan } from './sample.testing.ts'
import { createRun } from './store.ts'

const NOW = new Date(Date.UTC(2026, 0, 31, 9, 30, 15, 250))
const SCENARIO = 'speed-vs-peers'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmlab-folder-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a run folder is named by the second it started in, and never twice the same', async () => {
  const first = await newRunFolder(root, SCENARIO, NOW)
  expect(first).toBe(join(root, SCENARIO, '2026-01-31T093015Z'))
  await mkdir(first, { recursive: true })
  await mkdir(`${first}-2`)
  expect(await newRunFolder(root, SCENARIO, NOW)).toBe(`${first}-3`)
})

test('the newest run that is not complete is found, complete ones and other folders are passed over', async () => {
  expect(await newestIncompleteRun(root, SCENARIO)).toBeNull()
  await run('2026-01-31T093015Z', 'killed')
  await run('2026-01-31T093015Z-2', 'killed')
  await run('2026-01-31T093015Z-10', 'interrupted')
  await run('2026-02-01T000000Z', 'complete')
  await mkdir(join(root, SCENARIO, '2026-03-01T000000Z'))
  expect(await newestIncompleteRun(root, SCENARIO)).toBe(join(root, SCENARIO, '2026-01-31T093015Z-10'))
  expect(await newestIncompleteRun(root, 'pipeline-depth')).toBeNull()
})

test('a manifest that breaks the schema is named, not passed over', async () => {
  const dir = join(root, SCENARIO, '2026-01-31T093015Z')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'manifest.json'), '{"schema":1}')
  await expect(newestIncompleteRun(root, SCENARIO)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(`${join(dir, 'manifest.json')}: scenario: `),
  })
})

async function run(name: string, end: 'killed' | 'interrupted' | 'complete'): Promise<void> {
  const dir = join(root, SCENARIO, name)
  await mkdir(join(root, SCENARIO), { recursive: true })
  const plan = samplePlan({ cellsTotal: 1 })
  const started = await createRun({ dir, plan, now: sampleClock().now })
  if (end === 'complete') await started.add(sampleCell(0))
  if (end !== 'killed') await started.finish(end)
}
