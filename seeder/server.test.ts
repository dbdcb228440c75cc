import { hash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import { nodeClock } from '../client/node/clock.ts'
import { openContent } from '../client/node/content-reader.ts'
import { type DownloadOptions, type DownloadOutcome, startDownload } from '../client/node/download.ts'
import { nodeRandom } from '../client/node/random.ts'
import { readTorrentFile } from '../client/node/read-torrent.ts'
import type { ClientEvent } from '../client/ports/events.ts'
import { encodeHandshake } from '../client/wire/handshake.ts'
import { encodeMessage } from '../client/wire/messages.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { TrackerHttpService } from '../tracker-mock/http-service.ts'
import { startTrackerServer } from '../tracker-mock/server.ts'
import { parseScript, type ScriptStep } from './script.ts'
import { type Seeder, type SeederOptions, startSeeder } from './server.ts'

const FIXTURES = path.join(import.meta.dirname, '../client/fixtures')
const CONTENT = path.join(FIXTURES, 'content')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'seeder-'))
const seeders: Seeder[] = []

afterEach(() => {
  for (const seeder of seeders.splice(0)) seeder.stop()
})
afterAll(() => fs.rmSync(scratch, { recursive: true }))

const torrentOf = (name: string) => readTorrentFile(path.join(FIXTURES, `torrents/${name}.torrent`))
const freshDir = () => fs.mkdtempSync(path.join(scratch, 'out-'))
const silent = { announced() {}, stepBegun() {}, failed() {} }

async function seed(torrent: TorrentFile, script: ScriptStep[] = [], options: Partial<SeederOptions> = {}) {
  const { read } = openContent(CONTENT, torrent)
  const parsed = parseScript(script)
  const common = { torrent, read, host: '127.0.0.1', port: 0, link: null, trackerUrl: null, report: silent }
  const seeder = await startSeeder({ ...common, script: parsed, ...options })
  seeders.push(seeder)
  return seeder.local
}

interface Done {
  readonly outcome: DownloadOutcome
  readonly events: readonly ClientEvent[]
}

/** `seen` is called for each event; it returns true to have the download stopped. */
async function download(
  {
    torrent,
    ...options
  }: { readonly torrent: TorrentFile } & Pick<DownloadOptions, 'rootDir' | 'peers'> & Partial<DownloadOptions>,
  seen: (event: ClientEvent) => boolean = () => false,
): Promise<Done> {
  const events: ClientEvent[] = []
  const source = { kind: 'torrent', torrent } as const
  const defaults = { source, host: '127.0.0.1', port: 0, useTrackers: false } as const
  const begun = await startDownload(
    { ...defaults, ...options },
    {
      emit(_, event) {
        events.push(event)
        if (seen(event)) setImmediate(() => begun.stop())
      },
    },
  )
  return { outcome: await begun.finished, events }
}

const ofType = <Type extends ClientEvent['type']>(events: readonly ClientEvent[], type: Type) =>
  events.filter((event): event is Extract<ClientEvent, { type: Type }> => event.type === type)

/** Of the content: where a download was, what it knows of it stays behind in a folder of its own. */
function filesBelow(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  return files.filter((file) => !file.startsWith(`.swarmlab${path.sep}`))
}

function sha256ByPath(folder: string, files: readonly string[]): string[][] {
  return [...files].sort().map((file) => [file, hash('sha256', fs.readFileSync(path.join(folder, file)))])
}

describe('a download from one honest peer', () => {
  test.each([
    'mktorrent-one-byte',
    'mktorrent-single',
    'mktorrent-webseed',
    'transmission-exact-pieces',
    'transmission-multi',
    'mktorrent-multi-private-tiers',
    'libtorrent-hybrid-multi',
  ])('%s leaves the content and nothing else, no padding either', async (name) => {
    const torrent = await torrentOf(name)
    const rootDir = freshDir()
    const { outcome, events } = await download({ torrent, rootDir, peers: [await seed(torrent)] })
    const bytes = torrent.geometry.totalBytes
    expect(outcome).toEqual({ kind: 'complete', seconds: expect.any(Number), bytes })
    const files = torrent.files.filter(({ pad }) => !pad).map((file) => path.join(...file.path))
    expect(sha256ByPath(rootDir, filesBelow(rootDir))).toEqual(sha256ByPath(CONTENT, files))
    expect(ofType(events, 'piece-stored')).toHaveLength(torrent.geometry.pieceCount)
  })

  test('over files that are partly there asks only for what is missing or wrong', async () => {
    const torrent = await torrentOf('mktorrent-single') // 24 pieces of 32 KiB, the last has 20,690 bytes
    const rootDir = freshDir()
    const file = path.join(rootDir, 'single-11.bin')
    fs.copyFileSync(path.join(CONTENT, 'single-11.bin'), file)
    fs.truncateSync(file, 22 * 32_768 + 5) // pieces 22 and 23 are cut
    const handle = fs.openSync(file, 'r+')
    fs.writeSync(handle, 'x', 3 * 32_768) // piece 3 is wrong
    fs.closeSync(handle)
    const { outcome, events } = await download({ torrent, rootDir, peers: [await seed(torrent)] })
    expect(outcome.kind).toBe('complete')
    expect(ofType(events, 'verified-on-disk')).toMatchObject([{ pieces: 21, ofPieces: 24 }])
    const requested = new Set(ofType(events, 'block-requested').map(({ piece }) => piece))
    expect([...requested].sort((a, b) => a - b)).toEqual([3, 22, 23])
    expect(fs.readFileSync(file)).toEqual(fs.readFileSync(path.join(CONTENT, 'single-11.bin')))
  })
})

describe('a download from peers of which some are no good', () => {
  test('bans one that corrupts every block, and completes from the other', async () => {
    const torrent = await torrentOf('mktorrent-single')
    const rootDir = freshDir()
    const liar = await seed(torrent, [{ when: { afterStartMs: 0 }, do: { behaviour: 'corrupt' } }])
    // The honest one is slow to answer, so that the liar is asked for whole pieces.
    const honest = await seed(torrent, [], { link: { ...PERFECT_LINK, rttMs: 30 } })
    const { outcome, events } = await download({ torrent, rootDir, peers: [liar, honest] })
    expect(outcome.kind).toBe('complete')
    expect(ofType(events, 'peer-banned').map(({ peer }) => peer)).toEqual([`127.0.0.1:${liar.port}`])
    expect(fs.readFileSync(path.join(rootDir, 'single-11.bin'))).toEqual(
      fs.readFileSync(path.join(CONTENT, 'single-11.bin')),
    )
  })

  test('tries every peer it was given, one after another where it may have only one', async () => {
    const torrent = await torrentOf('mktorrent-single')
    const drop = { when: { bytesServed: 300_000 }, do: { behaviour: 'drop', how: 'reset' } }
    const peers = [await seed(torrent, [drop]), await seed(torrent, [drop]), await seed(torrent)]
    const { outcome, events } = await download({ torrent, rootDir: freshDir(), peers, peersMax: 1 })
    expect(outcome.kind).toBe('complete')
    const names = peers.map(({ port }) => `127.0.0.1:${port}`)
    expect(ofType(events, 'peer-handshaken').map(({ peer }) => peer)).toEqual(names)
  })
})

describe('the end of a download', () => {
  test('a disk that fails in the middle ends it with what the disk said', async () => {
    const torrent = await torrentOf('transmission-multi')
    const rootDir = freshDir()
    const { outcome, events } = await download({ torrent, rootDir, peers: [await seed(torrent)] }, (event) => {
      if (event.type === 'peer-handshaken') fs.rmSync(path.join(rootDir, 'multi'), { recursive: true })
      return false
    })
    const file = expect.stringContaining(path.join(rootDir, 'multi'))
    expect(outcome).toEqual({ kind: 'failed', fault: { code: 'missing', detail: file } })
    expect(ofType(events, 'storage-failed')).toHaveLength(1)
  })

  test('pieces that are whole when it is stopped are stored first (stop waits for hash and disk)', async () => {
    const torrent = await torrentOf('mktorrent-single')
    const rootDir = freshDir()
    const receivedBytes = new Map<number, number>()
    const isWhole = (piece: number) => receivedBytes.get(piece) === torrent.geometry.pieceBytes(piece as never)
    const { outcome, events } = await download({ torrent, rootDir, peers: [await seed(torrent)] }, (event) => {
      if (event.type !== 'block-received') return false
      receivedBytes.set(event.piece, (receivedBytes.get(event.piece) ?? 0) + event.lengthBytes)
      return isWhole(event.piece)
    })
    expect(outcome).toEqual({ kind: 'stopped' })
    expect(ofType(events, 'storage-failed')).toEqual([])
    const whole = [...receivedBytes.keys()].filter(isWhole)
    expect(whole.length).toBeGreaterThan(0)
    const stored = ofType(events, 'piece-stored').map(({ piece }) => piece)
    expect(stored.sort((a, b) => a - b)).toEqual(whole.sort((a, b) => a - b))
  })

  test('the tracker hears of start, completion and end, in that order, and of nothing where all is here', async () => {
    const clock = nodeClock()
    const heard: string[] = []
    const tracker = await startTrackerServer({
      service: new TrackerHttpService({ random: nodeRandom(), startMs: clock.nowMs() }),
      clock,
      host: '127.0.0.1',
      port: 0,
      onAnnounce: (_, { announce, leftBytes }) => heard.push(`${announce}, ${leftBytes} left`),
    })
    const found = await torrentOf('mktorrent-single')
    const torrent = { ...found, trackers: [[tracker.announceUrl]] }
    const { promise: known, resolve } = Promise.withResolvers<void>()
    await seed(torrent, [], { trackerUrl: tracker.announceUrl, report: { ...silent, announced: () => resolve() } })
    await known
    heard.length = 0
    const rootDir = freshDir()
    const options = { torrent, rootDir, peers: [], useTrackers: true }
    expect((await download(options)).outcome.kind).toBe('complete')
    expect(heard).toEqual(['started, 774354 left', 'completed, 0 left', 'stopped, 0 left'])
    expect((await download(options)).outcome.kind).toBe('complete')
    expect(heard).toHaveLength(3)
    await tracker.close()
  })
})

describe('a link', () => {
  const slowDown = { when: { afterStartMs: 0 }, do: { behaviour: 'slow-down', upBytesPerSecond: 4 * 2 ** 20 } }
  test.each([
    ['given', [], { ...PERFECT_LINK, upBytesPerSecond: 4 * 2 ** 20 }],
    ['that only the script limits', [slowDown], null],
  ])('%s is not exceeded: 262,144 bytes at 4 MiB/s take at least 62 ms', async (_, script, link) => {
    const torrent = await torrentOf('transmission-exact-pieces')
    const peers = [await seed(torrent, script, { link })]
    const { outcome } = await download({ torrent, rootDir: freshDir(), peers })
    if (outcome.kind !== 'complete') throw new Error(outcome.kind)
    expect(outcome.seconds).toBeGreaterThan(0.062)
  })
})

describe('a peer that cuts a block, on real sockets', () => {
  test.each([
    ['fin', null],
    ['reset', 'ECONNRESET'],
  ])('by a %s: half of its bytes come, then the end', async (how, code) => {
    const torrent = await torrentOf('mktorrent-single')
    const local = await seed(torrent, [{ when: { afterStartMs: 0 }, do: { behaviour: 'cut-block', how } }])
    const socket = net.connect(local.port, local.host)
    const infohash = torrent.infohashV1!
    socket.write(encodeHandshake({ infohash, peerId: peerIdFromBytes(new Uint8Array(20)) }))
    socket.write(encodeMessage({ type: 'interested' }))
    socket.write(encodeMessage({ type: 'request', piece: 0, offsetBytes: 0, lengthBytes: 16_384 }))
    let receivedBytes = 0
    let error: NodeJS.ErrnoException | null = null
    socket.on('data', (chunk) => {
      receivedBytes += chunk.length
    })
    socket.on('error', (each) => {
      error = each
    })
    await new Promise((resolve) => socket.on('close', resolve))
    // Handshake, a bitfield of 24 pieces, unchoke, and of the block its head and a half.
    expect(receivedBytes).toBe(68 + (5 + 3) + 5 + 13 + 8_192)
    expect((error as NodeJS.ErrnoException | null)?.code ?? null).toBe(code)
  })
})
