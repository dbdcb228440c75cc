import { testGate } from './planted.ts'

/** A value that is exported, formatted as the house is, so that it is all there is to find. */
const value = (expression: string) => `export const planted = ${expression}\n`

const banned = (path: string, text: string, says: string) => ({
  name: `${text.trim()} in ${path}`,
  files: { [path]: text },
  says,
})

/** Banned everywhere but at the edges; each says what to use instead. */
const AMBIENT = [
  ['Date.now()', 'take nowMs from the caller, or a Clock'],
  ['new Date()', 'take it as a parameter from the entry point'],
  ['performance.now()', 'take nowMs from the caller, or a Clock'],
  ['setTimeout(() => 1, 10)', 'set an Alarm of the Clock'],
  ['setInterval(() => 1, 10)', 'set an Alarm of the Clock'],
  ['setImmediate(() => 1)', 'set an Alarm of the Clock'],
  ['queueMicrotask(() => 1)', 'set an Alarm of the Clock'],
  ['Math.random()', 'take a Random (client/ports/random.ts)'],
  ['crypto.getRandomValues(new Uint8Array(2))', 'take a Random (client/ports/random.ts)'],
  ['process.env', 'take what is needed as a parameter'],
  ['globalThis.setTimeout', 'name what is meant'],
] as const

const IMPORTED = [
  [`import { randomBytes } from 'node:crypto'\n\n${value('randomBytes')}`, 'take a Random (client/ports/random.ts)'],
  [`import { setTimeout } from 'node:timers/promises'\n\n${value('setTimeout')}`, 'set an Alarm of the Clock'],
  [`import process from 'node:process'\n\n${value('process.env')}`, 'take what is needed as a parameter'],
] as const

const CORE_ONLY = [
  [`import { readFileSync } from 'node:fs'\n\n${value('readFileSync')}`, 'The core imports no node: module'],
  [value('new Date(0)'), 'take nowMs from the caller, or a Clock'],
  [value('Buffer.alloc(1)'), 'Uint8Array, DataView, TextEncoder and TextDecoder'],
  [value('Promise.resolve(1)'), 'take its completion as a call'],
  ['export type Planted = Promise<void>\n', 'take its completion as a call'],
  [value('async (done: number) => await done'), 'take its completion as a call that carries nowMs'],
  [
    'export async function planted(done: number) {\n  await done\n}\n',
    'take its completion as a call that carries nowMs',
  ],
  [
    'export class Planted {\n  async planted(done: number) {\n    await done\n  }\n}\n',
    'take its completion as a call',
  ],
  [value('{ async planted() {} }'), 'take its completion as a call that carries nowMs'],
] as const

const INEXACT = ['2 ** 3', 'Math.pow(2, 3)', 'Math.log(2)', 'Math.exp(2)', 'Math.hypot(1, 2)']

const STYLE = [
  ['export default 1\n', 'noDefaultExport'],
  ['export const planted: any = 1\n', 'noExplicitAny'],
  ['const planted = 1\n', 'noUnusedVariables'],
  [`import { target } from './target.ts'\n`, 'noUnusedImports'],
  [`import { Clock } from '../client/ports/clock.ts'\n\nexport type Planted = Clock\n`, 'useImportType'],
  ['export function planted(count: number) {\n  count = 2\n  return count\n}\n', 'noParameterAssign'],
  ['export   const planted = "1";\n', 'Formatter would have printed'],
] as const

const violations = [
  ...AMBIENT.map(([call, says]) => banned('links/planted.ts', value(call), says)),
  ...AMBIENT.map(([call, says]) => banned('seeder/planted.ts', value(call), says)),
  ...IMPORTED.map(([text, says]) => banned('results/planted.ts', text, says)),
  banned('client/cli/planted.ts', `console.log('planted')\n`, 'the entry point prints'),
  banned('client/swarm/planted.ts', `console.log('planted')\n`, 'emit an event'),
  ...CORE_ONLY.map(([text, says]) => banned('client/peer/planted.ts', text, says)),
  ...INEXACT.flatMap((term) => [
    banned('links/planted.ts', value(term), 'event times are integers'),
    banned('simulator/planted.ts', value(term), 'event times are integers'),
  ]),
  ...STYLE.map(([text, says]) => banned('scenarios/planted.ts', text, says)),
  banned('scenarios/plantedFile.ts', value('1'), 'useFilenamingConvention'),
  banned(
    'scenarios/planted.test.ts',
    `import { test } from 'vitest'\n\ntest.only('planted', () => {})\n`,
    'noFocusedTests',
  ),
]

/** At the edges, all of it. */
const ambient = value(`[\n${AMBIENT.map(([call]) => `  ${call},`).join('\n')}\n]`)
const EDGES = [
  'client/node/planted.ts',
  'scenarios/runtimes/planted.ts',
  'seeder/main.ts',
  'client/cli/main.ts',
  'bench/planted.ts',
  'links/planted.test.ts',
  'client/ports/planted.compliance.ts',
]

const permitted = [
  ...EDGES.map((path) => ({ name: path, files: { [path]: ambient } })),
  {
    name: 'promises in an adapter',
    files: { 'client/node/planted-promise.ts': value('async (done: Promise<void>) => await done') },
  },
  { name: 'powers outside links and simulator', files: { 'results/planted.ts': value('Math.log(2) + 2 ** 0.5') } },
  { name: 'a date that is given', files: { 'results/planted-date.ts': value('(atMs: number) => new Date(atMs)') } },
  {
    name: 'hashes',
    files: { 'results/planted-hash.ts': `import { createHash } from 'node:crypto'\n\n${value('createHash')}` },
  },
  { name: 'exact functions', files: { 'links/planted.ts': value('Math.floor(Math.sqrt(2)) + Math.round(2)') } },
]

testGate('check:lint', violations, { permitted })
