import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { capturedOutput, runCommand } from '../node/captured-output.testing.ts'
import type { FuzzWorld } from './fuzz.ts'
import { fuzzCommandOf } from './fuzz-command.ts'
import { type FuzzTarget, holds } from './target.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'swarmlab-fuzz-')))
afterAll(() => rmSync(folder, { recursive: true }))

const output = capturedOutput()
const WORLD: FuzzWorld = { nowMs: () => performance.now(), usedBytes: () => 0 }

const target = (name: string, isFine: (input: Uint8Array) => boolean): FuzzTarget => ({
  name,
  generate: (random) => Uint8Array.from({ length: 20 }, () => random.below(256)),
  reshape: () => null,
  run(input) {
    holds(isFine(input), 'no seven')
    return 'fine'
  },
})
const TARGETS = [target('sound', () => true), target('broken', (input) => !input.includes(7))]
const run = (...argv: string[]) => runCommand(fuzzCommandOf(TARGETS, WORLD), argv)

test('nothing found: one line with the rate and the seed, exit code 0', async () => {
  expect(await run('--target', 'sound', '--seconds', '0.05', '--seed', '42')).toBe(0)
  expect(output.stdout).toMatch(
    /^sound: nothing found by \d+ executions in 0\.\d s, \d+ a second, 1 kinds of outcome, seed 42\n$/,
  )
  expect(output.stderr).toBe('')
})

test('a finding is written to a file, and one line says how to see it again, exit code 1', async () => {
  const out = join(folder, 'found', 'here')
  expect(await run('--target', 'broken', '--seconds', '60', '--seed', '1', '--out', out)).toBe(1)
  const [name = ''] = readdirSync(out)
  const path = join(out, name)
  expect(readFileSync(path)).toEqual(Buffer.of(7))
  expect(output.stdout).toBe('')
  expect(output.stderr).toBe(
    `swarmlab: broken: 1 bytes broke "no seven"; again by: npm run fuzz -- --target broken --replay ${path}\n`,
  )
  output.clear()
  expect(await run('--target', 'broken', '--replay', path)).toBe(1)
  expect(output.stderr).toBe(`swarmlab: broken: ${path} broke "no seven"\n`)
  output.clear()
  expect(await run('--target', 'sound', '--replay', path)).toBe(0)
  expect(output.stdout).toBe(`sound: ${path} breaks nothing (fine)\n`)
})

describe('wrong usage is one line and exit code 2', () => {
  const long = join(folder, 'long.bin')
  writeFileSync(long, new Uint8Array(65_537))
  test.each([
    [[], /target/],
    [['--target', 'nothing'], /--target wants one of sound, broken, not "nothing"/],
    [['--target', 'sound', '--seconds', '0'], /--seconds wants a number from 0.01 to 86400, not "0"/],
    [['--target', 'sound', '--seconds', 'x'], /--seconds wants a number/],
    [['--target', 'sound', '--seed', '-1'], /--seed wants a whole number from 0 to 4294967295/],
    [['--target', 'sound', '--seed', '4294967296'], /--seed wants a whole number/],
    [['--target', 'sound', '--speed', '1'], /speed/],
    [['--target', 'sound', 'more'], /more/],
    [['--target', 'sound', '--replay', 'x', '--out', 'y'], /--out goes with a search, not with --replay/],
    [['--target', 'sound', '--replay', long], /long\.bin: longer than 65536 bytes/],
  ])('%j', async (argv, line) => {
    expect(await run(...argv)).toBe(2)
    expect(output.stderr).toMatch(line)
    expect(output.stderr.trimEnd().split('\n').length).toBe(1)
    expect(output.stdout).toBe('')
  })
})

test('a file that is not there is one line and exit code 1', async () => {
  expect(await run('--target', 'sound', '--replay', join(folder, 'none.bin'))).toBe(1)
  expect(output.stderr).toMatch(/^swarmlab: .*none\.bin: no such file or folder\n$/)
})
