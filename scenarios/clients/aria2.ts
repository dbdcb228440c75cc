/** aria2, by its command line. */
import { type ClientAdapter, type ClientOrder, sourceArgument } from './adapter.ts'

const QUIET = [
  '--no-conf',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
  '--disable-ipv6',
  '--summary-interval=0',
  '--console-log-level=notice',
  // It goes on sharing, whatever it has given.
  '--seed-ratio=0',
]
/** Files are not zeroed before they are written; more is collected in memory before it is. */
const TUNED = ['--file-allocation=none', '--disk-cache=64M', '--bt-max-peers=100']

const signPath = (stateFolder: string) => `${stateFolder}/complete`
const scriptPath = (stateFolder: string) => `${stateFolder}/complete.sh`

export const aria2: ClientAdapter = {
  name: 'aria2',
  origin: { kind: 'debian', package: 'aria2' },
  versionCommand: () => ({ file: 'aria2c', args: ['--version'] }),
  refusesLoopback: false,
  tuned: TUNED,
  files: ({ stateFolder }) => [
    {
      path: scriptPath(stateFolder),
      content: `#!/bin/sh\nexec touch '${signPath(stateFolder)}'\n`,
      isExecutable: true,
    },
  ],
  command({ role, source, folder, stateFolder, host, port, settings }: ClientOrder) {
    const own = [`--interface=${host}`, `--listen-port=${port}`, `--dir=${folder}`]
    const hook = `--on-bt-download-complete=${scriptPath(stateFolder)}`
    const tuned = settings === 'tuned' ? TUNED : []
    const seed = role === 'seed' ? ['--check-integrity'] : []
    return { file: 'aria2c', args: [...QUIET, ...own, hook, ...tuned, ...seed, sourceArgument(source)] }
  },
  // It announces itself only when it has verified; it says so of a seed as of a download.
  seeding: () => ({ kind: 'line', pattern: /Verification finished successfully|Seeding/ }),
  complete: ({ stateFolder }) => ({ kind: 'file', path: signPath(stateFolder) }),
}
