/** Whom a download finds and talks to: trackers that fail, peers of the user, those who dial it, itself; and how it stops. */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import type { Storage } from '../client/ports/storage.ts'
import type { Connection, ConnectionHandler } from '../client/ports/transport.ts'
import { encodeAnnounceResponse } from '../client/tracker/announce-response.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { MessageDecoder } from '../client/wire/decoder.ts'
import { encodeHandshake, HANDSHAKE_BYTES } from '../client/wire/handshake.ts'
import { encodeMessage } from '../client/wire/messages.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { BLOCK_RATE, CLIENT, emptyDisk, peerAddress, peerName, Swarm } from './swarm-stage.testing.ts'

const HONEST = {}
/** The client's announces, not those of the peers. */
const ours = (step: object, when: object = {}) => ({ when: { host: CLIENT.host, ...when }, do: step })

describe('a tracker that fails', () => {
  test('is asked again after 1 s, 2 s and 4 s, until it answers', () => {
    const failing = ours({ error: 'busy' }, { toMs: 5_000 })
    const swarm = new Swarm({ peers: [HONEST], tracker: [failing] }).start()
    expect(swarm.complete(20_000)).toBeLessThan(7_000 + 90 + 63 * 10 + 1)
    expect(swarm.judge.all('announce-failed').map(({ atMs, retryInMs }) => [atMs, retryInMs])).toEqual([
      [0, 1_000],
      [1_000, 2_000],
      [3_000, 4_000],
    ])
    expect(swarm.judge.all('announced').map(({ atMs, peers }) => [atMs, peers])).toEqual([[7_000, 1]])
  })

  test.each([
    ['that hangs', { hang: true }, 15_000],
    ['that resets', { reset: true }, 0],
    ['that answers garbage', { garbageBytes: 100 }, 0],
    ['that answers more than anybody reads', { garbageBytes: 2 * 1_048_576 }, 0],
    ['that answers an error of HTTP', { status: 503 }, 0],
  ])('%s is asked again', (_, step, waitedMs) => {
    const swarm = new Swarm({ peers: [HONEST], tracker: [ours(step, { announce: 2 })] }).start()
    swarm.complete(30_000)
    expect(swarm.judge.all('announce-failed').map(({ atMs }) => atMs)).toEqual([waitedMs])
    expect(swarm.judge.all('announced')[0]!.atMs).toBe(waitedMs + 1_000)
  })

  test('for ever does not matter where the user gave peers', () => {
    const swarm = new Swarm({ peers: [HONEST], tracker: [ours({ hang: true })], userPeers: [peerAddress(0)] }).start()
    expect(swarm.complete(10_000)).toBeLessThan(90 + 63 * 10 + 1)
  })

  test('and no peer: the user hears it after 8 s and then each 30 s, and it is asked on and on', () => {
    const swarm = new Swarm({ peers: [], tracker: [ours({ error: 'busy' })] }).start().runUntil(100_000)
    expect(swarm.judge.all('no-peers').map(({ atMs, known }) => [atMs, known])).toEqual(
      [8_000, 38_000, 68_000, 98_000].map((atMs) => [atMs, 0]),
    )
    expect(swarm.judge.all('announcing').map(({ atMs }) => atMs)).toEqual(
      [0, 1, 3, 7, 15, 31, 63].map((seconds) => seconds * 1_000),
    )
  })
})

test('a torrent without trackers downloads from the peers that the user gave', () => {
  const swarm = new Swarm({ peers: [HONEST, HONEST], tracker: null }).start()
  swarm.complete(10_000)
  expect(swarm.judge.all('announcing')).toEqual([])
})

test('a tracker hears of the start, the completion and the end', () => {
  const swarm = new Swarm({ peers: [HONEST] }).start()
  swarm.complete(10_000)
  swarm.stop()
  expect(swarm.announces).toEqual(['started', 'completed', 'stopped'])
})

describe('of many peers', () => {
  test('no more than peersMax are connected, dials under way included, and all are tried as places become free', () => {
    const refusing = { script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'refuse' } }] }
    // Twelve of the user's, the last of which alone has its port open; three at a time.
    const peers = [...Array.from({ length: 11 }, () => refusing), HONEST]
    const swarm = new Swarm({ peers, tracker: null, settings: { peersMax: 3 } }).start()
    swarm.complete(60_000)
    let connected = 0
    for (const { event } of swarm.judge.events) {
      if (event.type === 'peer-connecting') connected++
      if (event.type === 'peer-closed') connected--
      expect(connected).toBeLessThanOrEqual(3)
    }
    const dialled = swarm.judge.all('peer-connecting').map(({ peer }) => peer)
    expect(new Set(dialled.slice(0, 12)).size).toBe(12)
    expect(swarm.receivedFrom(11)).toBe(64 * BLOCK_BYTES)
  })

  test('those of the user are tried before those of the tracker', () => {
    const userPeers = [peerAddress(3), peerAddress(2)]
    const swarm = new Swarm({ peers: [HONEST, HONEST, HONEST, HONEST], userPeers, settings: { peersMax: 2 } }).start()
    swarm.complete(10_000)
    expect(swarm.judge.all('peer-connecting').map(({ peer }) => peer)).toEqual([peerName(3), peerName(2)])
  })

  test('those that are no host are given up after 10 s, and keep no place of the others', () => {
    const nowhere = Array.from({ length: 40 }, (_, index) => ({ host: `127.9.9.${index + 1}`, port: 1 }))
    const swarm = new Swarm({ peers: [HONEST], tracker: null, userPeers: [...nowhere, peerAddress(0)] }).start()
    // Thirty dials at a time: the 41st is due when the first thirty are given up.
    const endMs = swarm.complete(60_000)
    expect(endMs).toBeGreaterThan(10_000)
    expect(endMs).toBeLessThan(10_000 + 90 + 63 * 10 + 1)
    expect(swarm.seen('127.9.9.1:1').slice(0, 2)).toEqual([
      '0: connecting',
      '10000: closed, connect timed out, again in 1000 ms',
    ])
  })
})

test('its own address, as a tracker gives it, is dialled once and never again', () => {
  const peers = [CLIENT, peerAddress(0)].map((address) => ({ ...address, peerId: null }))
  const answer = { kind: 'response', peers, intervalSeconds: 2, minIntervalSeconds: null } as const
  const further = { complete: 1, incomplete: 1, trackerId: null, warning: null, externalIp: null }
  const body = encodeAnnounceResponse({ ...answer, ...further }, true)
  const service = { handle: () => ({ kind: 'answer', status: 200, body, delayMs: 0 }) as const }
  const swarm = new Swarm({ peers: [HONEST], tracker: service, totalBytes: 3_000 * BLOCK_BYTES }).start()
  swarm.complete(60_000)
  expect(swarm.judge.all('announced').length).toBeGreaterThan(5)
  expect(swarm.seen('127.0.0.1:6881')).toEqual([
    '0: connecting',
    '0: connected false',
    expect.stringMatching(/^0: closed, .*our own.*$/),
  ])
  expect(swarm.judge.all('peer-connecting').length).toBe(2)
  expect(swarm.judge.all('peer-banned')).toEqual([])
})

/** Somebody who dials, has everything or nothing, and serves at once whatever is asked for. */
class Dialler implements ConnectionHandler {
  readonly connection: Connection
  readonly log: string[] = []
  readonly haves: number[] = []
  readonly #swarm: Swarm
  readonly #decoder = new MessageDecoder()
  #received: number[] = []

  constructor(swarm: Swarm, host: string, pieces = Bitfield.full(swarm.torrent.geometry.pieceCount)) {
    this.#swarm = swarm
    const infohash = swarm.torrent.infohashV1!
    const peerId = peerIdFromBytes(new TextEncoder().encode('-XX0000-dialler00000'))
    const transport = swarm.network.addHost(host, { ...PERFECT_LINK, rttMs: 20, upBytesPerSecond: BLOCK_RATE })
    this.connection = transport.connect(CLIENT, this)
    this.connection.send(encodeHandshake({ infohash, peerId }))
    this.connection.send(encodeMessage({ type: 'bitfield', bits: pieces.toWire() }))
    this.connection.send(encodeMessage({ type: 'unchoke' }))
  }

  opened(): void {
    this.log.push('opened')
  }

  received(_nowMs: number, chunk: Uint8Array): void {
    const isPastHandshake = this.#received.length >= HANDSHAKE_BYTES
    if (!isPastHandshake) this.#received.push(...chunk)
    this.#decoder.push(isPastHandshake ? chunk : Uint8Array.from(this.#received.slice(HANDSHAKE_BYTES)), 'owned')
    for (let message = this.#decoder.next(); message !== null; message = this.#decoder.next()) {
      if (message.type === 'have') this.haves.push(message.piece)
      if (message.type !== 'request') continue
      const { piece, offsetBytes, lengthBytes } = message
      const from = piece * this.#swarm.torrent.geometry.pieceLengthBytes + offsetBytes
      const block = this.#swarm.content.slice(from, from + lengthBytes)
      this.connection.send(encodeMessage({ type: 'piece', piece, offsetBytes, block }))
    }
  }

  drained(): void {}

  ended(_nowMs: number, end: string): void {
    this.log.push(end)
  }
}

describe('who dials the client', () => {
  const name = /^127\.0\.3\.1:\d+$/

  test('is accepted, and asked for blocks like anybody', () => {
    const swarm = new Swarm({ peers: [], tracker: null }).start()
    const dialler = new Dialler(swarm, '127.0.3.1')
    swarm.complete(10_000)
    expect(dialler.log).toEqual(['opened'])
    const [connected] = swarm.judge.all('peer-connected')
    expect([connected!.incoming, name.test(connected!.peer)]).toEqual([true, true])
  })

  test('is not dialled back when it has gone: nobody listens where it came from', () => {
    const swarm = new Swarm({ peers: [], tracker: null }).start()
    const dialler = new Dialler(swarm, '127.0.3.1')
    swarm.runUntil(200)
    dialler.connection.reset()
    swarm.runUntil(120_000)
    expect(swarm.judge.all('peer-closed').map(({ reason, retryInMs }) => [reason, retryInMs])).toEqual([
      ['reset by the peer', null],
    ])
    expect(swarm.judge.all('peer-connecting')).toEqual([])
  })

  test('while the files are not ready, when there is no place, or after the end, is reset', () => {
    let ready = () => {}
    const storage = (inner: Storage): Storage => ({
      ...inner,
      prepare: (done) => {
        ready = () => inner.prepare(done)
      },
    })
    const swarm = new Swarm({ peers: [HONEST], settings: { peersMax: 1 }, storage }).start()
    const early = new Dialler(swarm, '127.0.3.1')
    swarm.runUntil(100)
    ready()
    swarm.runUntil(200)
    const crowded = new Dialler(swarm, '127.0.3.2')
    swarm.complete(10_000)
    const late = new Dialler(swarm, '127.0.3.3')
    swarm.runUntil(10_000)
    for (const { log } of [early, crowded, late]) expect(log).toEqual(['opened', 'reset'])
    expect(swarm.judge.all('peer-connected').filter(({ incoming }) => incoming)).toEqual([])
  })

  test('and lacks pieces hears of each that is stored, once', () => {
    const swarm = new Swarm({ peers: [HONEST] }).start()
    const dialler = new Dialler(swarm, '127.0.3.1', new Bitfield(16))
    swarm.complete(10_000)
    swarm.runUntil(2_000)
    expect(dialler.haves.length).toBe(16)
    expect(new Set(dialler.haves).size).toBe(16)
  })
})

describe('a stop', () => {
  const spec = { peers: [HONEST, HONEST], totalBytes: 1_000 * BLOCK_BYTES }

  test('in the middle tells the tracker, closes what is open, and says so once; then nothing happens any more', () => {
    const swarm = new Swarm(spec).start().runUntil(500)
    const { stoppedMs, faults } = swarm.stop()
    expect([stoppedMs, faults]).toEqual([[500], [null]])
    expect(swarm.announces).toEqual(['started', 'stopped'])
    expect(swarm.judge.all('peer-closed').map(({ reason }) => reason)).toEqual(['we are stopping', 'we are stopping'])
    expect(swarm.peers.map((peer) => peer.sessions.all)).toEqual([[], []])
    expect(swarm.judge.all('peer-connecting').length).toBe(2)
    expect([swarm.status.phase, swarm.status.connectedPeers]).toEqual(['stopped', 0])
  })

  test('leaves every piece that was whole on the disk, and what is started again goes on from there', () => {
    const first = new Swarm(spec).start().runUntil(2_000)
    first.stop()
    const stored = first.judge.all('piece-stored').length
    expect(stored).toBeGreaterThan(50)
    const second = new Swarm({ ...spec, disk: () => first.disk }).start()
    second.complete(10_000)
    expect(second.judge.all('verified-on-disk')).toMatchObject([{ pieces: stored }])
    expect(second.judge.all('piece-stored').length).toBe(250 - stored)
  })

  test('waits 2 s for a tracker that does not answer, and no longer', () => {
    const swarm = new Swarm({ ...spec, tracker: [ours({ hang: true }, { event: 'stopped' })] }).start().runUntil(500)
    expect(swarm.stop().stoppedMs).toEqual([2_500])
  })

  test('a second time does nothing: the first says when it is over', () => {
    const swarm = new Swarm(spec).start().runUntil(500)
    swarm.manager.stop(swarm.simulation.nowMs, () => {})
    expect(swarm.stop().stoppedMs).toEqual([])
  })

  test.each([
    [
      'with an empty disk',
      emptyDisk([{ path: ['content'], lengthBytes: spec.totalBytes, offsetBytes: 0, pad: false }]),
    ],
    ['while the disk is looked at', null],
  ])('before it began, %s, says so once, and dials nobody', (_, disk) => {
    const full = new Swarm(spec).start()
    full.runUntil(1_000).stop()
    const swarm = new Swarm({ ...spec, disk: () => disk ?? full.disk }).start()
    // Let the storage say what was there, and the first pieces be read.
    if (disk === null) for (let event = 0; event < 3; event++) swarm.simulation.step(0)
    expect(swarm.stop().stoppedMs).toEqual([0])
    expect(swarm.judge.events.map(({ event }) => event.type)).toEqual(['started'])
  })

  test('before the storage is prepared reads nothing from it', () => {
    const full = new Swarm(spec).start()
    full.runUntil(1_000).stop()
    let reads = 0
    const swarm = new Swarm({
      ...spec,
      disk: () => full.disk,
      storage: (storage) => ({
        ...storage,
        read: (extents, done) => {
          reads++
          storage.read(extents, done)
        },
      }),
    }).start()
    expect([swarm.stop().stoppedMs, reads]).toEqual([[0], 0])
  })
})
