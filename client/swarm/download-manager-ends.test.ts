/** How a download begins and ends, against ports that do nothing but what the test says. Virtual time. */
import { describe, expect, test } from 'vitest'
import { Geometry } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { HttpOutcome } from '../ports/http.ts'
import type { PrepareOutcome, StorageFault } from '../ports/storage.ts'
import type { Connection, ConnectionHandler, PeerAddress } from '../ports/transport.ts'
import { encodeHandshake } from '../wire/handshake.ts'
import { peerIdFromBytes } from '../wire/peer-id.ts'
import { DownloadManager, NO_PEERS_AGAIN_MS, NO_PEERS_WARNING_MS, STOP_GRACE_MS } from './download-manager.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const PEER: PeerAddress = { host: '127.0.0.2', port: 6881 }
const US = peerIdFromBytes(new Uint8Array(20))
const THEM = peerIdFromBytes(new Uint8Array(20).fill(1))
const UNUSED = () => {
  throw new Error('not for this test')
}

const CONNECTION: Connection = {
  remote: PEER,
  unsentBytes: 0,
  send() {},
  close() {},
  reset() {},
  pauseReceiving() {},
  resumeReceiving() {},
}

/** An alarm that the test sets off. */
function fakeClock() {
  let wake: { atMs: number | null; run: (nowMs: number) => void } = { atMs: null, run: UNUSED }
  return {
    clock: {
      nowMs: UNUSED,
      alarm(run: (nowMs: number) => void) {
        wake = { atMs: null, run }
        return { set: (deadlineMs: number | null) => Object.assign(wake, { atMs: deadlineMs }) }
      },
    },
    deadlineMs: () => wake.atMs,
    /** Runs what is due by then. */
    until(limitMs: number) {
      while (wake.atMs !== null && wake.atMs <= limitMs) {
        const nowMs = wake.atMs
        wake.atMs = null
        wake.run(nowMs)
      }
    },
  }
}

/** The world around a manager: what it asks for, and a way to answer. `totalBytes` of one-byte pieces; 0 is complete. */
function world({ totalBytes = 1, trackers = [] as string[], peers = [] as PeerAddress[] }) {
  const events: ClientEvent[] = []
  const requests: { url: URL; done: (nowMs: number, outcome: HttpOutcome) => void }[] = []
  const dialled: ConnectionHandler[] = []
  const { clock, deadlineMs, until } = fakeClock()
  let prepared: (nowMs: number, outcome: PrepareOutcome) => void = UNUSED
  let closed: (nowMs: number, fault: StorageFault | null) => void = UNUSED
  const geometry = new Geometry(totalBytes, 1)
  const files = [{ path: ['a'], lengthBytes: totalBytes, offsetBytes: 0, pad: false }]
  const torrent = { name: 'a', infohashV1: INFOHASH, geometry, trackers: [trackers], files } as unknown as TorrentFile
  const manager = new DownloadManager(
    { torrent, peerId: US, listenPort: 6881, pipelineDepth: 1, peersMax: 5, peers, useTrackers: true },
    {
      clock,
      pickerRandom: { below: () => 0 },
      trackerRandom: { below: () => 0 },
      transport: {
        connect(_, handler) {
          dialled.push(handler)
          return CONNECTION
        },
        listen: UNUSED,
      },
      http: {
        get({ url }, done) {
          requests.push({ url: new URL(url), done })
          return { cancel() {} }
        },
      },
      storage: {
        prepare(done) {
          prepared = done
        },
        write: UNUSED,
        read: UNUSED,
        close(done) {
          closed = done
        },
      },
      hasher: { verify: UNUSED },
      events: { emit: (_, event) => events.push(event) },
    },
  )
  return {
    manager,
    events,
    dialled,
    announces: () => requests.map(({ url }) => `${url.host} ${url.searchParams.get('event')}`),
    answer: (nowMs: number, outcome: HttpOutcome) => requests.at(-1)!.done(nowMs, outcome),
    begin(nowMs = 0) {
      manager.start(nowMs)
      prepared(nowMs, { kind: 'ready', hadContent: false })
    },
    closed: (nowMs: number) => closed(nowMs, null),
    deadlineMs,
    until,
  }
}

const ofType = (events: readonly ClientEvent[], type: ClientEvent['type']) =>
  events.filter((event) => event.type === type)
const refused: HttpOutcome = { kind: 'fault', code: 'refused', detail: 'nobody listens there' }
const noPeersFound: HttpOutcome = {
  kind: 'response',
  status: 200,
  body: new TextEncoder().encode('d8:intervali1800e5:peers0:e'),
}

describe('without a peer', () => {
  test('it says so after 8 s, and again every 30 s, from when there is none (not from the start)', () => {
    const it = world({ peers: [PEER] })
    it.begin(500)
    const [peer] = it.dialled
    peer!.opened(1_000)
    peer!.received(1_000, encodeHandshake({ infohash: INFOHASH, peerId: THEM }), 'owned')
    it.until(100_000)
    expect(ofType(it.events, 'no-peers')).toEqual([])
    peer!.ended(100_000, 'fin')
    it.until(100_000 + NO_PEERS_WARNING_MS + NO_PEERS_AGAIN_MS)
    expect(ofType(it.events, 'no-peers')).toEqual([
      { type: 'no-peers', forMs: 8_000, known: 1 },
      { type: 'no-peers', forMs: 38_000, known: 1 },
    ])
  })
})

describe('content that is complete from the start', () => {
  test('is told of to no tracker', () => {
    const it = world({ totalBytes: 0, trackers: ['http://a/announce'] })
    it.begin()
    expect(ofType(it.events, 'completed')).toHaveLength(1)
    let stoppedMs: number | null = null
    it.manager.stop(5, (nowMs) => {
      stoppedMs = nowMs
    })
    it.closed(6)
    expect([it.announces(), stoppedMs]).toEqual([[], 6])
  })
})

describe('a stop', () => {
  test('leaves no alarm behind, though a peer had one', () => {
    const it = world({ peers: [PEER] })
    it.begin()
    expect(it.deadlineMs()).not.toBeNull()
    it.manager.stop(5, () => {})
    expect(it.deadlineMs()).toBeNull()
  })

  test('tells the tracker, and waits for its answer', () => {
    const it = world({ trackers: ['http://a/announce'] })
    it.begin()
    it.answer(10, noPeersFound)
    let isStopped = false
    it.manager.stop(20, () => {
      isStopped = true
    })
    expect(it.announces()).toEqual(['a started', 'a stopped'])
    it.answer(30, noPeersFound)
    it.closed(31)
    expect(isStopped).toBe(true)
  })

  test(`waits ${STOP_GRACE_MS} ms and no longer for a tracker that does not answer`, () => {
    const it = world({ trackers: ['http://a/announce'] })
    it.begin()
    it.answer(10, noPeersFound)
    it.manager.stop(20, () => {})
    it.until(19 + STOP_GRACE_MS)
    expect(() => it.closed(0)).toThrow('not for this test')
    it.until(20 + STOP_GRACE_MS)
    it.closed(0)
  })

  test('of a download whose tracker is gone is over at once', () => {
    const it = world({ trackers: ['http://a/announce'] })
    it.begin()
    it.answer(10, refused)
    it.manager.stop(20, () => {})
    it.closed(0)
    expect(it.announces()).toEqual(['a started'])
  })
})
