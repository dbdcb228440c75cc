import { testGate } from './planted.ts'

const VIOLATIONS = [
  {
    name: 'a type error in what runs in the browser',
    files: { 'results/report/page/planted.ts': `export const planted: number = document.title\n` },
    says: `Type 'string' is not assignable to type 'number'`,
  },
  {
    name: 'what Node has and a browser has not',
    files: { 'results/report/page/planted.ts': 'export const planted = Buffer.alloc(1)\n' },
    says: `Cannot find name 'Buffer'`,
  },
]

testGate('check:page', VIOLATIONS, { rooms: 'all' })
