import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { createTorrent } from '../metainfo/create-torrent.ts'
import { capturedOutput, runCommand } from '../node/captured-output.testing.ts'
import { verifyCommand } from './verify.ts'

// In one process the command runs many times; signals are for the test that starts it as one.
vi.mock('../node/signals.ts', async (original) => ({
  ...(await original<typeof import('../node/signals.ts')>()),
  nextSignal: () => new Promise(() => {}),
  endProcessSoon: () => {},
}))

const FIXTURES = path.join(import.meta.dirname, '../fixtures')
const CONTENT = path.join(FIXTURES, 'content')
const SINGLE = path.join(FIXTURES, 'torrents/mktorrent-single.torrent')
const MULTI = path.join(FIXTURES, 'torrents/transmission-multi.torrent')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'swarmlab-verify-'))
const endings: (() => void)[] = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
})
afterAll(() => fs.rmSync(scratch, { recursive: true }))

const output = capturedOutput()

async function verify(...argv: string[]) {
  output.clear()
  const code = await runCommand(verifyCommand, argv)
  return { code, lines: output.stdout.split('\n').slice(0, -1), problem: output.stderr }
}

/** A copy of the fixtures' content that may be hurt. */
function copied(): string {
  const folder = fs.mkdtempSync(path.join(scratch, 'c-'))
  fs.cpSync(CONTENT, folder, { recursive: true })
  return folder
}

/** Paths, sizes, times and bytes of all that is in it. */
function everything(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true }).map((name) => {
    const file = path.join(folder, String(name))
    const found = fs.statSync(file)
    return `${name} ${found.size} ${found.mtimeMs} ${found.isFile() ? fs.readFileSync(file, 'base64') : ''}`
  })
}

test('content that is right: one line, and 0', async () => {
  const { code, lines, problem } = await verify(SINGLE, '--from', CONTENT)
  expect([code, problem]).toEqual([0, ''])
  expect(lines).toEqual([expect.stringMatching(/^single-11\.bin: all 756\.2 KiB are right, 24 pieces in \d+\.\d s$/)])
})

test('--json: "verified" last, with a summary of each file', async () => {
  const { code, lines } = await verify(MULTI, '--from', CONTENT, '--json')
  expect(code).toBe(0)
  const last = JSON.parse(lines.at(-1) ?? '')
  expect(last).toMatchObject({ event: 'verified', complete: true, badPieces: 0, foundNothing: false, fault: null })
  expect(last.seconds).toBeGreaterThan(0)
  expect(last.files.length).toBeGreaterThan(3)
  expect(new Set(last.files.map((file: { state: string }) => file.state))).toEqual(new Set(['complete']))
})

test('content that is not: which files and pieces, on stderr one line, 1; and nothing is changed', async () => {
  const folder = copied()
  const file = path.join(folder, 'multi/sub/b.bin')
  const bytes = fs.readFileSync(file)
  bytes[0]! ^= 1
  fs.writeFileSync(file, bytes)
  fs.rmSync(path.join(folder, 'multi/a.txt'))
  fs.mkdirSync(path.join(folder, 'locked'), { mode: 0o500 })
  const before = everything(folder)
  const { code, lines, problem } = await verify(MULTI, '--from', folder)
  expect(code).toBe(1)
  expect(lines).toContain('  multi/a.txt: missing')
  expect(lines.find((line) => line.includes('multi/sub/b.bin'))).toMatch(/^ {2}multi\/sub\/b\.bin: \d+ of \d+ pieces /)
  expect(problem).toMatch(/^swarmlab: multi: \d+ of \d+ pieces are missing or wrong: multi\/a\.txt.*\n$/)
  expect(everything(folder)).toEqual(before)
})

test('--json of such content says so too, before the line on stderr', async () => {
  const folder = copied()
  fs.truncateSync(path.join(folder, 'single-11.bin'), 400_000) // 12 whole pieces of 32 KiB, and a part
  const { code, lines, problem } = await verify(SINGLE, '--from', folder, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    event: 'verified',
    complete: false,
    pieceCount: 24,
    badPieces: 12,
    files: [{ path: 'single-11.bin', lengthBytes: 774_354, foundBytes: 400_000, badPieces: 12, state: 'short' }],
  })
  expect(problem).toBe('swarmlab: single-11.bin: 12 of 24 pieces are missing or wrong: single-11.bin\n')
})

test('a file that is longer than in the torrent is not complete', async () => {
  const folder = copied()
  fs.appendFileSync(path.join(folder, 'single-11.bin'), 'x')
  const { code, lines, problem } = await verify(SINGLE, '--from', folder)
  expect([code, lines]).toEqual([1, ["  single-11.bin: it has 774355 bytes, the torrent's has 774354"]])
  expect(problem).toBe('swarmlab: single-11.bin: longer than in the torrent: single-11.bin\n')
})

test.each([
  ['no torrent', [path.join(CONTENT, 'tiny.txt'), '--from', CONTENT], /tiny\.txt: not a \.torrent: /],
  ['a v2-only torrent', [path.join(FIXTURES, 'torrents/libtorrent-v2-only-single.torrent'), '--from', '.'], /v2-only/],
  ['no --from', [SINGLE], /^swarmlab: --from is missing\n$/],
  ['a folder that is not there', [SINGLE, '--from', '/nowhere'], /^swarmlab: \/nowhere: no such file or directory/],
  ['a file for a folder', [SINGLE, '--from', SINGLE], /single\.torrent: not a directory \(ENOTDIR\)\n$/],
])('%s is wrong usage (2)', async (_, argv, message) => {
  const { code, lines, problem } = await verify(...argv)
  expect([code, lines]).toEqual([2, []])
  expect(problem).toMatch(message)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it at once with %i', async (signal, code) => {
  const folder = fs.mkdtempSync(path.join(scratch, 'big-'))
  const lengthBytes = 2 ** 36 // of holes: no room on the disk, but a minute to hash
  fs.writeFileSync(path.join(folder, 'big'), '')
  fs.truncateSync(path.join(folder, 'big'), lengthBytes)
  const torrent = createTorrent({
    name: 'big',
    content: { kind: 'single', lengthBytes },
    pieceLengthBytes: 2 ** 24,
    pieceHashes: new Uint8Array(20 * 2 ** 12),
    trackers: [],
    private: false,
    createdBy: 'test',
  })
  fs.writeFileSync(path.join(folder, 'big.torrent'), torrent)
  const main = path.join(import.meta.dirname, 'main.ts')
  const argv = ['verify', path.join(folder, 'big.torrent'), '--from', folder, '--json']
  const child = spawn(process.execPath, [main, ...argv])
  endings.push(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const firstLine = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      resolve()
    })
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  await firstLine
  child.kill(signal)
  expect(await ended).toBe(code)
  const events = lines.map((line) => JSON.parse(line))
  expect(events.map(({ event }) => event)).not.toContain('verified')
  expect(events.at(-1).pieces).toBeLessThan(events.at(-1).ofPieces / 2)
})
