/** Blocks from the disk to the wire, with a disk that answers when the test says so. Times in ms. */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { cancel, interested, notInterested, request } from '../peer/wire-words.testing.ts'
import type { ReadOutcome, StorageFault } from '../ports/storage.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { Message, WireRange } from '../wire/messages.ts'
import { RateLimiter } from './rate-limiter.ts'
import { contentWith, GEOMETRY, makeSession } from './remote-end.testing.ts'
import { Uploader } from './uploader.ts'

const READ_AHEAD = 16
const FAULT: StorageFault = { code: 'missing', detail: 'a.bin: gone' }
const rangeText = ({ piece, offsetBytes, lengthBytes }: WireRange) => `${piece}:${offsetBytes}+${lengthBytes}`

/** An uploader, its peers, and the reads that it has under way, the oldest first. */
class Stage {
  readonly uploader: Uploader
  readonly reads: { readonly range: string; readonly done: (nowMs: number, outcome: ReadOutcome) => void }[] = []
  readonly log: string[] = []
  nowMs = 0

  constructor(...limiters: readonly RateLimiter[]) {
    const store: Pick<PieceStore, 'read'> = {
      read: (piece, offsetBytes, lengthBytes, done) => {
        this.reads.push({ range: rangeText({ piece, offsetBytes, lengthBytes }), done })
      },
    }
    this.uploader = new Uploader(
      { store: store as PieceStore, limiters },
      {
        readyToSend: (nowMs, session) => {
          this.uploader.pump(nowMs, session)
          session.flush()
        },
        pieceUnreadable: (nowMs, piece, fault) => this.log.push(`${nowMs}: ${piece} unreadable, ${fault.detail}`),
        emit: (nowMs, event) => {
          if (event.type === 'block-sent') this.log.push(`${nowMs}: ${event.peer.split('.')[2]} ${rangeText(event)}`)
        },
      },
    )
  }

  /** One that we unchoke, that is interested, and that says this. */
  peer(number: number, ...messages: readonly Message[]) {
    const { session, remote } = makeSession(number, { content: contentWith(Bitfield.full(GEOMETRY.pieceCount)) })
    session.machine.setChoking(0, false)
    const says = (...said: readonly Message[]) => {
      remote.says(this.nowMs, ...said)
      this.pump(session)
    }
    says(interested, ...messages)
    remote.hears()
    return { session, remote, says }
  }

  pump(session: Parameters<Uploader['pump']>[1]): void {
    this.uploader.pump(this.nowMs, session)
    session.flush()
  }

  /** The oldest reads are done. */
  readsDone(count: number): void {
    for (const { range, done } of this.reads.splice(0, count)) {
      done(this.nowMs, { kind: 'bytes', bytes: new Uint8Array(Number(range.split('+')[1])).fill(7) })
    }
  }

  /** The limiter's time has come, as often as it says so. */
  due(nowMs: number): number[] {
    expect(this.uploader.deadlineMs()).toBe(nowMs)
    this.nowMs = nowMs
    const keys: number[] = []
    for (let due = this.uploader.takeDue(nowMs); due !== null; due = this.uploader.takeDue(nowMs)) {
      keys.push(due.peer.key)
      due.flush()
    }
    return keys
  }

  told(): string[] {
    return this.log.splice(0)
  }
}

/** Every block there is, in order. */
const ALL_BLOCKS = Array.from({ length: 8 }, (_, index) => request(index >> 1, index & 1))
/** Many short ones, each another. */
function shortRequests(count: number): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'request',
    piece: index >> 5,
    offsetBytes: (index & 31) * 1_024,
    lengthBytes: 1_024,
  }))
}

describe('reading', () => {
  test(`${READ_AHEAD} blocks of a peer are read ahead; each one that is sent makes room for the next`, () => {
    const stage = new Stage()
    const { remote } = stage.peer(1, ...shortRequests(READ_AHEAD + 3))
    expect(stage.reads.map(({ range }) => range).slice(-1)).toEqual([`0:${15 * 1_024}+1024`])
    expect(stage.reads).toHaveLength(READ_AHEAD)
    stage.readsDone(1)
    expect(stage.reads).toHaveLength(READ_AHEAD)
    stage.readsDone(READ_AHEAD)
    stage.readsDone(2)
    expect(stage.reads).toHaveLength(0)
    expect(remote.hearsOf('piece')).toHaveLength(READ_AHEAD + 3)
  })

  test('blocks that cannot leave count: no more are read while they wait', () => {
    const stage = new Stage()
    const { session, remote } = stage.peer(1, ...shortRequests(40))
    remote.unsentBytes = 4 * BLOCK_BYTES
    stage.readsDone(READ_AHEAD)
    expect([stage.reads.length, session.ready.length, remote.hearsOf('piece').length]).toEqual([0, READ_AHEAD, 0])
  })

  test('each peer has its own', () => {
    const stage = new Stage()
    stage.peer(1, ...shortRequests(20))
    stage.peer(2, ...shortRequests(20))
    expect(stage.reads).toHaveLength(2 * READ_AHEAD)
  })

  test('nothing is read for who is not interested, until it is', () => {
    const stage = new Stage()
    const { says } = stage.peer(1, notInterested, request(0, 0))
    expect(stage.reads).toHaveLength(0)
    says(interested)
    expect(stage.reads.map(({ range }) => range)).toEqual(['0:0+16384'])
  })

  test('a fault is a reject of that block, and tells of its piece; the next one is read', () => {
    const stage = new Stage()
    const { remote } = stage.peer(1, request(2, 1), request(0, 0))
    stage.reads.shift()!.done(5, { kind: 'fault', fault: FAULT })
    expect(remote.hears()).toEqual([{ type: 'reject', piece: 2, offsetBytes: BLOCK_BYTES, lengthBytes: BLOCK_BYTES }])
    stage.readsDone(1)
    expect(stage.told()).toEqual(['5: 2 unreadable, a.bin: gone', '0: 1 0:0+16384'])
  })
})

describe('sending', () => {
  test('no more than four blocks are handed over at a time; the fifth goes when they have left', () => {
    const stage = new Stage()
    const { session, remote } = stage.peer(1, ...ALL_BLOCKS)
    stage.readsDone(1)
    expect(remote.hearsOf('piece')).toHaveLength(1)
    remote.unsentBytes = BLOCK_BYTES
    stage.readsDone(1)
    remote.unsentBytes = 2 * BLOCK_BYTES
    stage.readsDone(1)
    remote.unsentBytes = 4 * BLOCK_BYTES - 1
    stage.readsDone(1)
    expect(remote.hearsOf('piece')).toHaveLength(3)
    remote.unsentBytes = 4 * BLOCK_BYTES
    stage.readsDone(4)
    expect(remote.hearsOf('piece')).toHaveLength(0)
    remote.unsentBytes = 0
    stage.pump(session)
    expect(remote.hearsOf('piece')).toHaveLength(4)
    expect(stage.told()).toHaveLength(8)
    expect(stage.uploader.up.totalBytes).toBe(8 * BLOCK_BYTES)
  })

  test.each([
    ['cancelled', (says: (message: Message) => void) => says(cancel(0, 0))],
    ['choked', (_: unknown, stage: ReturnType<Stage['peer']>) => stage.session.machine.setChoking(0, true)],
  ])('a block that is %s while it is read is not sent, and costs the limiter nothing', (_, happens) => {
    const limiter = new RateLimiter(BLOCK_BYTES)
    const stage = new Stage(limiter)
    const peer = stage.peer(1, request(0, 0))
    happens(peer.says, peer)
    stage.readsDone(1)
    expect([peer.remote.hearsOf('piece'), stage.told(), stage.uploader.up.totalBytes]).toEqual([[], [], 0])
    expect(limiter.freeAtMs()).toBe(0)
  })

  test('what a peer that left had waiting is dropped, and what is read for it later too', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    const { session, remote } = stage.peer(1, ...ALL_BLOCKS)
    stage.readsDone(2)
    expect([session.ready.length, stage.uploader.deadlineMs()]).toEqual([1, 1_000])
    remote.ends(0, 'reset')
    stage.uploader.gone(session)
    expect([session.ready.length, stage.uploader.deadlineMs()]).toEqual([0, null])
    stage.told()
    stage.readsDone(6)
    stage.nowMs = 9_000
    stage.pump(session)
    for (let due = stage.uploader.takeDue(9_000); due !== null; ) due = stage.uploader.takeDue(9_000)
    expect([stage.told(), session.ready.length, stage.uploader.deadlineMs()]).toEqual([[], 0, null])
  })
})

describe('under limits', () => {
  // A block a second.
  test('one block goes at once, and each of the others when the limiter is free', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    stage.peer(1, ...ALL_BLOCKS.slice(0, 3))
    stage.readsDone(3)
    expect(stage.due(1_000)).toEqual([1])
    expect(stage.due(2_000)).toEqual([1])
    expect(stage.told()).toEqual(['0: 1 0:0+16384', '1000: 1 0:16384+16384', '2000: 1 1:0+16384'])
    expect(stage.uploader.deadlineMs()).toBe(null)
  })

  test('peers take turns, whoever has how much to send', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    stage.peer(1, ...ALL_BLOCKS)
    stage.readsDone(8)
    stage.peer(2, ...ALL_BLOCKS.slice(0, 3))
    stage.peer(3, ...ALL_BLOCKS.slice(0, 3))
    stage.readsDone(6)
    const turns = Array.from({ length: 8 }, (_, index) => stage.due((index + 1) * 1_000)[0])
    expect(turns).toEqual([1, 2, 3, 1, 2, 3, 1, 2])
  })

  test('who comes back for more while others wait is behind them', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    const { says } = stage.peer(1, request(0, 0))
    stage.readsDone(1)
    stage.peer(2, request(0, 0))
    stage.readsDone(1)
    says(request(0, 1))
    stage.readsDone(1)
    expect([stage.due(1_000), stage.due(2_000)]).toEqual([[2], [1]])
  })

  test('who waits is not served before its turn, though it be pumped when the limiter is free', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    stage.peer(1, request(0, 0), request(0, 1))
    stage.readsDone(2)
    const { session } = stage.peer(2, request(0, 0))
    stage.readsDone(1)
    stage.told()
    stage.nowMs = 1_000
    stage.pump(session)
    expect(stage.told()).toEqual([])
    expect([stage.due(1_000), stage.due(2_000)]).toEqual([[1], [2]])
  })

  test('all limiters must be free, and all are charged', () => {
    const [slow, fast] = [new RateLimiter(BLOCK_BYTES), new RateLimiter(4 * BLOCK_BYTES)]
    const stage = new Stage(fast, slow)
    stage.peer(1, ...ALL_BLOCKS.slice(0, 2))
    stage.readsDone(2)
    expect([slow.freeAtMs(), fast.freeAtMs()]).toEqual([1_000, 250])
    expect(stage.due(1_000)).toEqual([1])
    expect([slow.freeAtMs(), fast.freeAtMs()]).toEqual([2_000, 1_250])
  })

  test('a block that was cancelled while it waited its turn gives the turn to the next', () => {
    const stage = new Stage(new RateLimiter(BLOCK_BYTES))
    stage.peer(3, request(0, 0))
    stage.readsDone(1)
    const { says } = stage.peer(1, request(0, 0))
    stage.peer(2, request(0, 0))
    stage.readsDone(2)
    says(cancel(0, 0))
    stage.told()
    expect(stage.due(1_000)).toEqual([1, 2])
    expect(stage.told()).toEqual(['1000: 2 0:0+16384'])
  })
})
