/** The command line as a user has it: one clear line and the right exit code, and a record that survives Ctrl-C. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execaNode } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const PREFLIGHT = new URL('../client/node/preflight.mjs', import.meta.url).href

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

function scenario(...args: readonly string[]) {
  return execaNode(MAIN, args, { nodeOptions: ['--import', PREFLIGHT], reject: false, cwd: folder, timeout: 60_000 })
}

test.each([
  [2, ['nope'], 'unknown scenario "nope"; there are multi-peer-drop, speed-vs-peers, pipeline-depth'],
  [2, [], 'no scenario given; there are multi-peer-drop'],
  [2, ['multi-peer-drop', '--set', 'peers=x'], 'parameter "peers" wants a whole number from 2 to 200, not "x"'],
  [2, ['multi-peer-drop', '--on', 'cloud'], '--on wants one of processes, sim, containers, not "cloud"'],
  [2, ['multi-peer-drop', '--repeat', '0'], '--repeat wants a whole number from 1 to 1000, not "0"'],
  [2, ['multi-peer-drop', '--resume', '--out', 'nothing-here'], 'holds no record to resume'],
  [2, ['multi-peer-drop', '--trace', 'wire.log'], '--trace and --pcap go with --on sim'],
  [2, ['speed-vs-peers', '--on', 'sim', '--pcap', 'x'], '--trace and --pcap are for one cell, not 7'],
  [2, ['multi-peer-drop', '--until', '2'], '--until wants a share from 0.01% to 100%, not "2"'],
  [2, ['multi-peer-drop', '--until', '2%', '--repeat-max', '4'], '--repeat-max wants at least 5 with --until, not 4'],
  [2, ['multi-peer-drop', '--repeat-max', '9'], '--repeat-max goes with --until'],
  [2, ['multi-peer-drop', '--isolate'], '--isolate goes with --on containers'],
  [1, ['multi-peer-drop', '--on', 'sim', '--out', '/dev/null/run'], 'the folder /dev/null/run cannot be made'],
])('exit code %d: %j', async (exitCode, args, line) => {
  const ended = await scenario(...args)
  expect(ended.stderr).toContain(line)
  expect(ended.stderr.split('\n')).toHaveLength(1)
  expect(ended.exitCode).toBe(exitCode)
})

test('--list names every scenario, its question and its parameters', async () => {
  const { stdout, exitCode } = await scenario('--list')
  expect(exitCode).toBe(0)
  for (const word of ['multi-peer-drop', 'speed-vs-peers', 'pipeline-depth', 'How deep', 'linkMbit']) {
    expect(stdout).toContain(word)
  }
})

test('--json prints one object a line, the last says how it ended', async () => {
  const { stdout, exitCode } = await scenario('multi-peer-drop', '--on', 'sim', '--json', '--out', 'json')
  const events = stdout.split('\n').map((line) => JSON.parse(line))
  expect(exitCode).toBe(0)
  // On a busy machine it tells how far it is.
  const without = events.map(({ event }) => event).filter((event) => event !== 'progress')
  expect(without).toEqual(['started', 'cell', 'done'])
  expect(events.at(-1)).toMatchObject({ state: 'complete', passed: true, charts: ['charts/rates.png'] })
})

test('--trace and --pcap write down the client in virtual time, the same bytes twice', async () => {
  const captured = ['first', 'second'].map(async (name) => {
    const files = ['--trace', `${name}.log`, '--pcap', `${name}.pcap`]
    const { exitCode } = await scenario('multi-peer-drop', '--on', 'sim', '--quiet', '--out', name, ...files)
    expect(exitCode).toBe(0)
    return Promise.all([readFile(join(folder, `${name}.log`), 'utf8'), readFile(join(folder, `${name}.pcap`))])
  })
  const [[log, pcap], again] = (await Promise.all(captured)) as [[string, Buffer], [string, Buffer]]
  expect(log).toMatch(/piece 0:0\+16384/)
  // Nanoseconds, little-endian; then 24 MiB of payload and more.
  expect(pcap.readUInt32LE(0)).toBe(0xa1b23c4d)
  expect(pcap.length).toBeGreaterThan(24 * 1024 * 1024)
  expect([log, Buffer.compare(pcap, again[1])]).toEqual([again[0], 0])
})

test('a record is never overwritten', async () => {
  await scenario('multi-peer-drop', '--on', 'sim', '--quiet', '--out', 'twice')
  const { stderr, exitCode } = await scenario('multi-peer-drop', '--on', 'sim', '--out', 'twice')
  expect(stderr).toContain('already holds a record')
  expect(exitCode).toBe(2)
})

test('Ctrl-C keeps what has run with exit code 130, and --resume completes it to the same bytes', async () => {
  const args = ['pipeline-depth', '--on', 'sim', '--repeat', '5', '--json']
  const running = scenario(...args, '--out', 'stopped')
  running.stdout?.on('data', (data: Buffer) => {
    if (data.includes('"event":"cell"')) running.kill('SIGINT')
  })
  const stopped = await running
  expect(stopped.exitCode).toBe(130)
  const rowsOf = async (dir: string) => (await readFile(join(folder, dir, 'cells.ndjson'), 'utf8')).trim().split('\n')
  const kept = await rowsOf('stopped')
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.length).toBeLessThan(28 * 5)

  expect((await scenario(...args, '--out', 'stopped', '--resume')).exitCode).toBe(0)
  expect((await scenario(...args, '--out', 'whole')).exitCode).toBe(0)
  expect(await rowsOf('stopped')).toEqual(await rowsOf('whole'))
}, 120_000)
