import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSource, readTorrentBytes, readTorrentFile } from './read-torrent.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/torrents/', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-read-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a .torrent on disk', async () => {
  const torrent = await readTorrentFile(join(FIXTURES, 'mktorrent-single.torrent'))
  expect(torrent).toMatchObject({ name: 'single-11.bin', infohashV1: '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' })
})

test('a source is a magnet link or the path of a .torrent', async () => {
  const infohash = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20'
  expect(await readSource(`MAGNET:?xt=urn:btih:${infohash}`)).toMatchObject({ kind: 'magnet', magnet: { infohash } })
  const source = await readSource(join(FIXTURES, 'mktorrent-single.torrent'))
  expect(source).toMatchObject({ kind: 'torrent', torrent: { infohashV1: infohash } })
  const message = 'magnet link: xt: expected urn:btih: and an infohash, found nothing'
  await expect(readSource('magnet:?dn=x')).rejects.toMatchObject({ exitCode: 2, message })
})

test.each<[string, string, string]>([
  ['no file', 'missing.torrent', 'PATH: no such file or folder'],
  ['a folder', '.', 'PATH: is a folder'],
  ['no torrent', 'text.torrent', "PATH: not a .torrent: byte 0: expected a value (i, l, d or a digit), found 0x68 'h'"],
  ['an empty file', 'empty.torrent', 'PATH: not a .torrent: byte 0: expected a value, found the end of the input'],
  ['a cut file', 'cut.torrent', 'PATH: info: expected this key, found nothing'],
])('%s is one line that names it, exit code 2', async (_, name, problem) => {
  await writeFile(join(folder, 'text.torrent'), 'hello')
  await writeFile(join(folder, 'empty.torrent'), '')
  await writeFile(join(folder, 'cut.torrent'), 'd4:name1:xe')
  const path = join(folder, name)
  const message = problem.replace('PATH', path)
  await expect(readTorrentFile(path)).rejects.toMatchObject({ exitCode: 2, message })
})

test.runIf(process.platform === 'linux')(
  'no more is read than a .torrent may have, of a file without an end',
  async () => {
    expect((await readTorrentBytes('/dev/zero')).length).toBe(10_000_001)
    await expect(readTorrentFile('/dev/zero')).rejects.toThrow(
      '/dev/zero: byte 10000000: expected at most 10000000 bytes, found 10000001',
    )
  },
)
