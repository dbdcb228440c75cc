/**
 * Transmission's daemon, by a settings file and a torrent in its own folder. It refuses peers in 127.0.0.0/8, so it runs
 * where there are other addresses: in a network namespace, or in a container.
 */
import type { ClientAdapter, ClientOrder, SettingsFile } from './adapter.ts'

const TUNED = {
  'peer-limit-global': 200,
  'peer-limit-per-torrent': 100,
  'cache-size-mb': 64,
  preallocation: 0,
}
/** 0: it prefers no encryption. */
const TUNED_ENCRYPTION = { encryption: 0 }

export const transmission: ClientAdapter = {
  name: 'transmission',
  origin: { kind: 'debian', package: 'transmission-daemon' },
  versionCommand: () => ({ file: 'transmission-daemon', args: ['--version'] }),
  refusesLoopback: true,
  tuned: Object.entries({ ...TUNED, ...TUNED_ENCRYPTION }).map(([name, value]) => `${name}: ${value}`),
  files(order) {
    const { folder, stateFolder, host, port, settings } = order
    const own = {
      'dht-enabled': false,
      'lpd-enabled': false,
      // Version 3.00 tries uTP first, and where nobody answers never TCP: see docs/clients.md.
      'utp-enabled': false,
      'pex-enabled': false,
      'port-forwarding-enabled': false,
      'rpc-enabled': false,
      'bind-address-ipv4': host,
      'peer-port': port,
      'download-dir': folder,
      'ratio-limit-enabled': false,
      'watch-dir-enabled': true,
      'watch-dir': watched(stateFolder),
      ...(settings === 'tuned' ? { ...TUNED, ...TUNED_ENCRYPTION } : {}),
    }
    return [{ path: `${stateFolder}/settings.json`, content: JSON.stringify(own) }, ...sourceFiles(order)]
  },
  command: ({ stateFolder }) => ({
    file: 'transmission-daemon',
    args: ['--foreground', '--config-dir', stateFolder, '--log-info'],
  }),
  seeding: () => ({
    kind: 'line',
    pattern: /State changed from "Incomplete" to "Complete"|Verification|Queued for verification|Verifying torrent/,
  }),
  complete: () => ({ kind: 'line', pattern: /State changed from "Incomplete" to "Complete"/ }),
}

/** What it finds in the folder that it watches it verifies and starts. A magnet link it has to know already. */
function sourceFiles({ source, stateFolder }: ClientOrder): SettingsFile[] {
  if (source.kind === 'torrent') return [{ path: `${watched(stateFolder)}/content.torrent`, content: source.bytes }]
  const { infohash, name, trackerUrl } = source
  const text = (value: string) => `${Buffer.byteLength(value)}:${value}`
  const kept = [
    Buffer.from(`d${text('announce')}${text(trackerUrl)}${text('magnet-info')}d${text('display-name')}${text(name)}`),
    Buffer.from(`${text('info_hash')}20:`),
    Buffer.from(infohash, 'hex'),
    Buffer.from('ee'),
  ]
  return [
    { path: `${watched(stateFolder)}/.keep`, content: '' },
    { path: `${stateFolder}/torrents/${infohash}.torrent`, content: Buffer.concat(kept) },
    { path: `${stateFolder}/resume/${infohash}.resume`, content: `d${text('paused')}i0ee` },
  ]
}

function watched(stateFolder: string): string {
  return `${stateFolder}/watch`
}
