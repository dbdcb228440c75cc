import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { ClientEvent } from '../ports/events.ts'
import { type LogLevel, openLog } from './log.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'log-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const EVENTS: readonly ClientEvent[] = [
  { type: 'started', infohash: 'ab', name: 'n', totalBytes: 1, pieceCount: 1 },
  { type: 'announce-failed', url: 'http://a', reason: 'no\u001b[31m\u202e\u0085', retryInMs: null },
  { type: 'block-requested', peer: 'p', piece: 0, offsetBytes: 0, lengthBytes: 1, why: 'first' },
  { type: 'storage-failed', code: 'disk-full', detail: 'd' },
]

async function written(level: LogLevel, file: string): Promise<Record<string, unknown>[]> {
  const log = openLog(file, level, () => {})
  for (const [index, event] of EVENTS.entries()) log.emit(1000 + index * 500, event)
  await log.close()
  return fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test.each<[LogLevel, string[]]>([
  ['error', ['storage-failed']],
  ['warn', ['announce-failed', 'storage-failed']],
  ['info', ['started', 'announce-failed', 'storage-failed']],
  ['debug', ['started', 'announce-failed', 'block-requested', 'storage-failed']],
])('level %s takes %j', async (level, expected) => {
  const lines = await written(level, path.join(folder, level))
  expect(lines.map(({ event }) => event)).toEqual(expected)
})

test('a line has level, time, seconds since the start and the fields of the event; nothing acts on a terminal', async () => {
  const [first, second] = await written('info', path.join(folder, 'lines'))
  expect(first).toMatchObject({
    level: 'info',
    seconds: 0,
    name: 'n',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  })
  expect(second).toMatchObject({ level: 'warn', seconds: 0.5, reason: 'no\\u{1b}[31m\\u{202e}\\u{85}' })
})

test('of a magnet link the seconds count from its start, not from when the torrent is known', async () => {
  const file = path.join(folder, 'magnet')
  const log = openLog(file, 'info', () => {})
  log.emit(1000, { type: 'magnet-started', infohash: 'ab', name: null })
  log.emit(3500, { type: 'started', infohash: 'ab', name: 'n', totalBytes: 1, pieceCount: 1 })
  await log.close()
  const seconds = fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).seconds)
  expect(seconds).toEqual([0, 2.5])
})

test('a log that is there is gone on with', async () => {
  await written('error', path.join(folder, 'again'))
  expect(await written('error', path.join(folder, 'again'))).toHaveLength(2)
})

test.each([
  ['missing/log', /^--log .*missing\/log: no such file or folder$/],
  ['.', /^--log .*: is a folder$/],
])('a file that cannot be opened is wrong usage: %s', (file, problem) => {
  const open = () => openLog(path.join(folder, file), 'info', () => {})
  expect(open).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(problem) }))
})

test.runIf(fs.existsSync('/dev/full'))(
  'a full disk ends the log, with one word to the user, and nothing else',
  async () => {
    const problems: string[] = []
    const log = openLog('/dev/full', 'info', (problem) => problems.push(problem))
    for (const event of EVENTS) log.emit(0, event)
    await log.close()
    for (const event of EVENTS) log.emit(0, event)
    expect(problems).toEqual(['--log /dev/full: the disk is full; the log ends here'])
  },
)
