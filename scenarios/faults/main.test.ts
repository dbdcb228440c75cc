/** The gate of the faults, seen to fail: on reports and registries that are made up, and by the script itself. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, describe, expect, test } from 'vitest'
import { FAULTS } from '../../seeder/hostile-kinds.ts'
import type { FaultEntry } from './fault-entry.ts'
import { casesFor, count, filesOf, type ReportedTest, render } from './fault-table.ts'
import { FAULT_REGISTRY } from './registry.ts'

const FULL: FaultEntry = {
  fault: 'disk: full',
  response: 'Ends.',
  told: ['storage-failed'],
  bound: 'a write',
  tests: [{ file: 'a.test.ts' }, { file: 'b.test.ts', title: 'no space' }],
}
const ran = (file: string, title: string, status = 'passed'): ReportedTest => ({ file, title, status })
const BOTH = [ran('a.test.ts', 'disk: full, twice'), ran('b.test.ts', 'with no space left')]

describe('tests are counted', () => {
  test.each<[string, readonly ReportedTest[], number, number]>([
    ['one of each file', BOTH, 2, 0],
    [
      'not those of other files, or with other titles',
      [...BOTH, ran('c.test.ts', 'disk: full'), ran('a.test.ts', 'x')],
      2,
      0,
    ],
    ['those that were skipped apart', [...BOTH, ran('a.test.ts', 'disk: full on root', 'skipped')], 2, 1],
  ])('%s', (_, tests, passed, skipped) => {
    const counted = count([FULL], tests)
    expect(counted.problems).toEqual([])
    expect(counted.counts.get(FULL.fault)).toEqual({ passed, skipped })
  })

  test('a test that belongs to an entry in two ways is one case', () => {
    const entry = { ...FULL, tests: [{ file: 'a.test.ts' }, { file: 'a.test.ts', title: 'twice' }] }
    expect(count([entry], BOTH).counts.get(FULL.fault)).toEqual({ passed: 1, skipped: 0 })
  })
})

describe('a problem is', () => {
  test.each<[string, readonly FaultEntry[], readonly ReportedTest[], string]>([
    ['a fault without a test', [{ ...FULL, tests: [] }], BOTH, 'disk: full: no test is registered'],
    [
      'a test that did not run',
      [FULL],
      BOTH.slice(1),
      'disk: full: no test passed in a.test.ts whose title contains "disk: full"',
    ],
    [
      'a test that was skipped',
      [FULL],
      [ran('a.test.ts', 'disk: full', 'skipped'), BOTH[1]!],
      'no test passed in a.test.ts',
    ],
    [
      'a test that failed beside one that passed',
      [FULL],
      [...BOTH, ran('a.test.ts', 'disk: full, x', 'failed')],
      'failed: disk: full, x',
    ],
    [
      'a name in another',
      [FULL, { ...FULL, fault: 'disk: full of it' }],
      [...BOTH, ran('a.test.ts', 'disk: full of it')],
      'its name is in',
    ],
  ])('%s', (_, registry, tests, problem) => {
    expect(count(registry, tests).problems.join('\n')).toContain(problem)
  })
})

describe('a page', () => {
  const page = render([FULL], new Map([[FULL.fault, 2]]))

  test('has a row for each fault, with level, links and cases', () => {
    expect(page).toContain(
      '| full | Ends. | `storage-failed` (error) | a write | [a](../a.test.ts), [b](../b.test.ts) | 2 |',
    )
    expect(page).toContain('1 faults, 2 cases.')
  })

  test.each([
    [2, 0, 2],
    [1, 1, 2],
    [1, 0, 1],
    [3, 1, 3],
  ])('with 2 cases, where %i pass and %i are skipped, is compared with %i', (passed, skipped, cases) => {
    const counts = new Map([[FULL.fault, { passed, skipped }]])
    expect(casesFor(page, [FULL], counts)).toEqual(new Map([[FULL.fault, cases]]))
  })
})

test('every hostile behaviour of a peer is in the registry', () => {
  const known = FAULT_REGISTRY.map(({ fault }) => fault)
  expect(known).toEqual(expect.arrayContaining(FAULTS.map((fault) => `peer: ${fault}`)))
})

const folder = mkdtempSync(join(tmpdir(), 'swarmlab-faults-'))
const [report, page] = [join(folder, 'tests.json'), join(folder, 'faults.md')]
afterAll(() => rmSync(folder, { recursive: true }))

/** As if each registered test had run once; `change` plants what is wrong. */
function reported(change: (tests: ReportedTest[]) => ReportedTest[]): void {
  const tests = FAULT_REGISTRY.flatMap(({ fault, tests }) =>
    tests.map(({ file, title = fault }) => ran(file, `${title} as planned`)),
  )
  const changed = change(tests)
  const testResults = filesOf(FAULT_REGISTRY).map((file) => ({
    name: join(process.cwd(), file),
    assertionResults: changed
      .filter((each) => each.file === file)
      .map(({ title, status }) => ({ fullName: title, status })),
  }))
  writeFileSync(report, JSON.stringify({ testResults }))
}

async function run(...args: readonly string[]) {
  const { exitCode, all } = await execa('node', ['scenarios/faults/main.ts', ...args, '--page', page], {
    all: true,
    reject: false,
  })
  return { exitCode, all }
}

describe('the script', () => {
  test('writes a page, and then finds it up to date', async () => {
    reported((tests) => tests)
    expect(await run(report)).toMatchObject({ exitCode: 0 })
    expect(await run('--check', report)).toMatchObject({
      exitCode: 0,
      all: expect.stringContaining('all of them tested'),
    })
    expect(readFileSync(page, 'utf8')).toContain('| HTTP 500 |')
  })

  test.each<[string, (tests: ReportedTest[]) => ReportedTest[], string]>([
    [
      'a fault whose test is gone',
      (tests) => tests.filter(({ title }) => !title.startsWith('tracker: HTTP 500')),
      'tracker: HTTP 500: no test passed in tracker-mock/faults.test.ts',
    ],
    [
      'a test that fails',
      (tests) => [...tests, ran('tracker-mock/faults.test.ts', 'tracker: HTTP 500, again', 'failed')],
      'tracker: HTTP 500: failed: tracker: HTTP 500, again',
    ],
    [
      'a case more than the page has',
      (tests) => [...tests, ran('tracker-mock/faults.test.ts', 'tracker: HTTP 500, again')],
      'is not up to date: run npm run docs',
    ],
  ])('fails on %s', async (_, change, says) => {
    reported((tests) => tests)
    await run(report)
    reported(change)
    expect(await run('--check', report)).toMatchObject({ exitCode: 1, all: expect.stringContaining(says) })
  })

  test('fails on a page that somebody changed', async () => {
    reported((tests) => tests)
    await run(report)
    writeFileSync(page, readFileSync(page, 'utf8').replace('Not asked; told once.', 'Asked.'))
    expect(await run('--check', report)).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining('Not asked; told once.'),
    })
  })
})
