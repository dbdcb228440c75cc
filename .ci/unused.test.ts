import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testGate } from './planted.ts'

const manifest = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
const clock = readFileSync(join(import.meta.dirname, '..', 'client', 'ports', 'clock.ts'), 'utf8')

const VIOLATIONS = [
  { name: 'a file', files: { 'client/wire/planted.ts': 'export const planted = 1\n' }, says: 'Unused files' },
  {
    name: 'a suite of tests',
    files: { 'client/wire/planted.testing.ts': 'export const planted = 1\n' },
    says: 'Unused files',
  },
  {
    name: 'an export',
    files: { 'client/ports/clock.ts': `${clock}\nexport const planted = 1\n` },
    says: 'planted',
  },
  {
    name: 'a type',
    files: { 'client/ports/clock.ts': `${clock}\nexport type Planted = 1\n` },
    says: 'Planted',
  },
  {
    name: 'a package',
    files: { 'package.json': manifest.replace('"dependencies": {', '"dependencies": {\n    "rxjs": "7.8.2",') },
    says: 'Unused dependencies',
  },
  {
    name: 'a package that is imported and not in package.json',
    files: { 'client/wire/planted.test.ts': `import 'rxjs'\n` },
    says: 'Unlisted dependencies',
  },
]

testGate('check:unused', VIOLATIONS, { rooms: 'all' })
