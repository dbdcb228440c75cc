import { describe, expect, test } from 'vitest'
import { isRunByNpm, keptByNpm, userPath } from './npm-run.ts'

const ENTRY = '/home/me/swarmlab/scenarios/main.ts'
const BY_NPM = {
  npm_lifecycle_event: 'scenario',
  npm_lifecycle_script: 'node --import ./client/node/preflight.mjs scenarios/main.ts',
  npm_config_user_agent: 'npm/11.19.1 node/v24.21.0 linux x64 workspaces/false',
  INIT_CWD: '/home/me/elsewhere',
}

test.each<[string, Readonly<Record<string, string>>, string, boolean]>([
  ['npm runs this entry script', BY_NPM, ENTRY, true],
  ['a script that npm runs starts another one', BY_NPM, '/home/me/swarmlab/client/cli/main.ts', false],
  ['npm runs the tests', { ...BY_NPM, npm_lifecycle_script: 'node vitest.mjs run' }, ENTRY, false],
  [
    'another package manager, which passes all options on',
    { ...BY_NPM, npm_config_user_agent: 'pnpm/9' },
    ENTRY,
    false,
  ],
  ['no npm', {}, ENTRY, false],
])('%s', (_, environment, entry, byNpm) => {
  expect(isRunByNpm(environment, entry)).toBe(byNpm)
})

test("a user's path starts where the user is, though npm changes the folder", () => {
  expect(userPath('x', BY_NPM, ENTRY)).toBe('/home/me/elsewhere/x')
  expect(userPath('../x', BY_NPM, ENTRY)).toBe('/home/me/x')
  expect(userPath('/x', BY_NPM, ENTRY)).toBe('/x')
  expect(userPath('x', {}, ENTRY)).toBe(`${process.cwd()}/x`)
})

const OPTIONS = [
  { name: 'seed', takesValue: true },
  { name: 'on', takesValue: true },
  { name: 'set', takesValue: true },
  { name: 'pipeline-depth', takesValue: true },
  { name: 'json', takesValue: false },
  { name: 'tracker', takesValue: false },
  { name: 'quiet', takesValue: false },
]

/** What npm 11.19 passes and sets for the line in the first column. */
describe('from the environment', () => {
  test.each<[typed: string, passed: string[], variables: Record<string, string>, line: string | null]>([
    ['x', ['x'], {}, null],
    ['x -- --seed 3', ['x', '--seed', '3'], {}, null],
    ['x --seed 3', ['x', '3'], { npm_config_seed: 'true' }, 'x --seed 3'],
    ['x --seed=3', ['x'], { npm_config_seed: '3' }, 'x --seed=3'],
    ['x --json', ['x'], { npm_config_json: 'true' }, 'x --json'],
    ['x --no-tracker', ['x'], { npm_config_tracker: '' }, 'x --no-tracker'],
    ['x --pipeline-depth 4', ['x', '4'], { npm_config_pipeline_depth: 'true' }, 'x --pipeline-depth 4'],
    ['x --set a=1 --set b=2', ['x', 'a=1', 'b=2'], { npm_config_set: 'true\n\ntrue' }, 'x a=1 --set b=2'],
    [
      'x --seed 3 --set a=1 --json',
      ['x', '3', 'a=1'],
      { npm_config_seed: 'true', npm_config_set: 'true', npm_config_json: 'true' },
      'x 3 a=1 --json --seed=... --set=...',
    ],
    ['x --quiet', ['x'], { npm_config_loglevel: 'warn' }, null],
    ["x --set 'a b=1'", ['x', "it's"], { npm_config_set: 'true' }, "x --set 'it'\\''s'"],
  ])('%s', (_, passed, variables, line) => {
    const kept = keptByNpm(OPTIONS, passed, { ...BY_NPM, ...variables }, null)
    expect(kept?.line ?? null).toBe(line === null ? null : `npm run scenario -- ${line}`)
  })
})

describe('from what npm was given, where that is known', () => {
  test.each<[typed: string, kept: string[] | null, line: string]>([
    ['run scenario x', null, ''],
    ['run scenario -- x --seed 3', null, ''],
    ['run --silent scenario x -- --seed 3', null, ''],
    ['run scenario x --seed 3', ['seed'], 'x --seed 3'],
    ['run scenario x --on sim', ['on'], 'x --on sim'],
    ['run scenario x --on=sim --set a=1 --set b=2', ['on', 'set'], 'x --on=sim --set a=1 --set b=2'],
    ['run scenario x --no-tracker', ['tracker'], 'x --no-tracker'],
    ['run scenario x --seed 3 -- --json', ['seed'], 'x --seed 3 --json'],
    ['run scenario x --quiet', null, ''],
    ['run-script scenario x --json --quiet', ['json'], 'x --json --quiet'],
  ])('npm %s', (typed, names, line) => {
    const kept = keptByNpm(OPTIONS, ['x'], BY_NPM, typed.split(' '))
    expect(kept).toEqual(names === null ? null : { names, line: `npm run scenario -- ${line}` })
  })

  test('a user may have set an option of that name for npm', () => {
    const environment = { ...BY_NPM, npm_config_json: 'true' }
    expect(keptByNpm(OPTIONS, ['x'], environment, ['run', 'scenario', 'x'])).toBe(null)
    expect(keptByNpm(OPTIONS, ['x', '--json'], environment, null)).toBe(null)
  })
})
