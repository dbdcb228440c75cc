import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolders } from './make-folders.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'make-folders-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

test('makes what is missing, and is content with what is there, links to folders too', async () => {
  const folder = path.join(root, 'a/b/c')
  await makeFolders(folder)
  await makeFolders(folder)
  fs.symlinkSync(folder, path.join(root, 'link'))
  await makeFolders(path.join(root, 'link/d'))
  await makeFolders(path.join(root, 'link'))
  expect(fs.readdirSync(folder)).toEqual(['d'])
})

test('a file in the way is an error, above as well as in place of the folder', async () => {
  fs.writeFileSync(path.join(root, 'file'), '')
  await expect(makeFolders(path.join(root, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(makeFolders(path.join(root, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.runIf(fs.existsSync('/proc/self'))('where nobody can make a folder, it comes back (/proc/a/b)', async () => {
  await expect(makeFolders('/proc/a/b')).rejects.toMatchObject({ code: 'ENOENT' })
})
