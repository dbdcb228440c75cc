/**
 * What a download and a seed do about a disk that goes wrong: said once, bounded in what is still asked for, never the
 * same block for ever. In virtual time; that the process then ends with exit code 1 is tested where it does.
 */
import { describe, expect, test } from 'vitest'
import type { StorageFault } from '../client/ports/storage.ts'
import type { DiskFault, SimulatedDisk } from '../simulator/storage.ts'
import { Clients, clientName } from './clients-stage.testing.ts'
import { emptyDisk, PIECE_BYTES, Swarm } from './swarm-stage.testing.ts'

const DEPTH = 5
/** 32 pieces: 2 files of 12.5 and 19.5 of them. */
const FILES = [12.5 * PIECE_BYTES, 19.5 * PIECE_BYTES]
const PIECES = 32
const LIMIT_MS = 20_000

interface Start {
  readonly disk?: SimulatedDisk
  readonly fastResume?: boolean
}

function download({ disk, fastResume = false }: Start = {}): Swarm {
  const given = disk === undefined ? {} : { disk: () => disk }
  return new Swarm({ peers: [{}, {}], files: FILES, settings: { fastResume }, ...given }).start()
}

const newDisk = () =>
  emptyDisk(FILES.map((lengthBytes) => ({ path: ['content'], lengthBytes, offsetBytes: 0, pad: false })))
const requestsSince = ({ judge }: Swarm, sinceMs: number) =>
  judge.all('block-requested').filter(({ atMs }) => atMs > sinceMs)

/** It is said once, with this code, and nothing is asked for after; the end is orderly, and says so where it finds more. */
function endsWith(swarm: Swarm, code: StorageFault['code']): void {
  const failed = swarm.judge.all('storage-failed')
  expect(failed.map((event) => event.code)).toEqual([code])
  expect(swarm.status.phase).toBe('failed')
  expect(requestsSince(swarm, failed[0]!.atMs)).toEqual([])
  expect(swarm.judge.all('completed')).toEqual([])
  const stored = swarm.judge.all('piece-stored').length
  expect(swarm.stop().stoppedMs.length).toBe(1)
  expect(swarm.judge.all('piece-stored').length).toBe(stored)
}

/** Harms the disk at 300 ms, of 410; until the fault is met, at most the pieces under way are asked for. */
function harmed(fault: DiskFault): Swarm {
  const swarm = download().runUntil(300)
  swarm.disk.inject(swarm.simulation.nowMs, fault)
  return swarm.runUntil(5_000)
}

/** Where it is met at the next write: a piece of each peer under way, and their pipelines. */
const REQUESTS_TO_NEXT_WRITE_MAX = 2 * 4 + 2 * DEPTH

/** With what the first download stored, and its fault gone. */
function goesOn(first: Swarm): Swarm {
  first.disk.heal()
  const second = download({ disk: first.disk })
  second.complete(LIMIT_MS)
  return second
}

describe('fault: disk full', () => {
  test('in the middle of a download ends it with disk-full; with room again it goes on from there', () => {
    const swarm = harmed({ kind: 'full', freeBytes: 2.5 * PIECE_BYTES })
    endsWith(swarm, 'disk-full')
    // Two pieces fit, the third does not.
    const after = swarm.judge.all('piece-stored').filter(({ atMs }) => atMs > 300)
    expect(after.length).toBe(2)
    const stored = swarm.judge.all('piece-stored').length
    const second = goesOn(swarm)
    expect(second.judge.all('verified-on-disk')).toMatchObject([{ pieces: stored }])
    expect(second.judge.all('piece-stored').length).toBe(PIECES - stored)
  })

  test('from the start: at most what two peers have under way is asked for', () => {
    const disk = newDisk()
    disk.inject(0, { kind: 'full', freeBytes: 0 })
    const swarm = download({ disk }).runUntil(5_000)
    endsWith(swarm, 'disk-full')
    expect(swarm.judge.all('block-requested').length).toBeLessThanOrEqual(REQUESTS_TO_NEXT_WRITE_MAX)
  })

  test('only for the resume state: told once, and the download is not held up', () => {
    const disk = newDisk()
    const swarm = new Swarm({
      peers: [{}],
      files: FILES,
      disk: () => disk,
      storage: (storage) => ({
        ...storage,
        writeState: (_, done) => storage.stat((nowMs) => done(nowMs, { code: 'disk-full', detail: 'no room' })),
      }),
    }).start()
    swarm.complete(LIMIT_MS)
    expect(swarm.judge.all('resume-state-failed')).toMatchObject([{ detail: 'no room' }])
    expect(swarm.stop().faults).toEqual([null])
  })
})

describe('fault: disk read-only', () => {
  test('from the start: it ends with not-writable before anybody is dialled', () => {
    const disk = newDisk()
    disk.inject(0, { kind: 'read-only' })
    const swarm = download({ disk }).runUntil(5_000)
    endsWith(swarm, 'not-writable')
    expect(swarm.judge.all('peer-connecting')).toEqual([])
    goesOn(swarm)
  })

  test('from the middle on: the next write ends it with not-writable', () => {
    const swarm = harmed({ kind: 'read-only' })
    expect(requestsSince(swarm, 300).length).toBeLessThanOrEqual(REQUESTS_TO_NEXT_WRITE_MAX)
    endsWith(swarm, 'not-writable')
    goesOn(swarm)
  })
})

describe('fault: folder removed under it', () => {
  function removed(): Swarm {
    const swarm = download().runUntil(300)
    for (const fileIndex of FILES.keys()) swarm.disk.inject(300, { kind: 'removed', fileIndex })
    return swarm.runUntil(5_000)
  }

  test('the next write ends it with missing, and nothing is made in the place of what was there', () => {
    const swarm = removed()
    expect(requestsSince(swarm, 300).length).toBeLessThanOrEqual(REQUESTS_TO_NEXT_WRITE_MAX)
    endsWith(swarm, 'missing')
    expect(swarm.disk.stats().map(({ lengthBytes }) => lengthBytes)).toEqual([0, 0])
  })

  test.each([false, true])('started again it downloads all of it (fast resume: %s)', (fastResume) => {
    const first = removed()
    first.stop()
    const second = download({ disk: first.disk, fastResume })
    second.complete(LIMIT_MS)
    expect(second.judge.all('piece-stored').length).toBe(PIECES)
  })
})

/** A whole download, ended by its user, whose state claims every piece. */
function finished(): Swarm {
  const swarm = download()
  swarm.complete(LIMIT_MS)
  swarm.stop()
  return swarm
}

describe('fault: a file shorter than expected', () => {
  test.each([false, true])('at the start: what is not there is downloaded (fast resume: %s)', (fastResume) => {
    const { disk } = finished()
    disk.inject(1_000_000, { kind: 'resized', fileIndex: 0, lengthBytes: 3 * PIECE_BYTES })
    const swarm = download({ disk, fastResume })
    swarm.complete(LIMIT_MS)
    // Pieces 0 to 2 are whole, and 13 to 31 are in the second file.
    expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: 3 + 19 }])
    expect(
      swarm.judge
        .all('piece-stored')
        .map(({ piece }) => piece)
        .toSorted((a, b) => a - b),
    ).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(swarm.judge.all('resume-state-rejected')).toMatchObject([
      { reason: expect.stringContaining('claims 10 of 32 pieces') },
    ])
  })

  test('from the middle on: the next write to it ends the download with short', () => {
    const swarm = harmed({ kind: 'resized', fileIndex: 1, lengthBytes: 10 })
    // It may be some pieces of the other file before it is met.
    expect(requestsSince(swarm, 300).length).toBeLessThanOrEqual(13 * 4 + REQUESTS_TO_NEXT_WRITE_MAX)
    endsWith(swarm, 'short')
    goesOn(swarm)
  })

  test('after the last write to it: the end finds it', () => {
    const swarm = download()
    swarm.complete(LIMIT_MS)
    swarm.disk.inject(swarm.simulation.nowMs, { kind: 'resized', fileIndex: 1, lengthBytes: 10 })
    expect(swarm.stop().faults).toMatchObject([{ code: 'short' }])
  })

  test('under a seed that only reads: it ends with missing, and dials nobody', () => {
    const { disk } = finished()
    disk.inject(1_000_000, { kind: 'resized', fileIndex: 0, lengthBytes: 3 * PIECE_BYTES })
    const settings = { seeds: true, seedOnly: true }
    const swarm = new Swarm({ peers: [{}], files: FILES, settings, disk: () => disk }).start().runUntil(5_000)
    endsWith(swarm, 'missing')
    expect(swarm.judge.all('peer-connecting')).toEqual([])
  })
})

describe('fault: a file longer than expected', () => {
  const longer = { kind: 'resized', fileIndex: 0, lengthBytes: FILES[0]! + 1 } as const

  test('at the start: it must be somebody else’s, so it is refused with not-writable and stays as it is', () => {
    const { disk } = finished()
    disk.inject(1_000_000, longer)
    const swarm = download({ disk }).runUntil(5_000)
    endsWith(swarm, 'not-writable')
    expect(swarm.judge.all('peer-connecting')).toEqual([])
    expect(disk.stats()[0]).toEqual({ lengthBytes: FILES[0]! + 1, modifiedMs: 1_000_000 })
  })

  test('from the middle on: the next write to it ends the download with not-writable', () => {
    const swarm = harmed(longer)
    expect(requestsSince(swarm, 300).length).toBeLessThanOrEqual(20 * 4 + REQUESTS_TO_NEXT_WRITE_MAX)
    endsWith(swarm, 'not-writable')
  })
})

describe('fault: bytes that cannot be read at the start', () => {
  test.each([false, true])('are downloaded anew, and once (fast resume: %s)', (fastResume) => {
    const { disk } = finished()
    disk.inject(1_000_000, { kind: 'unreadable', fileIndex: 1, offsetBytes: 0, lengthBytes: 15 * PIECE_BYTES })
    const swarm = download({ disk, fastResume })
    swarm.complete(LIMIT_MS)
    // Fast resume reads 16 of 32 pieces, of which one at least is among these: then it reads all.
    expect(swarm.judge.all('verified-on-disk')).toMatchObject([{ pieces: PIECES - 16, trusted: 0 }])
    expect(swarm.judge.all('piece-stored').length).toBe(16)
    const requests = swarm.judge.all('block-requested')
    expect(requests.filter(({ why }) => why === 'first').length).toBe(16 * 4)
    expect(requests.filter(({ why }) => why === 'again')).toEqual([])
  })
})

const hurt = { kind: 'unreadable', fileIndex: 0, offsetBytes: 2.5 * PIECE_BYTES, lengthBytes: 1 } as const
const seedOnly = { seeds: true, seedOnly: true }
const asked = (stage: Clients, client: number) =>
  stage.all(client, 'block-requested').filter(({ piece }) => piece === 2).length
/** Verified whole, then hurt. */
function hurtSeed(stage: Clients, index: number): void {
  stage.start(index).runUntil(10)
  stage.clients[index]!.disk.inject(10, hurt)
}

describe('fault: read errors while seeding', () => {
  test('one whose disk takes the piece and cannot read it again ends, and does not fetch it for ever', () => {
    const noPex = { usePex: false }
    const stage = new Clients({
      clients: [
        { has: 'all', knows: [1], choices: noPex },
        { has: 'all', choices: { ...seedOnly, ...noPex } },
        { knows: [0], choices: noPex },
      ],
    })
    hurtSeed(stage, 0)
    stage.start(1).runUntil(100).start(2).runUntil(600_000)
    expect(stage.all(0, 'piece-lost')).toHaveLength(2)
    expect(stage.all(0, 'storage-failed').map(({ detail }) => detail)).toEqual([
      expect.stringContaining('piece 2 was stored twice and cannot be read back'),
    ])
    expect(asked(stage, 0)).toBeLessThanOrEqual(2 * 4)
    expect(asked(stage, 2)).toBeLessThanOrEqual(4 * 4)
  })

  test('the piece is told lost once, the peer hears don’t-have, gets all else and asks no more', () => {
    const stage = new Clients({
      clients: [{ has: 'all', choices: seedOnly }, { knows: [0] }],
    })
    hurtSeed(stage, 0)
    stage.start(1).runUntil(60_000)
    expect(stage.all(0, 'piece-lost')).toMatchObject([{ piece: 2, detail: expect.stringContaining('i/o error') }])
    expect(stage.status(1).piecesComplete).toBe(15)
    // Of the four blocks the one that is hurt is refused, perhaps others of a pipeline that was under way with it.
    expect(asked(stage, 1)).toBeLessThanOrEqual(4)
    expect(stage.all(1, 'block-refused').length).toBeLessThanOrEqual(4)
    expect(stage.all(0, 'peer-banned').length + stage.all(1, 'peer-banned').length).toBe(0)
  })

  test('another seed has the piece: the download ends with the right bytes', () => {
    const stage = new Clients({
      clients: [{ has: 'all', choices: seedOnly }, { has: 'all', choices: seedOnly }, { knows: [0, 1] }],
    })
    hurtSeed(stage, 0)
    stage.start(1).start(2)
    stage.complete(2, 60_000)
    expect(asked(stage, 2)).toBeLessThanOrEqual(2 * 4)
    expect(
      stage.all(2, 'block-requested').filter(({ peer, piece, offsetBytes }) => {
        return peer === clientName(0) && piece === 2 && offsetBytes === 2 * 16_384
      }).length,
    ).toBeLessThanOrEqual(1)
  })

  test('one that may write gets the piece again from the other, and goes on seeding', () => {
    const stage = new Clients({
      clients: [{ has: 'all' }, { has: 'all', choices: seedOnly }, { knows: [0, 1] }],
    })
    hurtSeed(stage, 0)
    stage.start(1).start(2).runUntil(60_000)
    expect(stage.status(2).phase).toBe('complete')
    // It asks for it as often as it loses it: with nobody left who wants it, that comes to an end.
    expect(stage.all(0, 'piece-lost').length).toBeLessThanOrEqual(2)
    expect(asked(stage, 0)).toBeLessThanOrEqual(2 * 4)
  })
})
