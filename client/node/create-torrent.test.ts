import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SyntheticContent } from '../metainfo/synthetic-content.ts'
import { createSyntheticTorrent, createTorrentFromPath } from './create-torrent.ts'
import { torrentFromBytes } from './read-torrent.ts'

const CONTENT = fileURLToPath(new URL('../fixtures/content/', import.meta.url))
const infohashOf = (bytes: Uint8Array) => torrentFromBytes(bytes, '').torrent.infohashV1

let folder = ''
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'swarmlab-create-')))
})
afterAll(() => rm(folder, { recursive: true }))

// Infohashes that mktorrent, transmission-create and libtorrent gave the same content.
test.each([
  ['single-11.bin', 32_768, false, '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20'],
  ['single-11.bin', 262_144, false, 'd8ce21e81eb428f5d70d16920b873f5b0ea5c0f3'],
  ['single-11.bin', 16_384, false, '9049c91e35e629e592760517b8fad85f5b32ba09'],
  ['tiny.txt', 32_768, false, '4cf28b3e6fb5784449f87b44bd0ecdfda018e083'],
  ['multi', 65_536, true, 'b201539b406d97f5619d9912eb7a26b4a5ef28dd'],
])(
  '%s in pieces of %i gets the infohash that other programs give it',
  async (name, pieceLengthBytes, isPrivate, infohash) => {
    const created = await createTorrentFromPath(join(CONTENT, name), {
      trackers: [['http://127.0.0.1:6969/announce']],
      pieceLengthBytes,
      private: isPrivate,
    })
    expect(created.name).toBe(name)
    const { torrent } = torrentFromBytes(created.bytes, name)
    expect(torrent.createdBy).toMatch(/^swarmlab \d+\.\d+\.\d+$/)
    expect(torrent.creationDate).toBe(null)
    expect(torrent.infohashV1).toBe(infohash)
  },
)

test('with padding each file starts a piece, and padding is hashed as zeros (BEP 47)', async () => {
  const padded = join(folder, 'padded')
  await mkdir(padded)
  await writeFile(join(padded, 'a'), 'a'.repeat(20_000))
  await writeFile(join(padded, 'b'), 'b'.repeat(10))
  const { bytes } = await createTorrentFromPath(padded, { trackers: [], pieceLengthBytes: 16_384, pad: true })
  const { torrent } = torrentFromBytes(bytes, '')
  expect(torrent.files.map(({ path, offsetBytes, pad }) => [path.join('/'), offsetBytes, pad])).toEqual([
    ['padded/a', 0, false],
    ['padded/.pad/12768', 20_000, true],
    ['padded/b', 32_768, false],
  ])
  const pieces = ['a'.repeat(16_384), `${'a'.repeat(3_616)}${'\0'.repeat(12_768)}`, 'b'.repeat(10)]
  const hashes = pieces.map((piece) => createHash('sha1').update(piece).digest())
  expect(torrent.pieceHashes).toEqual(new Uint8Array(Buffer.concat(hashes)))
})

test('a single file needs no padding', async () => {
  const path = join(CONTENT, 'tiny.txt')
  const options = { trackers: [], pieceLengthBytes: 16_384 }
  const [plain, padded] = await Promise.all(
    [options, { ...options, pad: true }].map((each) => createTorrentFromPath(path, each)),
  )
  expect(padded?.bytes).toEqual(plain?.bytes)
})

test('pieces of any length in relation to what is read at once', async () => {
  const content = new SyntheticContent(3_000_000, 1)
  const path = join(folder, 'synthetic-1-3000000.bin')
  await writeFile(path, content.read(0, content.totalBytes))
  for (const pieceLengthBytes of [16_384, 1_048_576, 4_194_304]) {
    const options = { trackers: [], pieceLengthBytes }
    const fromDisk = await createTorrentFromPath(path, options)
    const synthetic = createSyntheticTorrent({ totalBytes: content.totalBytes, contentSeed: 1, ...options })
    expect(infohashOf(fromDisk.bytes)).toBe(infohashOf(synthetic.bytes))
    expect(fromDisk.name).toBe(synthetic.name)
  }
})

test('synthetic content of several files is the torrent of the files that are written', async () => {
  const fileBytes = [1_000, 40_000, 0, 1_234_567, 5]
  const totalBytes = fileBytes.reduce((sum, bytes) => sum + bytes, 0)
  const options = { trackers: [], pieceLengthBytes: 65_536 }
  const synthetic = createSyntheticTorrent({ totalBytes, contentSeed: 9, fileBytes, ...options })
  const { name, files } = torrentFromBytes(synthetic.bytes, '').torrent
  expect(files.map(({ lengthBytes }) => lengthBytes)).toEqual(fileBytes)
  const content = new SyntheticContent(totalBytes, 9)
  const root = join(folder, 'several')
  for (const { path, offsetBytes, lengthBytes } of files) {
    await mkdir(dirname(join(root, ...path)), { recursive: true })
    await writeFile(join(root, ...path), content.read(offsetBytes, lengthBytes))
  }
  const fromDisk = await createTorrentFromPath(join(root, name), options)
  expect(fromDisk.name).toBe(name)
  // Listed from the disk in order of paths, as here.
  expect(infohashOf(fromDisk.bytes)).toBe(infohashOf(synthetic.bytes))
})

test('the same arguments give the same bytes, another seed or size gives others', () => {
  const create = (totalBytes: number, contentSeed: number) =>
    createSyntheticTorrent({ totalBytes, contentSeed, trackers: [] }).bytes
  expect(create(100_000, 3)).toEqual(create(100_000, 3))
  const infohashes = [create(100_000, 3), create(100_000, 4), create(100_001, 3)].map(infohashOf)
  expect(new Set(infohashes).size).toBe(3)
})

test('content of no bytes is a torrent of no pieces', () => {
  const { bytes } = createSyntheticTorrent({ totalBytes: 0, contentSeed: 1, trackers: [] })
  expect(torrentFromBytes(bytes, '').torrent.geometry.pieceCount).toBe(0)
})

describe('what cannot become a torrent is refused in one line', () => {
  const refusal = (name: string) => createTorrentFromPath(join(folder, name), { trackers: [] }).catch((error) => error)

  test('too many pieces for a .torrent, before anything is hashed', () => {
    const huge = { totalBytes: 2 ** 40, contentSeed: 1, trackers: [], pieceLengthBytes: 16_384 }
    expect(() => createSyntheticTorrent(huge)).toThrow(
      'the .torrent would have 1342177280 bytes, more than the 10000000 it may: use longer pieces',
    )
  })

  test.each<[string, (path: string) => Promise<unknown>, string]>([
    ['missing', async () => {}, 'PATH: no such file or folder'],
    ['empty', (path) => mkdir(path), 'PATH: has no files'],
    ['a\\b', (path) => writeFile(path, 'x'), 'PATH: a torrent cannot carry this name safely; rename it'],
    ['.swarmlab', (path) => mkdir(path), 'PATH: a torrent cannot carry this name safely; rename it'],
    ['circle', (path) => symlink('circle', path), 'PATH: a circle of symbolic links'],
    [
      'inside',
      async (path) => {
        await mkdir(path)
        await writeFile(join(path, '\u202egpj.exe'), 'x')
      },
      'PATH/\u202egpj.exe: a torrent cannot carry this name safely; rename it',
    ],
    [
      'loop',
      async (path) => {
        await mkdir(path)
        await symlink('.', join(path, 'self'))
      },
      'PATH/self',
    ],
  ])('%s', async (name, make, problem) => {
    await make(join(folder, name))
    const error = await refusal(name)
    expect(error).toMatchObject({ exitCode: 2 })
    expect(error.message).toContain(problem.replace('PATH', join(folder, name)))
  })
})

test('files are sorted by the bytes of their paths, and links to files are followed', async () => {
  const root = join(folder, 'sorted')
  await mkdir(join(root, 'b'), { recursive: true })
  for (const name of ['b/x', 'b.txt', 'a', 'é', 'Z']) await writeFile(join(root, name), name)
  await symlink('a', join(root, 'link'))
  const { bytes } = await createTorrentFromPath(root, { trackers: [] })
  const paths = torrentFromBytes(bytes, '').torrent.files.map(({ path }) => path.slice(1).join('/'))
  expect(paths).toEqual(['Z', 'a', 'b.txt', 'b/x', 'link', 'é'])
})
