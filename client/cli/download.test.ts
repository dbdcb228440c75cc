import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { execute } from '../node/command-line.ts'
import { downloadCommand } from './download.ts'

const MAIN = path.join(import.meta.dirname, 'main.ts')
/** As npm starts it; it keeps compiled sources between runs. */
const PREFLIGHT = path.join(import.meta.dirname, '../node/preflight.mjs')
const FIXTURES = path.join(import.meta.dirname, '../fixtures')
const TORRENT = path.join(FIXTURES, 'torrents/mktorrent-single.torrent')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'download-'))
const endings: (() => void)[] = []

afterEach(() => {
  for (const end of endings.splice(0)) end()
})
afterAll(() => fs.rmSync(scratch, { recursive: true }))

const freshDir = () => fs.mkdtempSync(path.join(scratch, 'out-'))
const DEFAULTS = ['--no-tracker', '--host', '127.0.0.1', '--port', '0']

function download(...argv: string[]) {
  const child = spawn(process.execPath, ['--import', PREFLIGHT, MAIN, 'download', ...DEFAULTS, ...argv])
  endings.push(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const waiting: { text: string; resolve: (line: string) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line)
  })
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem += chunk
  })
  return {
    child,
    /** The first line from now on that includes `text`. */
    line: (text: string) => new Promise<string>((resolve) => waiting.push({ text, resolve })),
    ended: new Promise<{ code: number | null; lines: string[]; problem: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, lines, problem }))
    }),
  }
}

/** A folder that has the content already. */
function completeDir(): string {
  const folder = freshDir()
  fs.copyFileSync(path.join(FIXTURES, 'content/single-11.bin'), path.join(folder, 'single-11.bin'))
  return folder
}

describe('content that is here already', () => {
  test('is verified and done at once (0); --json says where it listens first and that it is done last', async () => {
    const { code, lines, problem } = await download(TORRENT, '--out', completeDir(), '--json').ended
    expect([code, problem]).toEqual([0, ''])
    const events = lines.map((line) => JSON.parse(line))
    expect(events[0]).toEqual({ event: 'listening', host: '127.0.0.1', port: expect.any(Number) })
    expect(events.at(-1)).toEqual({ event: 'done', seconds: expect.any(Number), bytes: 774_354 })
    expect(events).toContainEqual(expect.objectContaining({ event: 'verified-on-disk', pieces: 24, ofPieces: 24 }))
    const progress = { event: 'progress', pieces: 24, ofPieces: 24, bytes: 774_354, ofBytes: 774_354, peers: [] }
    expect(events.at(-2)).toMatchObject(progress)
  })

  test('--quiet leaves "listening", what happens and "done" of the JSON, and of the text nothing', async () => {
    const [json, text] = await Promise.all([
      download(TORRENT, '--out', completeDir(), '--json', '--quiet').ended,
      download(TORRENT, '--out', completeDir(), '--quiet').ended,
    ])
    const events = json.lines.map((line) => JSON.parse(line).event)
    expect(events).toEqual(['listening', 'started', 'verified-on-disk', 'completed', 'done'])
    expect(text).toEqual({ code: 0, lines: [], problem: '' })
  })

  test('for people: one line where it begins, one when it is done; the log has the rest', async () => {
    const log = path.join(freshDir(), 'log')
    const { lines } = await download(TORRENT, '--out', completeDir(), '--log', log).ended
    expect(lines).toEqual([
      expect.stringMatching(/^single-11\.bin: 756\.2 KiB in 24 pieces; listening on 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^single-11\.bin: all 756\.2 KiB were here already, verified in \d\.\d s$/),
    ])
    const events = fs.readFileSync(log, 'utf8').trimEnd().split('\n')
    expect(events.map((line) => JSON.parse(line).event)).toEqual(['started', 'verified-on-disk', 'completed'])
  })
})

describe('a download that is ended', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %i and says what is here; what is here stays', async (signal, code) => {
    const out = completeDir()
    fs.truncateSync(path.join(out, 'single-11.bin'), 400_000) // 12 whole pieces of 32 KiB, and a part
    const running = download(TORRENT, '--out', out, '--json', '--quiet')
    await running.line('"verified-on-disk"')
    running.child.kill(signal)
    const ended = await running.ended
    expect([ended.code, ended.problem]).toEqual([code, ''])
    const last = JSON.parse(ended.lines.at(-1) ?? '')
    expect(last).toEqual({ event: 'stopped', seconds: expect.any(Number), bytes: 12 * 32_768 })
    expect(fs.statSync(path.join(out, 'single-11.bin')).size).toBe(400_000)
  })
})

describe('what cannot be downloaded', () => {
  const file = path.join(scratch, 'file')
  fs.writeFileSync(file, 'no torrent')
  const v2Only = path.join(FIXTURES, 'torrents/libtorrent-v2-only-single.torrent')

  test.each([
    ['no torrent', [file, '--out', scratch], /file: not a \.torrent: /],
    ['a v2-only torrent', [v2Only, '--out', scratch], /v2-only, which this client cannot download$/],
    ['no --out', [TORRENT], /^--out is missing$/],
    ['a level without a log', [TORRENT, '--out', scratch, '--log-level', 'debug'], /^--log-level goes with --log$/],
    ['a bad peer', [TORRENT, '--out', scratch, '--peer', 'localhost:1'], /^--peer wants ADDRESS:PORT/],
    ['a bad depth', [TORRENT, '--out', scratch, '--pipeline-depth', '2001'], /^--pipeline-depth wants auto or a whole/],
    ['no peers', [TORRENT, '--out', scratch, '--max-peers', '0'], /^--max-peers wants a whole number from 1 to 500/],
    ['a foreign host', [TORRENT, '--out', scratch, '--host', '203.0.113.1'], /is not an address of this machine$/],
  ])('%s is wrong usage (2)', async (_, argv, message) => {
    const run = execute({ script: 'client', commands: [downloadCommand] }, ['download', ...argv])
    await expect(run).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) })
  })

  test('an output folder that is a file: one line on stderr, "failed" last in --json, 1', async () => {
    const { code, lines, problem } = await download(TORRENT, '--out', file, '--json').ended
    const detail = `${file}: not a directory (ENOTDIR)`
    const last = { event: 'failed', seconds: expect.any(Number), bytes: 0, code: 'not-writable', detail }
    expect([code, problem, JSON.parse(lines.at(-1) ?? '')]).toEqual([1, `swarmlab: ${detail}\n`, last])
  })
})
