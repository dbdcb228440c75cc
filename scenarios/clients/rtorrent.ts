/** rTorrent without its screen, by a settings file. */
import { type ClientAdapter, type ClientOrder, type Sign, sourceArgument } from './adapter.ts'

const QUIET = [
  'system.daemon.set = true',
  'dht.mode.set = disable',
  'protocol.pex.set = no',
  'trackers.use_udp.set = no',
  'network.port_random.set = no',
]
const TUNED = [
  'throttle.max_peers.normal.set = 100',
  'throttle.max_uploads.set = 50',
  'network.max_open_files.set = 600',
  'network.receive_buffer.size.set = 4M',
  'network.send_buffer.size.set = 4M',
  'pieces.memory.max.set = 512M',
  'pieces.preload.type.set = 1',
]

const settingsPath = ({ stateFolder }: ClientOrder) => `${stateFolder}/rtorrent.rc`
const signPath = (stateFolder: string) => `${stateFolder}/complete`
const sign = ({ stateFolder }: ClientOrder): Sign => ({ kind: 'file', path: signPath(stateFolder) })

export const rtorrent: ClientAdapter = {
  name: 'rtorrent',
  origin: { kind: 'debian', package: 'rtorrent' },
  versionCommand: () => ({ file: 'rtorrent', args: ['-h'] }),
  refusesLoopback: false,
  tuned: TUNED,
  files(order) {
    const { folder, stateFolder, host, port, settings } = order
    const lines = [
      ...QUIET,
      ...(settings === 'tuned' ? TUNED : []),
      `directory.default.set = "${folder}"`,
      `network.port_range.set = ${port}-${port}`,
      `network.bind_address.set = ${host}`,
      `network.local_address.set = ${host}`,
      `method.set_key = event.download.finished, sign, "execute.nothrow=touch,${signPath(stateFolder)}"`,
      // What is verified at its start and whole is never "finished".
      `method.set_key = event.download.hash_done, sign, "branch=d.complete=,\\"execute.nothrow=touch,${signPath(stateFolder)}\\""`,
    ]
    return [{ path: settingsPath(order), content: `${lines.join('\n')}\n` }]
  },
  command: (order) => ({
    file: 'rtorrent',
    args: ['-n', '-o', `import=${settingsPath(order)}`, sourceArgument(order.source)],
  }),
  seeding: sign,
  complete: sign,
}
