/**
 * Which folder may import which. An import only ever points down; the two lists are those of ARCHITECTURE.md, and the
 * rules for dependency-cruiser are made from them. `.ci/directions.ts` runs them and checks that nothing was missed.
 *
 * Type-only imports count. Tests, and the suites and helpers they share (`*.compliance.ts`, `*.testing.ts`), may import anything that is not above
 * them, and development packages.
 */

/** Inside `client/`, top imports down. */
const CLIENT_TOP_DOWN = [
  'fuzz',
  'cli',
  'node',
  'tap',
  'swarm',
  'peer',
  'pieces',
  'storage',
  'tracker',
  'wire',
  'metainfo',
  'bencode',
  'ports',
].map((folder) => `client/${folder}`)

const CLIENT_CODECS_AND_PORTS = ['client/tracker', 'client/wire', 'client/metainfo', 'client/bencode', 'client/ports']

/**
 * The rooms, top to bottom; those of one level stand side by side. `main.ts` and `server.ts` of a room are its way to
 * the outside world, and may import `entryAlso` too.
 */
const ROOMS_TOP_DOWN = [
  [{ room: 'thesis', imports: ['results'], entryAlso: ['client/node'], devPackages: true }],
  [
    {
      room: 'bench',
      imports: ['scenarios', 'results', 'seeder', 'tracker-mock', 'simulator', 'links', 'client'],
      devPackages: true,
    },
  ],
  [{ room: 'scenarios', imports: ['results', 'seeder', 'tracker-mock', 'simulator', 'links', 'client'] }],
  [{ room: 'results', imports: [] }],
  [
    { room: 'seeder', imports: ['links', ...CLIENT_CODECS_AND_PORTS], entryAlso: ['client/node'] },
    { room: 'tracker-mock', imports: ['links', ...CLIENT_CODECS_AND_PORTS], entryAlso: ['client/node'] },
  ],
  [{ room: 'simulator', imports: ['links', 'client/wire', 'client/metainfo', 'client/ports'] }],
  [{ room: 'links', imports: ['client/ports'] }],
  ...CLIENT_TOP_DOWN.map((room, level) => [{ room, imports: CLIENT_TOP_DOWN.slice(level + 1) }]),
]

/** Pure: no `node:` module, and of packages only these. */
const CORE = ['simulator', 'links', ...CLIENT_TOP_DOWN.filter((room) => !/\/(?:fuzz|cli|node)$/.test(room))]
const CORE_PACKAGES = ['seedrandom']

const ROOMS = ROOMS_TOP_DOWN.flat()
const TEST_SIDE = String.raw`\.(?:test|testing|compliance)\.ts$`
const ENTRY = String.raw`/(?:main|server)\.ts$`
const NOT_HIDDEN = '^[^/.]+/'
const PACKAGES_OF_DEVELOPMENT = ['npm-dev', 'npm-no-pkg', 'npm-unknown']

const inAny = (rooms) => rooms.map((room) => `^${room}/`)
const oneOf = (names) => `(?:${names.join('|')})`

/** `rooms` are everything of ours that `from` may import besides itself. */
function importsDown(name, room, from, rooms) {
  return {
    name,
    comment: `${room} may import ${rooms.length === 0 ? 'nothing of ours' : rooms.join(', ')}`,
    severity: 'error',
    from: { path: `^${room}/`, ...from },
    to: { dependencyTypes: ['local'], path: '/', pathNot: inAny([room, ...rooms]) },
  }
}

function rulesOfRoom({ room, imports, entryAlso = [] }, notAbove) {
  return [
    importsDown(`${room}-imports-down`, room, { pathNot: [TEST_SIDE, ENTRY] }, imports),
    importsDown(`${room}-entry-imports-down`, room, { path: `^${room}/.*${ENTRY}|^${room}${ENTRY}` }, [
      ...imports,
      ...entryAlso,
    ]),
    importsDown(`${room}-tests-import-down`, room, { path: `^${room}/.*${TEST_SIDE}` }, notAbove),
  ]
}

function rulesOfHouse() {
  return ROOMS_TOP_DOWN.flatMap((level, index) => {
    const below = ROOMS_TOP_DOWN.slice(index + 1).flat()
    return level.flatMap((entry) =>
      rulesOfRoom(
        entry,
        [...level, ...below].map(({ room }) => room),
      ),
    )
  })
}

module.exports = {
  forbidden: [
    ...rulesOfHouse(),
    {
      name: 'no-such-room',
      comment: 'a file of ours lives in one of the rooms; a new one is entered in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: NOT_HIDDEN, pathNot: inAny(ROOMS.map(({ room }) => room)) },
      to: {},
    },
    {
      name: 'no-such-room-even-alone',
      comment: 'as no-such-room, for a file that imports nothing and that nothing imports',
      severity: 'error',
      from: { orphan: true, path: NOT_HIDDEN, pathNot: inAny(ROOMS.map(({ room }) => room)) },
      to: {},
    },
    {
      name: 'core-is-pure',
      comment: 'the core imports no `node:` module: what it needs of the outside world comes in through client/ports',
      severity: 'error',
      from: { path: inAny(CORE), pathNot: TEST_SIDE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-packages',
      comment: `of npm packages, the core imports only ${CORE_PACKAGES.join(', ')}`,
      severity: 'error',
      from: { path: inAny(CORE), pathNot: TEST_SIDE },
      to: { path: 'node_modules/', pathNot: `node_modules/(?:@types/)?${oneOf(CORE_PACKAGES)}/` },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'only tests import tests and the suites they share (*.compliance.ts, *.testing.ts)',
      severity: 'error',
      from: { pathNot: TEST_SIDE },
      to: { path: TEST_SIDE },
    },
    {
      name: 'no-test-imports-a-test',
      comment: 'what tests share is not itself a *.test.ts',
      severity: 'error',
      from: {},
      to: { path: String.raw`\.test\.ts$` },
    },
    {
      name: 'packages-of-development',
      comment:
        'a package in devDependencies is for tests, bench/, thesis/ and the gates; what ships imports dependencies',
      severity: 'error',
      from: {
        path: inAny(ROOMS.filter(({ devPackages }) => !devPackages).map(({ room }) => room)),
        pathNot: TEST_SIDE,
      },
      // WebTorrent is a program that is measured beside ours: nothing is built on it.
      to: { dependencyTypes: PACKAGES_OF_DEVELOPMENT, pathNot: 'node_modules/webtorrent/' },
    },
    {
      name: 'no-cycles',
      comment: 'no file imports itself, however long the way',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'every import is found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    preserveSymlinks: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:results/runs|client/fixtures)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
