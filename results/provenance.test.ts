import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { provenanceOf } from './provenance.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmlab-provenance-'))
  await mkdir(join(root, 'node_modules', 'zod'), { recursive: true })
  await writeFile(join(root, 'package.json'), '{"version":"0.1.0","dependencies":{"zod":"^4.0.0"}}')
  await writeFile(join(root, 'node_modules', 'zod', 'package.json'), '{"version":"4.6.7"}')
  await writeFile(join(root, '.gitignore'), 'node_modules/\n')
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('versions are those installed, not those asked for', async () => {
  expect((await provenanceOf(root, '24.21.0')).versions).toEqual({
    node: '24.21.0',
    swarmlab: '0.1.0',
    dependencies: { zod: '4.6.7' },
  })
})

test('git: no checkout, no commit, clean, changed, and a checkout around the project', async () => {
  const state = async (dir: string) => (await provenanceOf(dir, '24.21.0')).git
  expect(await state(root)).toBeNull()
  await git('init')
  expect(await state(root)).toBeNull()
  await git('add', '.')
  await git('commit', '--message', 'all')
  const { stdout: commit } = await git('rev-parse', 'HEAD')
  expect(await state(root)).toEqual({ commit, dirty: false })
  await writeFile(join(root, 'new.ts'), '')
  expect(await state(root)).toEqual({ commit, dirty: true })
  await mkdir(join(root, 'inner', 'node_modules'), { recursive: true })
  await writeFile(join(root, 'inner', 'package.json'), '{"version":"0.1.0"}')
  expect(await state(join(root, 'inner'))).toBeNull()
})

test('a package that is not installed is named', async () => {
  await rm(join(root, 'node_modules', 'zod'), { recursive: true })
  await expect(provenanceOf(root, '24.21.0')).rejects.toMatchObject({
    code: 'missing',
    message: expect.stringContaining(join('node_modules', 'zod', 'package.json')),
  })
})

function git(...args: string[]) {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']
  return execa('git', ['-C', root, ...identity, ...args])
}
