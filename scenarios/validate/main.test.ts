/** The command line as a user has it. */
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { commandLine } from '../command-line.testing.ts'

const MAIN = new URL('main.ts', import.meta.url)
const command = commandLine(110_000)
const validate = (...args: readonly string[]) => command.run(MAIN, ...args)

test.each([
  [2, ['--only', 'T1,T99'], 'there is no check "t99"; there are T1, T2, T3'],
  [2, ['--only', 'T1', '--against', 'processes'], '"T1" is not compared; there are multi-peer-drop'],
  [2, ['--against', 'reality'], '--against wants one of theory, processes, not "reality"'],
  [2, ['--seeds', '0'], '--seeds wants a whole number from 1 to 1000, not "0"'],
  [1, ['--only', 'T1', '--out', '/dev/null/report'], 'the folder /dev/null/report cannot be made'],
])('exit code %d: %j', async (exitCode, args, line) => {
  const ended = await validate(...args)
  expect(ended.stderr).toContain(line)
  expect(ended.stderr.split('\n')).toHaveLength(1)
  expect(ended.exitCode).toBe(exitCode)
})

test('--list names every check and its claim', async () => {
  const { stdout, exitCode } = await validate('--list')
  expect(exitCode).toBe(0)
  for (const word of ['T1 ', 'T13', 't05-fluid-model', 'Kumar and Ross']) expect(stdout).toContain(word)
})

test('T1 and T2 hold in sim, and the report says so in Markdown and JSON; it is never overwritten', async () => {
  const args = ['--only', 'T1,t02-speed-vs-seeders', '--quick', '--workers', '1', '--out', 'report']
  const { stdout, exitCode } = await validate(...args)
  expect(stdout).toContain('2 of 2 checks pass')
  expect(exitCode).toBe(0)
  expect(await readFile(command.path('report/validation.md'), 'utf8')).toContain('**2 of 2 checks pass.**')
  const { checks, seeds } = JSON.parse(await readFile(command.path('report/validation.json'), 'utf8'))
  expect(checks.map(({ id, verdict }: { id: string; verdict: string }) => [id, verdict])).toEqual([
    ['T1', 'pass'],
    ['T2', 'pass'],
  ])
  expect(seeds).toEqual([1])
  const again = await validate(...args)
  expect(again.stderr).toContain('already holds validation.md')
  expect(again.exitCode).toBe(2)
}, 120_000)

test('a file that is in the way of the report is not replaced', async () => {
  await writeFile(command.path('plain'), 'mine')
  const { exitCode } = await validate('--only', 'T1', '--out', 'plain')
  expect(exitCode).toBe(1)
  expect(await readFile(command.path('plain'), 'utf8')).toBe('mine')
})
