import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeAtomically } from './atomic-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-atomic-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a file is replaced whole, and nothing else is left', async () => {
  const path = join(folder, 'file')
  await writeFile(path, 'old and longer')
  await writeAtomically(path, 'new')
  expect(await readFile(path, 'utf8')).toBe('new')
  expect(await readdir(folder)).toEqual(['file'])
})

test('what cannot be written leaves what was there, and the error names the place', async () => {
  const path = join(folder, 'sub')
  await mkdir(join(path, 'kept'), { recursive: true })
  await expect(writeAtomically(path, 'new')).rejects.toMatchObject({ path })
  expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('unfinished'))
  expect(await readdir(path)).toEqual(['kept'])
})
