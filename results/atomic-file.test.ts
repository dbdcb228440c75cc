import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeUnfinished, writeAtomically } from './atomic-file.ts'
import { onDisk } from './record-error.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmlab-atomic-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a file is replaced whole and nothing stays beside it', async () => {
  const path = join(root, 'a.txt')
  await writeAtomically(path, 'one')
  await writeAtomically(path, new TextEncoder().encode('two'))
  expect(await readFile(path, 'utf8')).toBe('two')
  expect(await readdir(root)).toEqual(['a.txt'])
})

test('what cannot be put in place leaves the old content and no rest', async () => {
  await mkdir(join(root, 'a.txt'))
  await writeFile(join(root, 'a.txt', 'old'), 'old')
  await expect(writeAtomically(join(root, 'a.txt'), 'new')).rejects.toMatchObject({ code: 'not-writable' })
  expect(await readdir(root)).toEqual(['a.txt'])
  expect(await readFile(join(root, 'a.txt', 'old'), 'utf8')).toBe('old')
})

test('only what a killed writer left is removed', async () => {
  await writeFile(join(root, 'a.txt'), '')
  await writeFile(join(root, 'a.txt.unfinished'), '')
  await removeUnfinished(root)
  expect(await readdir(root)).toEqual(['a.txt'])
})

test.each([
  ['ENOENT', 'missing', 'p: there is no such file or folder'],
  ['ENOSPC', 'disk-full', 'p: the disk is full (ENOSPC)'],
  ['EDQUOT', 'disk-full', 'p: the disk is full (EDQUOT)'],
  ['EACCES', 'not-writable', 'p: no permission (EACCES)'],
  ['EROFS', 'not-writable', 'p: the file system is read-only (EROFS)'],
  ['EIO', 'not-writable', 'p: the system refused (EIO)'],
])('%s is the fault %s, in one line that names the file', async (errno, code, message) => {
  const refused = Object.assign(new Error('refused'), { code: errno })
  await expect(onDisk('p', () => Promise.reject(refused))).rejects.toMatchObject({ code, message })
})

test('an error that is not of the disk stays what it is', async () => {
  const bug = new TypeError('bug')
  await expect(onDisk('p', () => Promise.reject(bug))).rejects.toBe(bug)
})
