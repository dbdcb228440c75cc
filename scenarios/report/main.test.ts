/** `npm run report` as a user has it. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from '../command-line.testing.ts'

const command = commandLine(60_000)
const run = (script: string, ...args: readonly string[]) => command.run(new URL(script, import.meta.url), ...args)

test('a page of a run, and one line for each way in which there can be none', async () => {
  const cell = ['--on', 'sim', '--quiet', '--set', 'contentMib=1', '--out', 'run']
  expect((await run('../main.ts', 'multi-peer-drop', ...cell)).exitCode).toBe(0)
  const made = await run('main.ts', 'run')
  expect([made.stdout, made.exitCode]).toEqual([join('run', 'report.html'), 0])
  const page = await readFile(command.path('run/report.html'), 'utf8')
  const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(page)![1]!)
  expect(data).toMatchObject({
    scenario: 'multi-peer-drop',
    charts: [{ title: expect.any(String) }],
    timelines: [{ cell: 0 }],
  })
  expect(data.timelines[0].pieces.piece).toHaveLength(data.timelines[0].pieceCount)

  await writeFile(command.path('run/charts/rates.vl.json'), '{')
  await writeFile(command.path('run/charts/more.vl.json'), '{}')
  const cases = [
    [['nope'], 'no run "nope"', 2],
    [[], 'run', 2],
    [['run'], 'rates.vl.json: not JSON', 2],
  ] as const
  for (const [args, line, code] of cases) {
    const { stderr, exitCode } = await run('main.ts', ...args)
    const said = stderr.split('\n').filter((each: string) => each.startsWith('swarmlab: '))
    expect(said).toEqual([expect.stringContaining(line)])
    expect(exitCode).toBe(code)
  }
}, 60_000)
