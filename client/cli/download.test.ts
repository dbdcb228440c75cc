import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute } from '../node/command-line.ts'
import { FIXTURES, spawner, TORRENT } from './cli-process.testing.ts'
import { downloadCommand } from './download.ts'

const { scratch, freshDir, completeDir, start } = spawner()
const DEFAULTS = ['--no-tracker', '--host', '127.0.0.1', '--port', '0']
const download = (...argv: string[]) => start('download', ...DEFAULTS, ...argv)
/** Of TORRENT. */
const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20'

describe('content that is here already', () => {
  test('is verified and done at once (0); --json says where it listens first and that it is done last', async () => {
    const { code, lines, problem } = await download(TORRENT, '--out', completeDir(), '--json').ended
    expect([code, problem]).toEqual([0, ''])
    const events = lines.map((line) => JSON.parse(line))
    expect(events[0]).toEqual({ event: 'listening', host: '127.0.0.1', port: expect.any(Number) })
    const done = { event: 'done', seconds: expect.any(Number), bytes: 774_354, uploadedBytes: 0 }
    expect(events.at(-1)).toEqual(done)
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
    const bytes = 12 * 32_768
    expect(last).toEqual({ event: 'stopped', seconds: expect.any(Number), bytes, uploadedBytes: 0 })
    expect(fs.statSync(path.join(out, 'single-11.bin')).size).toBe(400_000)
  })
})

describe('with --seed', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('it stays when it is complete, and %s ends it with 0', async (signal) => {
    const running = download(TORRENT, '--out', completeDir(), '--seed', '--json', '--quiet')
    await running.line('"seeding"')
    running.child.kill(signal)
    const { code, lines, problem } = await running.ended
    expect([code, problem, JSON.parse(lines.at(-1) ?? '').event]).toEqual([0, '', 'done'])
  })
})

test.skipIf(process.platform === 'win32')('SIGUSR2 pauses a download, and again goes on with it', async () => {
  const out = completeDir()
  fs.truncateSync(path.join(out, 'single-11.bin'), 400_000)
  const running = download(TORRENT, '--out', out, '--json', '--quiet')
  await running.line('"verified-on-disk"')
  running.child.kill('SIGUSR2')
  await running.line('"paused"')
  running.child.kill('SIGUSR2')
  await running.line('"resumed"')
  running.child.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 130, problem: '' })
})

describe('a magnet link', () => {
  const magnetTo = (peer: string, more = '') => `magnet:?xt=urn:btih:${INFOHASH}&dn=linked&x.pe=${peer}${more}`

  async function seeder(): Promise<string> {
    const seeding = start('seed', ...DEFAULTS, TORRENT, '--from', completeDir(), '--json', '--quiet')
    const { host, port } = JSON.parse(await seeding.line('"listening"'))
    return `${host}:${port}`
  }

  test('gets the metadata from its x.pe peers, then the content; --trace and --pcap have what went over the wire', async () => {
    const peer = await seeder()
    const out = freshDir()
    const files = ['--trace', path.join(out, 'trace'), '--pcap', path.join(out, 'pcap')]
    const { code, lines, problem } = await download(magnetTo(peer), '--out', out, ...files).ended
    expect([code, problem]).toEqual([0, ''])
    expect(lines).toEqual([
      expect.stringMatching(/^linked: getting the metadata; listening on 127\.0\.0\.1:\d+$/),
      'single-11.bin: 756.2 KiB in 24 pieces',
      expect.stringMatching(/^single-11\.bin: 756\.2 KiB in \d\.\d s, .* from 1 peer$/),
    ])
    const content = fs.readFileSync(path.join(FIXTURES, 'content/single-11.bin'))
    expect(fs.readFileSync(path.join(out, 'single-11.bin')).equals(content)).toBe(true)
    expect(fs.readFileSync(path.join(out, 'trace'), 'utf8')).toContain('ut_metadata')
    expect(fs.statSync(path.join(out, 'pcap')).size).toBeGreaterThan(content.length)
  })

  test.each([
    ['--files', '', ['--files', '0,3']],
    ['so=', '&so=3', []],
  ])('whose %s names a file that the torrent turns out not to have: one line, 2', async (_, more, options) => {
    const peer = await seeder()
    const { code, problem } = await download(magnetTo(peer, more), '--out', freshDir(), '--quiet', ...options).ended
    expect([code, problem]).toEqual([2, 'swarmlab: there is no file 3: "single-11.bin" has 1 file, number 0\n'])
  })
})

describe('what cannot be downloaded', () => {
  const multi = path.join(FIXTURES, 'torrents/transmission-multi.torrent')
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
    ['a bad magnet link', ['magnet:?dn=x', '--out', scratch], /^magnet link: xt: expected urn:btih:/],
    [
      'no file of that number',
      [multi, '--out', scratch, '--files', '0-4'],
      /^there is no file 4: "multi" has 4 files, /,
    ],
    ['no file numbers', [multi, '--out', scratch, '--files', '2-1'], /^--files wants file numbers .* not "2-1"$/],
    ['a bad limit', [TORRENT, '--out', scratch, '--limit-down', 'fast'], /^--limit-down wants a rate .* or none/],
    ['a bad picker', [TORRENT, '--out', scratch, '--picker', 'best'], /^--picker wants one of rarest-first, /],
    [
      'two pickers',
      [TORRENT, '--out', scratch, '--picker', 'random', '--sequential'],
      /^either --sequential or --picker random, not both$/,
    ],
    ['no slots', [TORRENT, '--out', scratch, '--upload-slots', '0'], /^--upload-slots wants a whole number from 1 /],
    ['a trace into a folder', [TORRENT, '--out', scratch, '--trace', scratch], /^--trace .* is a folder$/],
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
