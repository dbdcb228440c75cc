import { testGate } from './planted.ts'

const VIOLATIONS = [
  {
    name: 'a number that is a string',
    files: { 'client/wire/planted.ts': `export const planted: number = 'no'\n` },
    says: `Type 'string' is not assignable to type 'number'`,
  },
  {
    name: 'an element of an array that may be missing',
    files: { 'simulator/planted.ts': 'export const first = (times: readonly number[]): number => times[0]\n' },
    says: `Type 'undefined' is not assignable to type 'number'`,
  },
  {
    name: 'syntax that type stripping cannot erase',
    files: { 'seeder/planted.ts': 'export enum Planted {\n  One,\n}\n' },
    says: 'erasableSyntaxOnly',
  },
  {
    name: 'an interface imported as a value',
    files: {
      'client/peer/planted.ts': `import { Target } from './target.ts'\nexport type Planted = Target\n`,
      'client/peer/target.ts': 'export interface Target {}\n',
    },
    says: 'verbatimModuleSyntax',
  },
  {
    name: 'a type error in a gate',
    files: { '.ci/planted.test.ts': `export const planted: number = 'no'\n` },
    says: `Type 'string' is not assignable to type 'number'`,
  },
]

testGate('check:types', VIOLATIONS)
