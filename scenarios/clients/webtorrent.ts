/** WebTorrent, the package, with one torrent and nothing around it (./webtorrent/main.ts). */
import { type ClientAdapter, type ClientOrder, sourceArgument } from './adapter.ts'

/** Options of the package: no uTP, which no scripted peer speaks; more connections; peers are dialled at once. */
const TUNED = { utp: false, maxConns: 100 }

function script(projectFolder: string): string {
  return `${projectFolder}/scenarios/clients/webtorrent/main.ts`
}

export const webtorrent: ClientAdapter = {
  name: 'webtorrent',
  origin: { kind: 'npm', package: 'webtorrent' },
  versionCommand: ({ nodePath, projectFolder }) => ({ file: nodePath, args: [script(projectFolder), 'version'] }),
  refusesLoopback: false,
  tuned: Object.entries(TUNED).map(([name, value]) => `${name}: ${value}`),
  files: () => [],
  command({ nodePath, projectFolder, role, source, folder, host, port, settings }: ClientOrder) {
    const tuned = JSON.stringify(settings === 'tuned' ? TUNED : {})
    return {
      file: nodePath,
      args: [script(projectFolder), role, host, `${port}`, folder, sourceArgument(source), tuned],
    }
  },
  seeding: () => ({ kind: 'line', pattern: /^seeding$/ }),
  complete: () => ({ kind: 'line', pattern: /^complete$/ }),
}
