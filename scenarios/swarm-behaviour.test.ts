/** A download from honest peers: that it ends, with every byte, in the time that links allow. */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import type { Storage } from '../client/ports/storage.ts'
import { BLOCK_RATE, emptyDisk, PIECE_BYTES, Swarm, type SwarmSpec } from './swarm-stage.testing.ts'

const honest = (count: number) => Array.from({ length: count }, () => ({}))

/** 64 blocks of 10 ms each, after 90 ms: four and a half round trips of 20 ms. */
describe('a download of 64 blocks', () => {
  test('from one peer takes no longer than its uplink', () => {
    const swarm = new Swarm({ peers: honest(1) }).start()
    const endMs = swarm.complete(10_000)
    // The first block is out at 80 ms and 10 ms on the way; messages in front of it add some µs.
    expect(endMs).toBeGreaterThanOrEqual(90 + 63 * 10)
    expect(endMs).toBeLessThan(90 + 63 * 10 + 1)
    expect(swarm.seen(0)).toEqual([
      '0: connecting',
      '20: connected false',
      '40: handshaken',
      '40: has 16',
      '60: unchoked',
      '720: closed, neither of us needs anything',
    ])
    expect(swarm.judge.all('block-requested').length).toBe(64)
    expect(swarm.receivedFrom(0)).toBe(swarm.peers[0]!.bytesServed)
  })

  test.each([3, 20])(
    'from %d peers takes that part of the time, and nothing is asked twice before the end',
    (count) => {
      const swarm = new Swarm({ peers: honest(count) }).start()
      const endMs = swarm.complete(10_000)
      // Each sends every 10 ms; the last blocks are shared out, and asked for again by who is idle: a round trip more.
      expect(endMs).toBeLessThan(90 + Math.ceil(64 / count) * 10 + 40)
      const requests = swarm.judge.all('block-requested')
      expect(requests.filter(({ why }) => why === 'first').length).toBe(64)
      expect(requests.filter(({ why }) => why === 'again').length).toBe(0)
      // By fives, 13 peers are asked for all of it; the others help out in the endgame.
      const firstAsked = requests.flatMap(({ peer, why }) => (why === 'first' ? [peer] : []))
      expect(new Set(firstAsked).size).toBe(Math.min(count, 13))
    },
  )
})

describe('a download', () => {
  test('over perfect links takes no time at all', () => {
    const link = { upBytesPerSecond: null, rttMs: 0 }
    const swarm = new Swarm({ peers: [{ link }, { link }] }).start()
    expect(swarm.complete(10_000)).toBe(0)
  })

  test('over links with jitter and loss has every byte too', () => {
    const link = { jitterMs: 30, lossRate: 0.02 }
    const swarm = new Swarm({ peers: [{ link }, { link }, { link }] }).start()
    swarm.complete(60_000)
    expect(swarm.judge.all('peer-closed').every(({ reason }) => reason === 'neither of us needs anything')).toBe(true)
  })

  test('with an automatic pipeline fills a link of 100 Mbit/s and 100 ms', () => {
    // At 1,310 blocks/s the knee of T1 is at 132 outstanding; slow start doubles from 4 each round trip.
    const link = { upBytesPerSecond: BLOCK_RATE * 7.62, rttMs: 100 }
    const swarm = new Swarm({
      peers: [{ link }],
      totalBytes: 4_000 * BLOCK_BYTES,
      settings: { pipelineDepth: 'auto' },
    }).start()
    swarm.runUntil(2_000)
    const before = swarm.receivedFrom(0)
    swarm.runUntil(4_000)
    expect((swarm.receivedFrom(0) - before) / (2 * BLOCK_BYTES * 762)).toBeGreaterThan(0.99)
  })

  test('is paced by the client where its downlink is the limit, and never beats it (T2)', () => {
    const swarm = new Swarm({
      peers: honest(3),
      totalBytes: 400 * BLOCK_BYTES,
      clientLink: { downBytesPerSecond: BLOCK_RATE },
    }).start()
    const endMs = swarm.complete(10_000)
    const firstMs = swarm.judge.all('block-received')[0]!.atMs
    expect((endMs - firstMs) / (399 * 10)).toBeGreaterThan(0.999)
    expect((endMs - firstMs) / (399 * 10)).toBeLessThan(1.005)
  })
})

describe('content', () => {
  test.each([
    ['of no byte is complete at once, and nobody is dialled', 0, 0],
    ['of one byte is one block', 1, 1],
    ['of a block and a byte ends with a block of a byte', BLOCK_BYTES + 1, 2],
    ['of a piece and a byte ends with a piece of a byte', PIECE_BYTES + 1, 5],
    ['of three pieces but a byte ends with a short block', 3 * PIECE_BYTES - 1, 12],
  ])('%s', (_, totalBytes, blocks) => {
    const swarm = new Swarm({ peers: honest(2), totalBytes }).start()
    swarm.complete(10_000)
    expect(swarm.judge.all('block-requested').filter(({ why }) => why === 'first').length).toBe(blocks)
    expect(swarm.judge.all('completed').map(({ bytes }) => bytes)).toEqual([totalBytes])
    expect(swarm.judge.all('peer-connecting').length > 0).toBe(totalBytes > 0)
    expect(swarm.announces[0]).toBe(totalBytes > 0 ? 'started' : undefined)
  })

  test('of files, empty ones and padding comes into its files, and padding into none', () => {
    // Padded to blocks as hybrid torrents are; pieces span up to four files.
    const files = [100, -16_284, 50_000, 0, 65_536, 1, -15_535, 0, 70_000]
    const swarm = new Swarm({ peers: honest(3), files, pieceLengthBytes: 2 * BLOCK_BYTES }).start()
    swarm.complete(10_000)
    expect(swarm.disk.file(4).length).toBe(65_536)
    expect([swarm.disk.file(1).length, swarm.disk.file(3).length]).toEqual([0, 0])
  })

  test('of pieces of a single block, and of pieces shorter than a block', () => {
    for (const pieceLengthBytes of [BLOCK_BYTES, 1_000]) {
      new Swarm({ peers: honest(3), totalBytes: 99_999, pieceLengthBytes }).start().complete(10_000)
    }
  })
})

/** Every second piece is there; of the others two bytes are wrong, or the file is too short. */
describe('what is on the disk already', () => {
  const halfDone = (swarm: { content: Uint8Array }, wrongPieces: readonly number[], lengthBytes: number) => {
    const disk = emptyDisk([{ path: ['content'], lengthBytes: swarm.content.length, offsetBytes: 0, pad: false }])
    const bytes = swarm.content.slice(0, lengthBytes)
    for (const piece of wrongPieces) bytes[piece * PIECE_BYTES + 7]! ^= 1
    disk.write(0, 0, bytes)
    return disk
  }

  test('is verified first, and only what is missing or wrong is asked for', () => {
    const wrong = [0, 3, 15]
    const swarm = new Swarm({ peers: honest(2), disk: (content) => halfDone({ content }, wrong, 16 * PIECE_BYTES) })
    swarm.start().complete(10_000)
    expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: 13, ofPieces: 16 }])
    const asked = new Set(swarm.judge.all('block-requested').map(({ piece }) => piece))
    expect([...asked].sort((a, b) => a - b)).toEqual(wrong)
    expect(swarm.judge.all('piece-stored').length).toBe(3)
  })

  test('may end in the middle of a piece', () => {
    const swarm = new Swarm({ peers: honest(1), disk: (content) => halfDone({ content }, [], 9.5 * PIECE_BYTES) })
    swarm.start().complete(10_000)
    expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: 9, ofPieces: 16 }])
  })

  test('may be all of it: then the download is complete, nobody is dialled and no tracker asked', () => {
    const swarm = new Swarm({ peers: honest(1), disk: (content) => halfDone({ content }, [], 16 * PIECE_BYTES) })
    expect(swarm.start().complete(10_000)).toBe(0)
    expect(swarm.judge.events.map(({ event }) => event.type)).toEqual([
      'started',
      'verifying',
      'verified-on-disk',
      'completed',
    ])
    expect(swarm.announces).toEqual([])
  })
})

/** Fails on the nth write and every one after, as a full disk does. */
function failingFrom(n: number) {
  let writes = 0
  return (storage: Storage): Storage => ({
    ...storage,
    write(extents, parts, done) {
      if (++writes < n) return storage.write(extents, parts, done)
      storage.read([], (nowMs) => done(nowMs, { code: 'disk-full', detail: 'content: no space left' }))
    },
  })
}

describe('a disk that fails', () => {
  test.each([1, 5, 16])('on write %d is told once, and nothing more is asked for', (n) => {
    const swarm = new Swarm({ peers: honest(3), storage: failingFrom(n) }).start().runUntil(5_000)
    expect(swarm.judge.all('storage-failed')).toMatchObject([{ code: 'disk-full', detail: 'content: no space left' }])
    expect(swarm.judge.all('piece-stored').length).toBe(n - 1)
    const failedMs = swarm.judge.all('storage-failed')[0]!.atMs
    expect(swarm.judge.all('block-requested').filter(({ atMs }) => atMs > failedMs)).toEqual([])
    expect(swarm.judge.all('completed')).toEqual([])
    expect(swarm.status.phase).toBe('failed')
    expect(swarm.stop().faults).toEqual([null])
  })
})

const SPECS: readonly SwarmSpec[] = [
  { peers: honest(3) },
  { peers: Array.from({ length: 4 }, () => ({ link: { jitterMs: 20, lossRate: 0.01 } })) },
]

test.each(SPECS)('the same seed gives the same trace, another seed another', (spec) => {
  const traceOf = (seed: number) => {
    const swarm = new Swarm({ ...spec, seed }).start()
    swarm.complete(60_000)
    return swarm.simulation.trace.digest()
  }
  expect(traceOf(1)).toBe(traceOf(1))
  expect(new Set([1, 2, 3, 4].map(traceOf)).size).toBe(4)
})
