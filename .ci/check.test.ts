import { testGate } from './planted.ts'

/** What `npm run check` runs is every script that is called `check:`; one that fails is enough. */
const VIOLATIONS = [
  {
    name: 'with types only',
    files: { 'client/wire/planted.test.ts': `export const planted: number = 'no'\n` },
    says: '[types]',
  },
]

testGate('check', VIOLATIONS, { rooms: 'all' })
