import { testGate } from './planted.ts'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `  // ${index}`).join('\n')

const file = (count: number) => `${lines(count)}\n`
const named = (count: number) => `export function planted(): void {\n${lines(count - 2)}\n}\n`
const callback = (count: number) => `planted(() => {\n${lines(count - 2)}\n})\n`
const accessor = (count: number) => `class Planted {\n  get planted() {\n${lines(count - 2)}\n  }\n}\n`
const template = (count: number) => `const planted = () => \`\n${lines(count - 2)}\n\`\n`
const parameters = (count: number) => `function planted(\n${lines(count - 2)}\n) {}\n`

const FUNCTIONS = { named, callback, accessor, template, parameters }

const violations = [
  { name: 'a file of 501 lines', files: { 'client/wire/planted.ts': file(501) }, says: '501 lines, at most 500' },
  { name: 'a test of 501 lines', files: { 'client/wire/planted.test.ts': file(501) }, says: '501 lines, at most 500' },
  { name: 'a script of 501 lines', files: { 'client/node/planted.mjs': file(501) }, says: '501 lines, at most 500' },
  ...Object.entries(FUNCTIONS).map(([name, text]) => ({
    name: `a function of 71 lines (${name})`,
    files: { 'links/planted.ts': text(71) },
    says: 'a function of 71 lines, at most 70',
  })),
]

const permitted = [
  { name: 'a file of 500 lines', files: { 'client/wire/planted.ts': file(500) } },
  ...Object.entries(FUNCTIONS).map(([name, text]) => ({
    name: `a function of 70 lines (${name})`,
    files: { 'links/planted.ts': text(70) },
  })),
]

testGate('check:sizes', violations, { permitted })
