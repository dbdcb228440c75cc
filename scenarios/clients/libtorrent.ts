/** libtorrent (Rasterbar) by its Python binding: a session with one torrent and nothing around it (./libtorrent-peer.py). */
import { type ClientAdapter, type ClientOrder, sourceArgument } from './adapter.ts'

/** Debian's, which has Debian's packages. */
const PYTHON = '/usr/bin/python3'

/** As `./libtorrent-peer.py` hands them to the session. */
const TUNED = {
  enable_outgoing_utp: false,
  enable_incoming_utp: false,
  // No encrypted attempt first: 2 is "disabled".
  out_enc_policy: 2,
  request_queue_time: 10,
  max_out_request_queue: 1_500,
  connection_speed: 200,
}

function script(projectFolder: string): string {
  return `${projectFolder}/scenarios/clients/libtorrent-peer.py`
}

export const libtorrent: ClientAdapter = {
  name: 'libtorrent',
  origin: { kind: 'debian', package: 'python3-libtorrent' },
  versionCommand: ({ projectFolder }) => ({ file: PYTHON, args: [script(projectFolder), 'version'] }),
  refusesLoopback: false,
  tuned: Object.entries(TUNED).map(([name, value]) => `${name}=${value}`),
  files: () => [],
  command({ projectFolder, role, source, folder, host, port, settings }: ClientOrder) {
    const tuned = JSON.stringify(settings === 'tuned' ? TUNED : {})
    return {
      file: PYTHON,
      args: [script(projectFolder), role, host, `${port}`, folder, sourceArgument(source), tuned],
    }
  },
  seeding: () => ({ kind: 'line', pattern: /^seeding$/ }),
  complete: () => ({ kind: 'line', pattern: /^complete$/ }),
}
