import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testGate } from './planted.ts'

const TARGET = 'export const target = 1\n'
const importing = (path: string) => `import { target } from '${path}'\n\nexport const planted = target\n`

const rules = readFileSync(join(import.meta.dirname, '..', '.dependency-cruiser.cjs'), 'utf8')

/** Who may not import whom: a rule for every room, for its tests, and for its way to the outside world. */
const UP = [
  ['links-imports-down', 'links/to-simulator.ts', 'simulator/target.ts'],
  ['links-imports-down', 'links/to-wire.ts', 'client/wire/target.ts'],
  ['simulator-imports-down', 'simulator/to-swarm.ts', 'client/swarm/target.ts'],
  ['simulator-imports-down', 'simulator/to-scenarios.ts', 'scenarios/target.ts'],
  ['seeder-imports-down', 'seeder/to-node.ts', 'client/node/target.ts'],
  ['seeder-imports-down', 'seeder/to-tracker-mock.ts', 'tracker-mock/target.ts'],
  ['seeder-entry-imports-down', 'seeder/planted/main.ts', 'client/swarm/target.ts'],
  ['tracker-mock-imports-down', 'tracker-mock/to-seeder.ts', 'seeder/target.ts'],
  ['tracker-mock-entry-imports-down', 'tracker-mock/planted/server.ts', 'client/swarm/target.ts'],
  ['results-imports-down', 'results/to-ports.ts', 'client/ports/target.ts'],
  ['scenarios-imports-down', 'scenarios/to-bench.ts', 'bench/target.ts'],
  ['bench-imports-down', 'bench/to-thesis.ts', 'thesis/target.ts'],
  ['thesis-imports-down', 'thesis/to-scenarios.ts', 'scenarios/target.ts'],
  ['client/fuzz-imports-down', 'client/fuzz/to-links.ts', 'links/target.ts'],
  ['client/cli-imports-down', 'client/cli/to-links.ts', 'links/target.ts'],
  ['client/node-imports-down', 'client/node/to-cli.ts', 'client/cli/target.ts'],
  ['client/tap-imports-down', 'client/tap/to-node.ts', 'client/node/target.ts'],
  ['client/swarm-imports-down', 'client/swarm/to-node.ts', 'client/node/target.ts'],
  ['client/peer-imports-down', 'client/peer/to-swarm.ts', 'client/swarm/target.ts'],
  ['client/pieces-imports-down', 'client/pieces/to-peer.ts', 'client/peer/target.ts'],
  ['client/storage-imports-down', 'client/storage/to-pieces.ts', 'client/pieces/target.ts'],
  ['client/tracker-imports-down', 'client/tracker/to-storage.ts', 'client/storage/target.ts'],
  ['client/wire-imports-down', 'client/wire/to-tracker.ts', 'client/tracker/target.ts'],
  ['client/metainfo-imports-down', 'client/metainfo/to-wire.ts', 'client/wire/target.ts'],
  ['client/bencode-imports-down', 'client/bencode/to-metainfo.ts', 'client/metainfo/target.ts'],
  ['client/ports-imports-down', 'client/ports/to-bencode.ts', 'client/bencode/target.ts'],
  ['client/ports-imports-down', 'client/ports/to-gates.ts', '.ci/target.ts'],
  ['client/swarm-tests-import-down', 'client/swarm/to-simulator.test.ts', 'simulator/target.ts'],
  ['client/ports-tests-import-down', 'client/ports/to-node.compliance.ts', 'client/node/target.ts'],
  ['simulator-tests-import-down', 'simulator/to-seeder.testing.ts', 'seeder/target.ts'],
] as const

const DOWN = [
  ['seeder/planted/main.ts', 'client/node/target.ts'],
  ['seeder/to-links.ts', 'links/target.ts'],
  ['seeder/to-wire.ts', 'client/wire/target.ts'],
  ['tracker-mock/planted/server.ts', 'client/node/target.ts'],
  ['bench/to-simulator.ts', 'simulator/target.ts'],
  ['scenarios/to-results.ts', 'results/target.ts'],
  ['scenarios/to-swarm.ts', 'client/swarm/target.ts'],
  ['thesis/to-results.ts', 'results/target.ts'],
  ['links/to-ports.ts', 'client/ports/target.ts'],
  ['simulator/to-swarm.test.ts', 'client/swarm/target.ts'],
  ['simulator/to-ports.test.ts', 'client/ports/target.compliance.ts'],
  ['client/node/to-ports.test.ts', 'client/ports/target.testing.ts'],
  ['client/cli/to-node.ts', 'client/node/target.ts'],
  ['client/fuzz/to-node.ts', 'client/node/target.ts'],
] as const

function planted(from: string, to: string): Record<string, string> {
  return { [from]: importing(`${'../'.repeat(from.split('/').length - 1)}${to}`), [to]: TARGET }
}

const violations = [
  {
    name: 'an import up, from every room',
    files: Object.assign({}, ...UP.map(([, from, to]) => planted(from, to))),
    says: UP.map(([rule, from, to]) => `error ${rule}: ${from} → ${to}`),
  },
  {
    name: 'a type-only import up',
    files: {
      'client/wire/planted.ts': `import type { Target } from '../peer/planted-target.ts'\n\nexport type Planted = Target\n`,
      'client/peer/planted-target.ts': 'export type Target = 1\n',
    },
    says: 'client/wire may import',
  },
  {
    name: 'a cycle',
    files: {
      'client/pieces/planted.ts': importing('./planted-target.ts'),
      'client/pieces/planted-target.ts': `export { planted as target } from './planted.ts'\n`,
    },
    says: 'no-cycles',
  },
  {
    name: 'a node: module in the core',
    files: {
      'client/peer/planted.ts': `import { readFileSync } from 'node:fs'\n\nexport const planted = readFileSync\n`,
    },
    says: 'the core imports no `node:` module',
  },
  {
    name: 'an npm package in the core',
    files: { 'client/peer/planted.ts': `import yargs from 'yargs'\n\nexport const planted = yargs\n` },
    says: 'of npm packages, the core imports only seedrandom',
  },
  {
    name: 'a package of development in what ships',
    files: { 'seeder/planted.ts': `import fc from 'fast-check'\n\nexport const planted = fc\n` },
    says: 'a package in devDependencies is for tests',
  },
  {
    name: 'a suite of tests imported by what ships',
    files: {
      'client/peer/planted.ts': importing('./planted.compliance.ts'),
      'client/peer/planted.compliance.ts': TARGET,
    },
    says: 'only tests import tests',
  },
  {
    name: 'a test imported by a test',
    files: { 'client/peer/planted.test.ts': importing('./target.test.ts'), 'client/peer/target.test.ts': TARGET },
    says: 'no-test-imports-a-test',
  },
  {
    name: 'an import of nothing',
    files: { 'links/planted.ts': importing('./absent.ts') },
    says: 'every import is found',
  },
  {
    name: 'a room that is not of the house',
    files: { 'attic/planted.ts': TARGET },
    says: 'no-such-room',
  },
  {
    name: 'a tool that looks at nothing',
    files: {
      'client/ports/planted.ts': TARGET,
      '.dependency-cruiser.cjs': rules.replaceAll('client/fixtures', 'client/ports'),
    },
    says: 'sources were not looked at',
  },
]

const permitted = [
  ...DOWN.map(([from, to]) => ({ name: `${from} imports ${to}`, files: planted(from, to) })),
  {
    name: 'packages of development and node: modules in a test',
    files: { 'client/peer/planted.test.ts': `import 'node:fs'\nimport 'fast-check'\n` },
  },
  { name: 'seedrandom in the simulator', files: { 'simulator/planted.ts': `import 'seedrandom'\n` } },
  { name: 'tinybench in bench', files: { 'bench/planted.ts': `import 'tinybench'\n` } },
]

testGate('check:directions', violations, { permitted })
