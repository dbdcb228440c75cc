import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute } from '../node/command-line.ts'
import { FIXTURES, spawner, TORRENT } from './cli-process.testing.ts'
import { seedCommand } from './seed.ts'

const { freshDir, completeDir, start } = spawner()
const DEFAULTS = ['--no-tracker', '--host', '127.0.0.1', '--port', '0']
const seed = (...argv: string[]) => start('seed', ...DEFAULTS, ...argv)
const run = (...argv: string[]) => execute({ script: 'client', commands: [seedCommand] }, ['seed', ...argv])

describe('content that is whole', () => {
  test.each([
    ['SIGINT', 0],
    ['SIGTERM', 0],
  ] as const)('is seeded until %s, which ends it with %i, and nothing of it is changed', async (signal, code) => {
    const from = completeDir()
    const before = fs.statSync(path.join(from, 'single-11.bin'))
    fs.chmodSync(path.join(from, 'single-11.bin'), 0o444)
    const running = seed(TORRENT, '--from', from, '--json', '--quiet')
    const seeding = await running.line('"seeding"')
    expect(JSON.parse(seeding)).toEqual({ event: 'seeding', seconds: expect.any(Number), bytes: 774_354 })
    running.child.kill(signal)
    const ended = await running.ended
    expect([ended.code, ended.problem]).toEqual([code, ''])
    const events = ended.lines.map((line) => JSON.parse(line))
    expect(events[0]).toEqual({ event: 'listening', host: '127.0.0.1', port: expect.any(Number) })
    expect(events.at(-1)).toEqual({
      event: 'done',
      seconds: expect.any(Number),
      bytes: 774_354,
      uploadedBytes: 0,
    })
    expect(fs.statSync(path.join(from, 'single-11.bin')).mtimeMs).toBe(before.mtimeMs)
  })

  test('goes to a download, which ends with the same bytes; for people, what was given is in the last line', async () => {
    const seeder = seed(TORRENT, '--from', completeDir())
    const [, port] = /listening on 127\.0\.0\.1:(\d+)/.exec(await seeder.line('listening')) ?? []
    await seeder.line('seeding until')
    const out = freshDir()
    const download = start('download', ...DEFAULTS, TORRENT, '--out', out, '--peer', `127.0.0.1:${port}`)
    const { code, lines } = await download.ended
    expect([code, lines.at(-1)]).toEqual([0, expect.stringMatching(/^single-11\.bin: 756\.2 KiB in .* from 1 peer$/)])
    const content = fs.readFileSync(path.join(FIXTURES, 'content/single-11.bin'))
    expect(fs.readFileSync(path.join(out, 'single-11.bin')).equals(content)).toBe(true)
    seeder.child.kill('SIGINT')
    const ended = await seeder.ended
    expect(ended.lines.at(-1)).toMatch(/^single-11\.bin: seeded for .*, uploaded 756\.2 KiB, ratio 1\.00$/)
  })
})

describe('content that is not whole', () => {
  test.each([
    ['nothing is there', () => freshDir(), 24],
    ['a byte is wrong', () => withWrongByte(completeDir()), 1],
  ])('%s: one line, 1, and nothing is written', async (_, makeDir, bad) => {
    const from = makeDir()
    const before = fs.readdirSync(from)
    const { code, problem } = await seed(TORRENT, '--from', from, '--quiet').ended
    expect([code, problem]).toEqual([
      1,
      `swarmlab: single-11.bin: ${bad} of 24 pieces are missing or wrong; \`verify\` says which\n`,
    ])
    expect(fs.readdirSync(from)).toEqual(before)
  })
})

function withWrongByte(folder: string): string {
  const file = path.join(folder, 'single-11.bin')
  const bytes = fs.readFileSync(file)
  bytes[100_000]! ^= 1
  fs.writeFileSync(file, bytes)
  return folder
}

test.each([
  [[], '<torrent> is missing'],
  [['a.torrent'], '--from is missing'],
  [['a.torrent', '--from', 'd', '--port', '65536'], '--port wants a whole number from 0 to 65535, not "65536"'],
  [['a.torrent', '--from', 'd', '--limit-down', '1MiB'], 'unknown option --limit-down'],
  [['magnet:?xt=urn:btih:x', '--from', 'd'], 'to seed, the .torrent itself is needed, not a magnet link'],
])('%j is wrong usage (2)', async (argv, message) => {
  await expect(run(...argv)).rejects.toMatchObject({ exitCode: 2, message })
})
