/** The command line as a user has it: what it prints, what it writes, and its exit codes. */
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { commandLine } from '../command-line.testing.ts'
import { drawSchedule } from './draw.ts'
import { regressionText } from './regression.ts'
import type { Schedule } from './schedule.ts'

const MAIN = new URL('main.ts', import.meta.url)
const command = commandLine(60_000)
const hunt = (...args: readonly string[]) => command.run(MAIN, ...args)

async function written(schedule: Schedule): Promise<string> {
  const path = command.path(`${schedule.seed}.json`)
  await writeFile(path, regressionText({ property: 'downloads-finish', detail: '', seed: 1, schedule }))
  return path
}

test.each([
  [['--seeds', 'x'], '--seeds wants a whole number from 1 to 10000000, not "x"'],
  [['--workers', '0'], '--workers wants a whole number from 1 to 256, not "0"'],
  [['--trace', 'x.txt'], '--trace goes with --replay'],
  [['--blocks'], '--blocks goes with --replay'],
  [['--replay', '1', '--out', 'x'], '--out goes with a search, not with --replay'],
  [['--nonsense'], 'nonsense'],
])('%j is bad usage, told in one line', async (args, says) => {
  const { exitCode, stderr, stdout } = await hunt(...args)
  expect({ exitCode, stdout, lines: stderr.split('\n').length }).toEqual({ exitCode: 2, stdout: '', lines: 1 })
  expect(stderr).toContain(says)
})

test('a file that is no schedule is told by its first wrong field', async () => {
  const path = await written({ ...drawSchedule(3), safetyMs: -1 })
  const { exitCode, stderr } = await hunt('--replay', path)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('safetyMs')
})

test('seeds that find nothing: a summary, exit code 0', async () => {
  const { exitCode, stdout } = await hunt('--seeds', '6', '--from', '40', '--workers', '2')
  expect(exitCode).toBe(0)
  expect(stdout.split('\n').at(-1)).toMatch(
    /^hunt: nothing found; 6 seeds in .* a second; \d+ events in .* of its bound$/,
  )
})

test('a seed again, step by step, on the terminal or in a file', async () => {
  const { exitCode, stdout } = await hunt('--replay', '7')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^seed 7: \d+/)
  expect(stdout).toMatch(/^ +\d+\.\d{6} c0 +completed bytes=\d+$/m)
  expect(stdout).not.toContain('block-requested')
  const traced = await hunt('--replay', '7', '--blocks', '--trace', 'steps.txt')
  expect(traced.stdout.split('\n').length).toBe(1)
  expect(await readFile(command.path('steps.txt'), 'utf8')).toMatch(/ c0 +block-requested peer=/)
})

test('a schedule that breaks an invariant ends with exit code 1 and says which', async () => {
  const schedule = drawSchedule(1)
  const [client] = schedule.clients
  // Nobody tells it of anybody, so it never can get anything.
  const lonely = { ...client!, hasAll: false, knows: [], choices: { ...client!.choices, useTrackers: false } }
  const path = await written({
    ...schedule,
    source: { ...schedule.source, as: 'peer', knownBy: 'tracker' },
    clients: [lonely],
    peers: [],
    faults: [],
    seed: 9,
  })
  const { exitCode, stderr } = await hunt('--replay', path)
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/hunt: downloads-finish: \d+ ms after the last fault: c0 .* has 0 of \d+/)
})
