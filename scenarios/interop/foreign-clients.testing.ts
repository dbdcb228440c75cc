/** How each of the others is started; whatever finds peers but trackers, links and peers is off. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ClientName } from './matrix.testing.ts'
import {
  HOST,
  isListening,
  LIBTORRENT_HOST,
  LIBTORRENT_PEER,
  type Program,
  PYTHON,
  startProgram,
} from './programs.testing.ts'

export interface ForeignClient {
  /** What is installed; null: nothing. */
  readonly version: string | null
  /** Where it comes from. */
  readonly from: string
  /** Padding files must lie on the disk for it to seed them. */
  readonly readsPadding: boolean
  /** Where it listens. */
  readonly host: string
  seed(order: Order): Seed
  /** Ends with 0 when all is on the disk. */
  download(order: Order): Program
}

export interface Order {
  /** A path, or a magnet link. */
  readonly source: string
  readonly folder: string
  readonly port: number
}

/** `ready` when it can be connected to; rejects when it ends before. */
export interface Seed extends Program {
  readonly ready: Promise<unknown>
}

const WEBTORRENT_PEER = fileURLToPath(new URL('webtorrent-peer.testing.ts', import.meta.url))

const ARIA2_OPTIONS = [
  '--no-conf',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--disable-ipv6',
  `--interface=${HOST}`,
  '--file-allocation=none',
  '--summary-interval=0',
  '--log=-',
  '--log-level=info',
]

const aria2: ForeignClient = {
  version: versionOf('aria2c', ['--version']),
  from: "Debian's aria2",
  readsPadding: true,
  host: HOST,
  seed(order) {
    const program = startAria2(order, ['--check-integrity', '--seed-ratio=0'])
    return { ...program, ready: program.until(async () => ((await isListening(order.port)) ? true : undefined)) }
  },
  download: (order) => startAria2(order, ['--seed-time=0']),
}

function startAria2({ source, folder, port }: Order, options: readonly string[]): Program {
  return startProgram('aria2c', [...ARIA2_OPTIONS, ...options, `--listen-port=${port}`, `--dir=${folder}`, source])
}

const libtorrent: ForeignClient = {
  version: versionOf(PYTHON, [LIBTORRENT_PEER, 'version']),
  from: "Debian's python3-libtorrent",
  readsPadding: false,
  host: LIBTORRENT_HOST,
  seed: (order) => seeding(startLibtorrent('seed', order)),
  download: (order) => startLibtorrent('download', order),
}

function startLibtorrent(role: string, { source, folder, port }: Order): Program {
  return startProgram(PYTHON, [LIBTORRENT_PEER, role, LIBTORRENT_HOST, `${port}`, folder, source])
}

const webtorrent: ForeignClient = {
  version: webtorrentVersion(),
  from: 'npm ci',
  readsPadding: true,
  host: HOST,
  seed: (order) => seeding(startWebtorrent('seed', order)),
  download: (order) => startWebtorrent('download', order),
}

function startWebtorrent(role: string, { source, folder, port }: Order): Program {
  return startProgram(process.execPath, [WEBTORRENT_PEER, role, `${port}`, folder, source])
}

export const FOREIGN_CLIENTS: Readonly<Record<ClientName, ForeignClient>> = { aria2, libtorrent, webtorrent }

function seeding(program: Program): Seed {
  return { ...program, ready: program.line(/^seeding$/) }
}

function versionOf(file: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? (/\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? null) : null
}

function webtorrentVersion(): string | null {
  try {
    return createRequire(import.meta.url)('webtorrent/package.json').version
  } catch {
    return null
  }
}
