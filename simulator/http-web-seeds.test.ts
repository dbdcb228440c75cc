/**
 * Web seeds in virtual time, with a real picker: what each fault of a server costs a download that one honest server
 * could finish alone, and what becomes of the faulty one.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { encode } from '../client/bencode/encode.ts'
import { Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import type { TorrentContentFile, TorrentFile } from '../client/metainfo/torrent-file.ts'
import { PieceManager } from '../client/pieces/piece-manager.ts'
import { joined } from '../client/ports/bytes.ts'
import type { HttpClient } from '../client/ports/http.ts'
import { WebSeeds } from '../client/swarm/web-seeds.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { SimulatedHttp } from './http.ts'
import { type FileServerFault, type FileServerOptions, simulatedFileServer } from './http-files.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const US = '127.0.0.1'
const LOCAL = '127.0.0.9'
const PIECE_BYTES = 262_144
/** 8 MiB and a bit: three files, one of them empty, and padding between. */
const FILE_BYTES = [3_000_000, 0, 5_400_001]
const PAD_BYTES = 145_728
const RATE = 2 * 1024 * 1024
const LIMIT_MS = 3_600_000

const layout: readonly (readonly [name: string, lengthBytes: number])[] = [
  ['a.bin', FILE_BYTES[0]!],
  ['.pad', PAD_BYTES],
  ['empty', FILE_BYTES[1]!],
  ['b c.bin', FILE_BYTES[2]!],
]

let offset = 0
const files: readonly TorrentContentFile[] = layout.map(([name, lengthBytes]) => {
  const file = { path: ['t', name], lengthBytes, offsetBytes: offset, pad: name === '.pad' }
  offset += lengthBytes
  return file
})
const contents = files.map(({ pad, lengthBytes }, index) =>
  pad
    ? new Uint8Array(lengthBytes)
    : Uint8Array.from({ length: lengthBytes }, (_, at) => (at * 31 + index + (at >> 8)) % 251),
)
const content = joined(contents)
const geometry = new Geometry(content.length, PIECE_BYTES)

const torrentWith = (webSeeds: readonly string[]): TorrentFile => ({
  name: 't',
  infohashV1: 'ab'.repeat(20) as InfoHash,
  infohashV2: null,
  infoBytes: encode({ name: 't', files: layout.map(([name, length]) => ({ path: [name], length })) }),
  geometry,
  pieceHashes: new Uint8Array(20 * geometry.pieceCount),
  private: false,
  trackers: [],
  webSeeds,
  comment: null,
  createdBy: null,
  creationDate: null,
  files,
})

function fileAt(path: string): Uint8Array | null {
  const index = files.findIndex(({ path: [folder, name] }) => path === `/${folder}/${encodeURIComponent(name ?? '')}`)
  return index === -1 ? null : contents[index]!
}

interface Outcome {
  readonly seconds: number
  readonly failures: readonly string[]
  /** Blocks of each that were handed on, and requests that reached each. */
  readonly bytesFrom: ReadonlyMap<number, number>
  readonly requests: readonly number[]
  readonly states: readonly string[]
}

/** Downloads all of it from these servers; rejects a wrong byte, and what does not end within an hour. */
function download(servers: readonly Partial<FileServerOptions>[]): Outcome {
  const simulation = new Simulation()
  const network = new SimulatedNetwork(simulation, { below: () => 0 })
  const hosts = servers.map((_, index) => `127.0.1.${index + 1}`)
  for (const host of [US, LOCAL, ...hosts]) network.addHost(host, { ...PERFECT_LINK, rttMs: 10 })
  const http = new SimulatedHttp(simulation, network, { isLocal: (host) => host === LOCAL })
  const requests = servers.map(() => 0)
  http.serve(LOCAL, 80, simulatedFileServer({ file: () => failing('the local server was asked'), bytesPerSecond: 1 }))
  for (const [index, options] of servers.entries()) {
    const server = simulatedFileServer({ file: fileAt, bytesPerSecond: RATE, ...options })
    http.serve(hosts[index]!, 80, {
      handle(...asked) {
        requests[index]!++
        return server.handle(...asked)
      },
    })
  }
  const torrent = torrentWith(hosts.map((host) => `http://${host}/`))
  const client = new Downloader(simulation, torrent, http.client(US))
  const ended = simulation.run(() => client.pieces.isComplete, LIMIT_MS)
  expect(ended, client.failures.join('\n')).toBe('done')
  client.webSeeds.stop()
  return {
    seconds: simulation.nowMs / 1000,
    failures: client.failures.map((line) => line.replace(/http:\/\/127\.0\.1\.(\d+)\//, '$1')),
    bytesFrom: client.bytesFrom,
    requests,
    states: client.webSeeds.status(simulation.nowMs).map(({ state }) => state),
  }
}

function failing(why: string): never {
  throw new Error(why)
}

/** The least that a download is: picks, keeps, checks whole pieces at once, and bans the sole sender of a bad one. */
class Downloader {
  readonly pieces = new PieceManager(geometry, seededRandom(1, 0, PURPOSE.picker))
  readonly webSeeds: WebSeeds
  readonly failures: string[] = []
  readonly bytesFrom = new Map<number, number>()

  constructor(simulation: Simulation, torrent: TorrentFile, http: HttpClient) {
    const settle = (nowMs: number) => {
      this.webSeeds.pump(nowMs)
      alarm.set(this.webSeeds.deadlineMs())
    }
    const alarm = simulation.clock.alarm((nowMs) => {
      this.webSeeds.handleDeadline(nowMs)
      settle(nowMs)
    })
    this.webSeeds = new WebSeeds(torrent, http, {
      mayRequest: true,
      pickWhole: (_, key, pieces) => this.pieces.pickWhole(key, pieces),
      grant: (_, bytes) => ({ bytes, againMs: null }),
      received: (nowMs, key, range, bytes) => this.#received(nowMs, key, range, bytes),
      released: (_, key, ranges) => this.pieces.release(key, ranges),
      webSeedFailed: (_, url, reason, retryInMs) => this.failures.push(`${url} ${reason}, ${retryInMs}`),
      touched: settle,
    })
    settle(0)
  }

  #received(nowMs: number, key: number, range: Parameters<PieceManager['received']>[0], bytes: Uint8Array): void {
    this.bytesFrom.set(key, (this.bytesFrom.get(key) ?? 0) + bytes.length)
    const received = this.pieces.received(range, key, bytes)
    if (received.kind === 'wasted' || received.whole === null) return
    const { piece, parts, senders } = received.whole
    const at = geometry.pieceOffsetBytes(piece)
    if (Buffer.compare(joined(parts), content.subarray(at, at + geometry.pieceBytes(piece))) === 0) {
      return this.pieces.stored(piece)
    }
    this.pieces.failed(piece as PieceIndex)
    if (new Set(senders).size === 1) this.webSeeds.ban(nowMs, senders[0]!)
  }
}

const alone = download([{}])
let ran = 0
afterAll(() => expect(ran, 'faults that were tried').toBe(11))

test('an honest server alone sends every byte once, padding aside, nearly as fast as its connections go', () => {
  expect(alone.failures).toEqual([])
  expect([...alone.bytesFrom]).toEqual([[-1, content.length]])
  expect(alone.seconds).toBeLessThan(content.length / RATE)
  expect(alone.requests[0]).toBeLessThan(geometry.pieceCount)
})

test('two honest servers share the work', () => {
  const { bytesFrom, failures } = download([{}, {}])
  expect(failures).toEqual([])
  expect(Math.min(...bytesFrom.values())).toBeGreaterThan(content.length / 5)
})

interface Faulty extends Partial<FileServerOptions> {
  readonly fault: FileServerFault
  /** The first that is heard of it. */
  readonly told: string
  readonly state: 'over' | 'waiting'
}

const FAULTS: readonly Faulty[] = [
  {
    fault: 'wrong-range',
    told: 'wrong range: expected bytes 0-65535, received bytes 1-65536, null',
    state: 'over',
  },
  {
    fault: 'other-length',
    told: 'other length: expected a file of 3000000 bytes, received 3000001, null',
    state: 'over',
  },
  { fault: 'short-body', told: 'other length: expected 65536 bytes, received 32768, null', state: 'over' },
  { fault: 'endless-body', told: 'endless body: longer than 65536 bytes, null', state: 'over' },
  {
    fault: 'redirect',
    told: `redirected to the local address ${LOCAL}, null`,
    state: 'over',
    redirectTo: `http://${LOCAL}`,
  },
  { fault: 'ignores-ranges', told: 'sends the whole where 65536 bytes were asked for, null', state: 'over' },
  { fault: 'not-found', told: 'HTTP status 404, null', state: 'over' },
  { fault: 'unavailable', told: 'HTTP status 503, 60000', state: 'waiting', retryAfterMs: 60_000 },
  { fault: 'resets', told: 'broken: connection reset, 1000', state: 'waiting' },
  { fault: 'hangs', told: 'timeout: no answer in time, 1000', state: 'waiting' },
]

describe('web seed', () => {
  test.each(FAULTS)('$fault: the download is finished by an honest one', (faulty) => {
    const { fault, told, state } = faulty
    const { seconds, failures, requests, states, bytesFrom } = download([faulty, {}])
    ran++
    // One that hangs holds its first piece until its first time-out.
    const heldSeconds = fault === 'hangs' ? 10 : 0
    expect(failures[0]).toBe(`1 ${told}`)
    expect(states).toEqual([state, 'idle'])
    expect(bytesFrom.get(-1) ?? 0).toBe(0)
    expect(requests[0]).toBeLessThanOrEqual(4)
    expect(seconds).toBeLessThan(alone.seconds * 1.5 + heldSeconds)
  })

  test('corrupt: is banned for its first piece, which comes from the honest one', () => {
    const { seconds, states, bytesFrom } = download([{ fault: 'corrupt' }, {}])
    ran++
    expect(states).toEqual(['over', 'idle'])
    // What it had sent, and was asked for by then: a few requests of the least size.
    expect(bytesFrom.get(-1)).toBeLessThanOrEqual(3 * PIECE_BYTES)
    expect(seconds).toBeLessThan(alone.seconds * 1.5)
  })

  test('1 byte/s: each try ends at its time-out, the tries come ever later, and the honest one finishes', () => {
    const { seconds, failures, requests, bytesFrom } = download([{ bytesPerSecond: 1 }, { bytesPerSecond: RATE / 16 }])
    expect(failures.slice(0, 2)).toEqual(['1 timeout: no answer in time, 1000', '1 timeout: no answer in time, 2000'])
    expect(bytesFrom.has(-1)).toBe(false)
    expect(requests[0]).toBeLessThan(8)
    expect(seconds).toBeLessThan(((content.length / RATE) * 16) / 3 + 30)
  })

  test('slow but honest: helps as much as it can', () => {
    const { failures, bytesFrom } = download([{ bytesPerSecond: RATE / 32 }, { bytesPerSecond: RATE / 8 }])
    expect(failures).toEqual([])
    expect(bytesFrom.get(-1)).toBeGreaterThan(PIECE_BYTES)
  })

  test('nine faulty ones of every kind: the honest one finishes', () => {
    const faulty = FAULTS.filter(({ fault }) => fault !== 'hangs')
    const { seconds, bytesFrom } = download([...faulty, {}])
    expect([...bytesFrom.keys()]).toEqual([-1 - faulty.length])
    expect(seconds).toBeLessThan(alone.seconds * 1.5)
  })
})
