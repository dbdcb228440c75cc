import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { type Magnet, parseMagnet } from '../metainfo/magnet.ts'
import type { ClientEvent } from '../ports/events.ts'
import { encodeResumeState } from '../storage/resume-state.ts'
import type { DownloadSource } from '../swarm/settings.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import { runEventLoop } from './clock.testing.ts'
import { type DownloadOptions, openDownload, startDownload } from './download.ts'
import { writeStateFile } from './files-state.ts'
import { readTorrentFile } from './read-torrent.ts'
import { nodeSha1 } from './sha1.ts'

/** Of mktorrent-single. */
const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
const FIXTURES = path.join(import.meta.dirname, '../fixtures')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'download-'))
const open: net.Server[] = []

afterEach(() => {
  for (const server of open.splice(0)) server.close()
})
afterAll(() => fs.rmSync(scratch, { recursive: true }))

async function options(name = 'mktorrent-single', changed: Partial<DownloadOptions> = {}): Promise<DownloadOptions> {
  return {
    source: { kind: 'torrent', torrent: await readTorrentFile(path.join(FIXTURES, `torrents/${name}.torrent`)) },
    rootDir: fs.mkdtempSync(path.join(scratch, 'out-')),
    host: '127.0.0.1',
    port: 0,
    useTrackers: false,
    ...changed,
  }
}

function recorder() {
  const types: ClientEvent['type'][] = []
  return { types, emit: (_nowMs: number, { type }: ClientEvent) => types.push(type) }
}

test('content that is here already: verified, complete, and ended by itself', async () => {
  const events = recorder()
  const given = await options('transmission-multi', { rootDir: path.join(FIXTURES, 'content') })
  const download = await startDownload(given, events)
  expect(await download.finished).toEqual({ kind: 'complete', seconds: expect.any(Number), bytes: 433_807 })
  expect(events.types).toEqual(['started', 'verifying', 'verified-on-disk', 'completed'])
  expect(download.status()).toMatchObject({ phase: 'stopped', piecesComplete: 7, completeBytes: 433_807 })
})

/** How a connection to the port goes, once `hello` is sent. */
function connect(port: number, hello: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(hello))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('data', () => {
      socket.end()
      resolve('answered')
    })
  })
}

test('listens from when it is opened, answers peers once it has begun, and frees the port when it ends', async () => {
  const events = recorder()
  const given = await options()
  const download = await openDownload(given, events)
  const { port } = download.local
  const hello = encodeHandshake({ infohash: INFOHASH, peerId: peerIdFromBytes(new Uint8Array(20)) })
  expect(await connect(port, hello)).toBe('ECONNRESET')
  download.start()
  await runEventLoop(() => download.status().phase === 'downloading')
  expect(await connect(port, hello)).toBe('answered')
  expect(events.types.slice(0, 3)).toEqual(['started', 'peer-connected', 'peer-handshaken'])
  expect(await download.stop()).toEqual({ kind: 'stopped' })
  expect(await connect(port, hello)).toBe('ECONNREFUSED')
})

test('a second stop, and one after the end, change nothing', async () => {
  const download = await startDownload(await options(), recorder())
  expect(await Promise.all([download.stop(), download.stop()])).toEqual([{ kind: 'stopped' }, { kind: 'stopped' }])
  expect(await download.stop()).toEqual({ kind: 'stopped' })
})

test('a folder in place of its file ends it with what the disk said', async () => {
  const given = await options()
  const file = path.join(given.rootDir, 'single-11.bin')
  fs.mkdirSync(file)
  const events = recorder()
  const { finished } = await startDownload(given, events)
  const fault = { code: 'not-writable', detail: `${file}: illegal operation on a directory (EISDIR)` }
  expect(await finished).toEqual({ kind: 'failed', fault })
  expect(events.types).toEqual(['started', 'storage-failed'])
})

test('a port that is taken is refused in one line and 3, and nothing is written', async () => {
  const server = net.createServer()
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const given = await options('mktorrent-single', { port })
  const message = `port ${port} of 127.0.0.1 is in use: end what listens there, or choose another with --port`
  await expect(startDownload(given, recorder())).rejects.toMatchObject({ exitCode: 3, message })
  expect(fs.readdirSync(given.rootDir)).toEqual([])
})

test('a v2-only torrent is refused in one line and 2', async () => {
  const message = '"single-11.bin" is v2-only, which this client cannot download'
  const given = await options('libtorrent-v2-only-single')
  await expect(startDownload(given, recorder())).rejects.toMatchObject({ exitCode: 2, message })
})

test('a magnet link whose metadata was kept before needs no peer for it', async () => {
  const rootDir = fs.mkdtempSync(path.join(scratch, 'magnet-'))
  fs.cpSync(path.join(FIXTURES, 'content'), rootDir, { recursive: true })
  const { torrent } = (await options('transmission-multi')).source as DownloadSource & { kind: 'torrent' }
  const infohash = torrent.infohashV1!
  const files = torrent.files.map(() => ({ lengthBytes: 0, modifiedMs: 0 }))
  const complete = new Bitfield(torrent.geometry.pieceCount)
  const { infoBytes } = torrent
  const state = { infohash, complete, files, uploadedBytes: 0, downloadedBytes: 0, infoBytes }
  await writeStateFile(rootDir, infohash, encodeResumeState(state, nodeSha1))
  const magnet = parseMagnet(`magnet:?xt=urn:btih:${infohash}`) as Magnet
  const download = await startDownload(
    await options('mktorrent-single', { rootDir, source: { kind: 'magnet', magnet } }),
    recorder(),
  )
  expect(await download.finished).toMatchObject({ kind: 'complete', bytes: 433_807 })
})
