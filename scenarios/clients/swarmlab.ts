/** The client of this project, by its command line: from outside it is a program like the others. */
import { type ClientAdapter, type ClientOrder, type Places, sourceArgument } from './adapter.ts'

/** A pipeline as deep as a long path needs, from the start, instead of one that follows the path. */
const TUNED = ['--pipeline-depth', '256']

function client({ projectFolder, nodePath }: Places, args: readonly string[]) {
  const preflight = `${projectFolder}/client/node/preflight.mjs`
  return { file: nodePath, args: ['--import', preflight, `${projectFolder}/client/cli/main.ts`, ...args] }
}

export const swarmlab: ClientAdapter = {
  name: 'swarmlab',
  origin: { kind: 'project' },
  versionCommand: (places) => client(places, ['--version']),
  refusesLoopback: false,
  tuned: [TUNED.join(' ')],
  files: () => [],
  command(order: ClientOrder) {
    const { role, source, folder, host, port, settings } = order
    const here = [sourceArgument(source), '--host', host, '--port', `${port}`, '--no-pex', '--json', '--quiet']
    if (role === 'seed') return client(order, ['seed', ...here, '--from', folder])
    const tuned = settings === 'tuned' ? TUNED : []
    return client(order, ['download', ...here, '--out', folder, '--seed', ...tuned])
  },
  seeding: () => ({ kind: 'line', pattern: /"event":"seeding"/ }),
  complete: () => ({ kind: 'line', pattern: /"event":"completed"/ }),
}
