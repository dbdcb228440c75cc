/** The command line as a user has it: a run that is recorded, and replayed, and one that is not as it was. */
import { cp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { commandLine } from '../command-line.testing.ts'

const CELLS = ['--set', 'contentMib=1', '--sweep', 'peers=2,3', '--set', 'linkMbit=40']

const command = commandLine(60_000)
beforeAll(async () => {
  const { exitCode } = await run('../main.ts', 'multi-peer-drop', '--on', 'sim', '--quiet', '--out', 'run', ...CELLS)
  expect(exitCode).toBe(0)
}, 60_000)

const run = (script: string, ...args: readonly string[]) => command.run(new URL(script, import.meta.url), ...args)
const replay = (...args: readonly string[]) => run('main.ts', ...args)

/** A copy of the run in which something else is written. */
async function tampered(name: string, file: string, change: (text: string) => string): Promise<string> {
  await cp(command.path('run'), command.path(name), { recursive: true })
  const path = join(command.path(name), file)
  const text = await readFile(path, 'utf8')
  expect(change(text)).not.toBe(text)
  await writeFile(path, change(text))
  return name
}

test('the same cell is the same, to the last event, and its trace is written', async () => {
  const files = ['--trace', 'all.txt', '--pcap', 'one.pcap']
  const { stdout, exitCode } = await replay('run', '--cell', '1', '--twice', ...files)
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^cell 1: the same, traceHash [0-9a-f]{16}$/),
    'cell 1, run twice: the same, every event',
    '  trace   all.txt',
    '  pcap    one.pcap',
  ])
  expect(exitCode).toBe(0)
  const trace = await readFile(command.path('all.txt'), 'utf8')
  expect(trace).toMatch(/^# swarmlab trace of all clients: multi-peer-drop, seed 1, \{/)
  expect(trace).toMatch(/^0\.\d{9} client {2}block-received {2}peer=peer-3 piece=\d+ offsetBytes=/m)
  expect(trace).toMatch(/^\d\.\d{9} client {2}completed {2}bytes=/m)
  expect((await stat(command.path('one.pcap'))).size).toBeGreaterThan(2 ** 20)

  const against = await replay('run', '--cell', '1', '--against', 'all.txt')
  expect(against.stdout).toContain('cell 1 against the trace: the same, every event')
  expect(against.exitCode).toBe(0)
}, 60_000)

test('an earlier trace that is another: the first event that differs', async () => {
  await replay('run', '--cell', '0', '--trace', 'first.txt')
  const lines = (await readFile(command.path('first.txt'), 'utf8')).split('\n')
  lines[10] = `${lines[10]} and more`
  await writeFile(command.path('first.txt'), lines.join('\n'))
  const { stdout, exitCode } = await replay('run', '--cell', '0', '--against', 'first.txt')
  expect(stdout.split('\n').slice(1, 4)).toEqual([
    'cell 0 against the trace: not the same',
    '  event 10 is the first that differs',
    `  then  ${lines[10]}`,
  ])
  expect(exitCode).toBe(1)
})

test('a record that says otherwise: which measure, and exit code 1', async () => {
  const changed = await tampered('changed', 'cells.ndjson', (text) =>
    text.replace(/"hashFailures":0/, '"hashFailures":2'),
  )
  const { stdout, exitCode } = await replay(changed, '--cell', '0')
  expect(stdout).toContain('cell 0: not the same\n  hashFailures: 2 before, 0 now (−100 %)')
  expect(exitCode).toBe(1)
  const { stdout: json } = await replay(changed, '--cell', '0', '--json')
  expect(JSON.parse(json)).toMatchObject({ same: false, differences: [{ what: 'hashFailures', before: 2, now: 0 }] })
})

test('made by other code: a warning, and the comparison all the same', async () => {
  const old = await tampered('old', 'manifest.json', (text) =>
    text.replace(/"commit": "[0-9a-f]+"/, `"commit": "${'0'.repeat(40)}"`),
  )
  const { stderr, stdout, exitCode } = await replay(old, '--cell', '0')
  expect(stderr).toMatch(/^swarmlab: warning: it was run by swarmlab \S+ at 000000000000.*, this is swarmlab \S+ at /)
  expect(stdout).toContain('cell 0: the same')
  expect(exitCode).toBe(0)
})

test('what cannot be run again is one line', async () => {
  const change = (name: string, file: string, from: RegExp, to: string) =>
    tampered(name, file, (text) => text.replaceAll(from, to))
  const real = await change('real', 'manifest.json', /"runtime": "sim"/g, '"runtime": "processes"')
  const gone = await change('gone', 'manifest.json', /"scenario": "multi-peer-drop"/g, '"scenario": "no-such-thing"')
  const renamed = await change('renamed', 'cells.ndjson', /"rttMs":/g, '"delayMs":')
  const cases = [
    [['run'], 'the run has 2 cells: choose one with --cell 0 to --cell 1'],
    [['run', '--cell', '2'], 'there is no cell 2: the run has 2, --cell 0 to --cell 1'],
    [['run', '--cell', 'x'], '--cell wants a whole number from 0 to'],
    [
      ['run', '--cell', '0', '--peer', 'nobody', '--trace', 'x'],
      'there is no client "nobody": 0 to 0, or a name like client',
    ],
    [['run', '--cell', '0', '--against', 'nothing.txt'], 'nothing.txt: no such file'],
    [['run', '--cell', '0', '--against', 'run/cells.ndjson'], 'is not a trace of'],
    [['nope'], 'no run "nope"'],
    [[real, '--cell', '0'], 'ran on processes: only what ran on sim happens again in the same way'],
    [[gone, '--cell', '0'], 'there is no scenario "no-such-thing" any more'],
    [[renamed, '--cell', '0'], 'the scenario has changed since: multi-peer-drop has no parameter "delayMs"'],
  ] as const
  for (const [args, line] of cases) {
    const { stderr, exitCode } = await replay(...args)
    expect(stderr).toContain(line)
    expect(stderr.split('\n')).toHaveLength(1)
    expect(exitCode).toBe(2)
  }
}, 60_000)
