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
import { DEFAULT_CHOICES } from './settings.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash
const PEER: PeerAddress = { host: '127.0.0.2', port: 6881 }
const US = peerIdFromBytes(new Uint8Array(20))
const THEM = peerIdFromBytes(new Uint8Array(20).fill(1))
const EMPTY = new Uint8Array(0)
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

interface FakeAlarm {
  atMs: number | null
  readonly run: (nowMs: number) => void
}

/** Alarms that the test sets off. */
function fakeClock() {
  const alarms: FakeAlarm[] = []
  const next = () => {
    const set = alarms.filter(({ atMs }) => atMs !== null)
    return set.reduce<FakeAlarm | null>((a, b) => (a === null || b.atMs! < a.atMs! ? b : a), null)
  }
  return {
    clock: {
      nowMs: UNUSED,
      alarm(run: (nowMs: number) => void) {
        const alarm: FakeAlarm = { atMs: null, run }
        alarms.push(alarm)
        return { set: (deadlineMs: number | null) => Object.assign(alarm, { atMs: deadlineMs }) }
      },
    },
    deadlineMs: () => next()?.atMs ?? null,
    /** Runs what is due by then. */
    until(limitMs: number) {
      for (let alarm = next(); alarm !== null && alarm.atMs! <= limitMs; alarm = next()) {
        const nowMs = alarm.atMs!
        alarm.atMs = null
        alarm.run(nowMs)
      }
    },
  }
}

/** Of one-byte pieces. */
function fakeTorrent(totalBytes: number, trackers: readonly string[]): TorrentFile {
  const geometry = new Geometry(totalBytes, 1)
  const files = [{ path: ['a'], lengthBytes: totalBytes, offsetBytes: 0, pad: false }]
  const known = { name: 'a', infohashV1: INFOHASH, geometry, trackers: [trackers], files, webSeeds: [] }
  return { ...known, infoBytes: EMPTY } as unknown as TorrentFile
}

/** The world around a manager: what it asks for, and a way to answer. `totalBytes` of one-byte pieces; 0 is complete. */
function world({ totalBytes = 1, trackers = [] as string[], peers = [] as PeerAddress[] }) {
  const events: ClientEvent[] = []
  const requests: { url: URL; done: (nowMs: number, outcome: HttpOutcome) => void }[] = []
  const dialled: ConnectionHandler[] = []
  const { clock, deadlineMs, until } = fakeClock()
  let prepared: (nowMs: number, outcome: PrepareOutcome) => void = UNUSED
  let closed: (nowMs: number, fault: StorageFault | null) => void = UNUSED
  const torrent = fakeTorrent(totalBytes, trackers)
  const manager = new DownloadManager(
    { ...DEFAULT_CHOICES, source: { kind: 'torrent', torrent }, peerId: US, listenPort: 6881, peers },
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
      datagrams: null,
      openVerifier: null,
      sha1: () => new Uint8Array(20),
      openStorage: () => ({
        prepare(done) {
          prepared = done
        },
        write: UNUSED,
        read: UNUSED,
        stat: UNUSED,
        readState: UNUSED,
        writeState: UNUSED,
        close(done) {
          closed = done
        },
      }),
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
      prepared(nowMs, { kind: 'ready', hadContent: false, files: [] })
    },
    /** What is left to save is nothing, so the files are closed at once. */
    closed(nowMs: number) {
      until(nowMs)
      closed(nowMs, null)
    },
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
    it.until(5)
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
    it.closed(20 + STOP_GRACE_MS)
  })

  test('of a download whose tracker is gone is over at once', () => {
    const it = world({ trackers: ['http://a/announce'] })
    it.begin()
    it.answer(10, refused)
    it.manager.stop(20, () => {})
    it.closed(20)
    expect(it.announces()).toEqual(['a started'])
  })
})
