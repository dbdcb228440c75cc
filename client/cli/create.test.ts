import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { SyntheticContent } from '../metainfo/synthetic-content.ts'
import { capturedOutput, runCommand } from '../node/captured-output.testing.ts'
import { torrentFromBytes } from '../node/read-torrent.ts'
import { createCommand } from './create.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'swarmlab-create-')))
const content = join(folder, 'content')
mkdirSync(content)
writeFileSync(join(content, 'a.bin'), 'hello')
afterAll(() => rmSync(folder, { recursive: true }))

const output = capturedOutput()
beforeEach(() => {
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})

function create(...argv: string[]): Promise<number> {
  output.clear()
  return runCommand(createCommand, argv)
}

const torrentAt = (name: string) => torrentFromBytes(readFileSync(join(folder, name)), name).torrent

test('a folder becomes NAME.torrent where the user is; each tracker is a tier', async () => {
  const trackers = ['--tracker', 'http://127.0.0.1:1/announce', '--tracker', 'udp://127.0.0.1:2']
  expect(await create('content', ...trackers, '--private', '--piece-length', '32KiB')).toBe(0)
  expect(output.stdout).toMatch(/^content\n(.*\n)*written to .*\/content\.torrent\n$/)
  expect(torrentAt('content.torrent')).toMatchObject({
    name: 'content',
    private: true,
    trackers: [['http://127.0.0.1:1/announce'], ['udp://127.0.0.1:2']],
    geometry: { pieceLengthBytes: 32_768, totalBytes: 5 },
    files: [{ path: ['content', 'a.bin'], lengthBytes: 5 }],
  })
})

test('--pad puts padding between the files', async () => {
  const padded = join(folder, 'two')
  mkdirSync(padded)
  for (const name of ['a', 'b']) writeFileSync(join(padded, name), 'hello')
  expect(await create('two', '--pad')).toBe(0)
  expect(torrentAt('two.torrent').files.map(({ pad }) => pad)).toEqual([false, true, false])
  expect(output.stdout).toContain('of padding')
})

test('--json says what was made and where', async () => {
  expect(await create('content/a.bin', '--out', 'x.torrent', '--json')).toBe(0)
  expect(JSON.parse(output.stdout)).toMatchObject({
    event: 'created',
    out: join(folder, 'x.torrent'),
    name: 'a.bin',
    infohashV1: torrentAt('x.torrent').infohashV1,
    trackers: [],
  })
})

test('synthetic content needs no file, and its bytes are what the hashes are of', async () => {
  expect(await create('--synthetic', '100KiB', '--content-seed', '7', '--tracker', 'http://127.0.0.1:1/')).toBe(0)
  const torrent = torrentAt('synthetic-7-102400.bin.torrent')
  expect(torrent).toMatchObject({ name: 'synthetic-7-102400.bin', geometry: { totalBytes: 102_400 } })
  writeFileSync(join(folder, torrent.name), new SyntheticContent(102_400, 7).read(0, 102_400))
  expect(await create(torrent.name, '--out', 'again.torrent')).toBe(0)
  expect(torrentAt('again.torrent').infohashV1).toBe(torrent.infohashV1)
})

describe('the content is never written to', () => {
  symlinkSync('content', join(folder, 'link'))
  test.each([
    ['a file itself', ['content/a.bin', '--out', 'content/a.bin']],
    ['a file in the folder', ['content', '--out', 'content/a.bin']],
    ['a new file in the folder', ['content', '--out', 'content/new.torrent']],
    ['by another path', ['content', '--out', 'link/new.torrent']],
    ['a link to the folder', ['link', '--out', 'content/new.torrent']],
  ])('%s', async (_, argv) => {
    expect(await create(...argv)).toBe(2)
    expect(output.stderr).toMatch(/^swarmlab: .* would be written into the content: say --out FILE\n$/)
    expect(readdirSync(content)).toEqual(['a.bin'])
    expect(readFileSync(join(content, 'a.bin'), 'utf8')).toBe('hello')
  })
})

describe('wrong usage is one line and exit code 2, and nothing is written', () => {
  const pieceLength = 'wants a power of two from 16384 to 536870912 bytes, not'
  test.each([
    ['', '<path> or --synthetic is missing'],
    ['--content-seed 3', '<path> or --synthetic is missing'],
    ['--synthetic 1MiB', '--content-seed is missing'],
    ['content --synthetic 1MiB --content-seed 3', 'either <path> or --synthetic, not both'],
    ['content --content-seed 3', '--content-seed goes with --synthetic, not with <path>'],
    ['--synthetic lots --content-seed 3', '--synthetic wants a size like 1048576, 64k, 24MiB or 1GiB, not "lots"'],
    ['--synthetic 1 --content-seed x', '--content-seed wants a whole number from 0 to 9007199254740991, not "x"'],
    ['content --tracker 127.0.0.1:1', '--tracker wants an http, https or udp URL, not "127.0.0.1:1"'],
    ['content --tracker ftp://a/', '--tracker wants an http, https or udp URL, not "ftp://a/"'],
    ['content --no-tracker', '--tracker wants a value'],
    ['content --piece-length 8192', `--piece-length ${pieceLength} "8192"`],
    ['content --piece-length 17000', `--piece-length ${pieceLength} "17000"`],
    ['content --piece-length 1GiB', `--piece-length ${pieceLength} "1GiB"`],
    ['missing', `${folder}/missing: no such file or folder`],
  ])('create %s', async (line, problem) => {
    const before = readdirSync(folder)
    expect(await create(...line.split(' ').filter((word) => word !== ''))).toBe(2)
    expect(output.stderr).toBe(`swarmlab: ${problem}\n`)
    expect(readdirSync(folder)).toEqual(before)
  })
})

test('a place that cannot be written is one line and exit code 1', async () => {
  expect(await create('content', '--out', 'nowhere/x.torrent')).toBe(1)
  expect(output.stderr).toBe(`swarmlab: ${folder}/nowhere/x.torrent: no such file or folder\n`)
})
