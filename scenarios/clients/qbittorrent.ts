/** qBittorrent without its window, by a settings file. Its page is on loopback, and nobody asks it. */
import { type ClientAdapter, type ClientOrder, sourceArgument } from './adapter.ts'

/** Of its page: on the same host as the peer port, above it. */
const PAGE_PORT_OFFSET = 10_000

const TUNED = [
  // TCP alone; no encrypted attempt first.
  'Session\\BTProtocol=TCP',
  'Session\\Encryption=2',
  'Session\\ConnectionSpeed=200',
  'Session\\RequestQueueSize=1500',
  'Session\\MaxConnectionsPerTorrent=200',
]

const signPath = (stateFolder: string) => `${stateFolder}/complete`

export const qbittorrent: ClientAdapter = {
  name: 'qbittorrent',
  origin: { kind: 'debian', package: 'qbittorrent-nox' },
  versionCommand: () => ({ file: 'qbittorrent-nox', args: ['--version'] }),
  refusesLoopback: false,
  tuned: TUNED,
  files({ folder, stateFolder, host, port, settings }) {
    const lines = [
      '[LegalNotice]',
      'Accepted=true',
      '[BitTorrent]',
      'Session\\DHTEnabled=false',
      'Session\\LSDEnabled=false',
      'Session\\PeXEnabled=false',
      `Session\\Port=${port}`,
      'Session\\Interface=lo',
      'Session\\InterfaceName=lo',
      `Session\\InterfaceAddress=${host}`,
      `Session\\DefaultSavePath=${folder}`,
      'Session\\TempPathEnabled=false',
      ...(settings === 'tuned' ? TUNED : []),
      '[Network]',
      'PortForwardingEnabled=false',
      '[Preferences]',
      'WebUI\\Address=127.0.0.1',
      `WebUI\\Port=${port + PAGE_PORT_OFFSET}`,
      '[AutoRun]',
      'enabled=true',
      `program=touch ${signPath(stateFolder)}`,
    ]
    return [{ path: `${stateFolder}/qBittorrent/config/qBittorrent.conf`, content: `${lines.join('\n')}\n` }]
  },
  command({ role, source, folder, stateFolder }: ClientOrder) {
    const seed = role === 'seed' ? ['--skip-hash-check'] : []
    const own = [`--profile=${stateFolder}`, `--save-path=${folder}`, '--add-paused=false', '--skip-dialog=true']
    return { file: 'qbittorrent-nox', args: [...own, ...seed, sourceArgument(source)], env: { HOME: stateFolder } }
  },
  // It says nothing through a pipe, and does not read what it is told that it has.
  seeding: () => ({ kind: 'announce' }),
  complete: ({ stateFolder }) => ({ kind: 'file', path: signPath(stateFolder) }),
}
