/** What is on the disk at the start, and what is kept of it; against a disk that answers at once. Times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { type InfoHash, infoHashFromBytes } from '../metainfo/infohash.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { PieceManager } from '../pieces/piece-manager.ts'
import { seeded } from '../pieces/random.testing.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { FileStat, Storage, StorageFault } from '../ports/storage.ts'
import { encodeResumeState, parseResumeState, type ResumeState } from '../storage/resume-state.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { ContentDisk, type ContentDiskChoices } from './content-disk.ts'
import { SPOT_CHECK_PIECES } from './disk-check.ts'
import { fakeSha1 } from './remote-end.testing.ts'

/** Of one byte each. */
const PIECES = 40
const INFO = new TextEncoder().encode('d4:name1:ae')
const INFOHASH = infoHashFromBytes(fakeSha1(INFO))
const FILE: FileStat = { lengthBytes: PIECES, modifiedMs: 5_000 }
const FULL: StorageFault = { code: 'disk-full', detail: 'a: no space left' }
const UNUSED = () => expect.fail('not for this test')

const TORRENT = {
  name: 'a',
  infohashV1: INFOHASH,
  infoBytes: INFO,
  geometry: new Geometry(PIECES, 1),
  files: [{ path: ['a'], lengthBytes: PIECES, offsetBytes: 0, pad: false }],
} as unknown as TorrentFile

interface World {
  /** Pieces whose bytes are right. */
  readonly good?: readonly number[]
  readonly state?: Uint8Array | null
  readonly file?: FileStat
  readonly prepareFault?: StorageFault
  readonly stateFault?: StorageFault
  readonly choices?: Partial<ContentDiskChoices>
}

/** Everything that happens, in order, as `TIME: what`. Completions come when `run` lets them. */
class Stage {
  readonly log: string[] = []
  readonly disk: ContentDisk
  readonly pieces = new PieceManager(TORRENT.geometry, seeded(1))
  readonly read: number[] = []
  nowMs = 0
  state: Uint8Array | null
  stateFault: StorageFault | null
  totals = { uploadedBytes: 0, downloadedBytes: 0 }
  readonly #soon: (() => void)[] = []
  #alarm: { atMs: number | null; readonly wake: (nowMs: number) => void } = { atMs: null, wake: UNUSED }

  constructor({ good = [], state = null, file = FILE, prepareFault, stateFault, choices = {} }: World) {
    this.state = state
    this.stateFault = stateFault ?? null
    const soon = (run: () => void) => this.#soon.push(run)
    const storage: Storage = {
      prepare: (done) => {
        const hadContent = file.lengthBytes > 0
        const ready = { kind: 'ready', hadContent, files: [file] } as const
        soon(() => done(this.nowMs, prepareFault === undefined ? ready : { kind: 'fault', fault: prepareFault }))
      },
      stat: (done) => soon(() => done(this.nowMs, [FILE])),
      readState: (done) => soon(() => done(this.nowMs, this.state)),
      writeState: (bytes, done) => {
        this.note('state written')
        if (this.stateFault === null) this.state = bytes
        soon(() => done(this.nowMs, this.stateFault))
      },
      close: (done) => {
        this.note('storage closed')
        soon(() => done(this.nowMs, null))
      },
      read: UNUSED,
      write: UNUSED,
    }
    const verifier = {
      lanes: 1,
      verify: (
        pieces: readonly number[],
        done: (nowMs: number, verdict: { matches: boolean[]; fault: null }) => void,
      ) => {
        this.read.push(...pieces)
        soon(() => done(this.nowMs, { matches: pieces.map((piece) => good.includes(piece)), fault: null }))
      },
    }
    const clock = {
      nowMs: () => this.nowMs,
      alarm: (wake: (nowMs: number) => void) => {
        const alarm = { atMs: null as number | null, wake }
        this.#alarm = alarm
        return { set: (atMs: number | null) => Object.assign(alarm, { atMs }) }
      },
    }
    this.disk = new ContentDisk(
      { torrent: TORRENT, pieces: this.pieces, storage, verifier, clock, random: seeded(1), sha1: fakeSha1 },
      { fastResume: false, readOnly: false, fromMagnet: false, ...choices },
      { emit: (_, event) => this.note(lineOf(event)), totals: () => this.totals },
    )
  }

  note(what: string): void {
    if (what !== '') this.log.push(`${this.nowMs}: ${what}`)
  }

  open(): this {
    this.disk.open((_, fault) => this.note(fault === null ? 'opened' : `not opened, ${fault.detail}`))
    return this
  }

  /** Everything that is under way, and every alarm by then. */
  until(endMs: number): this {
    for (;;) {
      for (let run = this.#soon.shift(); run !== undefined; run = this.#soon.shift()) run()
      const { atMs } = this.#alarm
      if (atMs === null || atMs > endMs) break
      this.nowMs = Math.max(this.nowMs, atMs)
      this.#alarm.atMs = null
      this.#alarm.wake(this.nowMs)
    }
    this.nowMs = endMs
    return this
  }

  /** One completion. */
  step(): void {
    this.#soon.shift()!()
  }

  stored(piece: number): void {
    this.pieces.stored(piece as PieceIndex)
    this.disk.changed(this.nowMs)
  }

  close(): void {
    let isCalling = true
    this.disk.close(this.nowMs, () => this.note(isCalling ? 'closed during the call' : 'closed'))
    isCalling = false
  }

  told(): string[] {
    return this.log.splice(0)
  }

  /** What the state on the disk says. */
  get saved(): ResumeState {
    const parsed = parseResumeState(this.state!, { infohash: INFOHASH, content: TORRENT }, fakeSha1)
    return parsed.kind === 'state' ? parsed.state : expect.fail(parsed.fault.code)
  }

  get complete(): number[] {
    return piecesOf(this.pieces.complete)
  }
}

function lineOf(event: ClientEvent): string {
  if (event.type === 'verified-on-disk')
    return `${event.pieces} of ${event.ofPieces} on the disk, ${event.trusted} trusted`
  if (event.type === 'resume-state-rejected') return `state rejected: ${event.reason}`
  return event.type === 'resume-state-failed' ? `state failed: ${event.detail}` : ''
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
const ALL = numbers(0, PIECES)
const piecesOf = (pieces: Bitfield) => ALL.filter((piece) => pieces.has(piece as PieceIndex))

function stateOf(claimed: readonly number[], change: Partial<ResumeState> = {}): Uint8Array {
  const complete = new Bitfield(PIECES)
  for (const piece of claimed) complete.set(piece as PieceIndex)
  const rest = { files: [FILE], uploadedBytes: 100, downloadedBytes: 200, infoBytes: null }
  return encodeResumeState({ infohash: INFOHASH, complete, ...rest, ...change }, fakeSha1)
}

describe('opening', () => {
  test('where nothing was before: at once, but not during the call, and nothing is read nor written', () => {
    const stage = new Stage({ file: { lengthBytes: 0, modifiedMs: 0 }, state: stateOf(ALL) }).open()
    expect(stage.told()).toEqual([])
    stage.until(10_000)
    expect([stage.told(), stage.read]).toEqual([['0: opened'], []])
  })

  test('a disk that cannot be prepared is told, and nothing else', () => {
    expect(new Stage({ prepareFault: FULL }).open().until(10_000).told()).toEqual(['0: not opened, a: no space left'])
  })

  test('without a state every piece is read; what is right is complete, and kept in a state', () => {
    const stage = new Stage({ good: [3, 39] }).open().until(10_000)
    expect(stage.told()).toEqual(['0: 2 of 40 on the disk, 0 trusted', '0: opened', '800: state written'])
    expect([stage.read, stage.complete, piecesOf(stage.saved.complete)]).toEqual([ALL, [3, 39], [3, 39]])
  })

  test('where nothing is right no state is written', () => {
    const stage = new Stage({}).open().until(10_000)
    expect(stage.told()).toEqual(['0: 0 of 40 on the disk, 0 trusted', '0: opened'])
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['of another torrent', stateOf(ALL, { infohash: 'ab'.repeat(20) as InfoHash }), /other-torrent/],
    ['with a byte changed', stateOf(ALL).with(70, 1), /checksum/],
    ['cut short', stateOf(ALL).subarray(0, 90), /cut/],
    ['of no bytes', new Uint8Array(0), /cut/],
    ['of another program', new Uint8Array(500).fill(65), /not-ours/],
  ])('a state %s is rejected by name, and every piece is read', (_, state, reason) => {
    const stage = new Stage({ good: ALL, state, choices: { fastResume: true } }).open().until(0)
    const [rejected, ...rest] = stage.told()
    expect(rejected).toMatch(/^0: state rejected: /)
    expect(rejected).toMatch(reason)
    expect(rest).toEqual(['0: 40 of 40 on the disk, 0 trusted', '0: opened'])
    expect(stage.read).toEqual(ALL)
  })
})

describe('fast resume', () => {
  const fast = { fastResume: true }

  test(`believes a state whose file is as it was, but for ${SPOT_CHECK_PIECES} pieces that it reads`, () => {
    const stage = new Stage({ good: ALL, state: stateOf(numbers(0, 30)), choices: fast }).open().until(0)
    expect(stage.told()).toEqual(['0: 30 of 40 on the disk, 14 trusted', '0: opened'])
    expect([stage.read.length, stage.complete]).toEqual([SPOT_CHECK_PIECES, numbers(0, 30)])
  })

  test('that was not asked for believes nothing: all is read, and what is there beyond the state counts', () => {
    const stage = new Stage({ good: ALL, state: stateOf(numbers(0, 30)) }).open().until(0)
    expect(stage.told()).toEqual(['0: 40 of 40 on the disk, 0 trusted', '0: opened'])
    expect(stage.read).toEqual(ALL)
  })

  test('believes nothing of a file that has changed since', () => {
    const stage = new Stage({ good: ALL, state: stateOf(ALL), file: { ...FILE, modifiedMs: 5_001 }, choices: fast })
    stage.open().until(0)
    expect([stage.told(), stage.read.length]).toEqual([['0: 40 of 40 on the disk, 0 trusted', '0: opened'], PIECES])
  })

  test('finds out a state that lies, says so, and reads all', () => {
    const stage = new Stage({ good: numbers(0, 20), state: stateOf(ALL), choices: fast }).open().until(0)
    expect(stage.told()).toEqual([
      '0: state rejected: it claims 20 of 40 pieces that are not on the disk as it says',
      '0: 20 of 40 on the disk, 0 trusted',
      '0: opened',
    ])
    expect(stage.read.toSorted((a, b) => a - b)).toEqual(ALL)
  })
})

describe('keeping the state', () => {
  let stage: Stage
  beforeEach(() => {
    stage = new Stage({ file: { lengthBytes: 0, modifiedMs: 0 } }).open().until(1_000)
    stage.told()
  })

  test('it is on the disk at most 1 s after the first piece that it has, and has those that came meanwhile', () => {
    stage.stored(1)
    stage.until(1_500).stored(2)
    expect(stage.until(2_000).told()).toEqual(['1800: state written'])
    expect(piecesOf(stage.saved.complete)).toEqual([1, 2])
    expect(stage.until(60_000).told()).toEqual([])
  })

  test('a second batch comes by its own first piece', () => {
    stage.stored(1)
    stage.until(5_000).stored(2)
    expect(stage.until(6_000).told()).toEqual(['1800: state written', '5800: state written'])
  })

  test('it has the sizes and times of the files, and no info dictionary where a .torrent has it', () => {
    stage.stored(1)
    stage.until(2_000)
    expect(stage.saved).toMatchObject({ files: [FILE], infoBytes: null })
  })

  test('one that cannot be written is told once, and written when it works again', () => {
    stage.stateFault = FULL
    stage.stored(1)
    stage.until(30_000)
    const failed = stage.told().filter((line) => !line.includes('written'))
    expect(failed).toEqual(['1800: state failed: a: no space left'])
    stage.stateFault = null
    stage.until(100_000)
    expect(piecesOf(stage.saved.complete)).toEqual([1])
  })
})

describe('what the state says beside pieces', () => {
  test('totals go on from those of earlier sessions', () => {
    const stage = new Stage({ good: ALL, state: stateOf([0]) }).open()
    stage.totals = { uploadedBytes: 11, downloadedBytes: 22 }
    stage.until(1_000)
    expect(stage.saved).toMatchObject({ uploadedBytes: 111, downloadedBytes: 222 })
  })

  test('a magnet link has its info dictionary kept', () => {
    const stage = new Stage({ good: [0], choices: { fromMagnet: true } }).open().until(1_000)
    expect(Buffer.from(stage.saved.infoBytes!).toString()).toBe('d4:name1:ae')
  })
})

describe('closing', () => {
  test('waits for the state that is due, then for the storage', () => {
    const stage = new Stage({ good: [0] }).open().until(0)
    stage.until(100)
    stage.told()
    stage.close()
    expect(stage.told()).toEqual([])
    stage.until(100)
    expect(stage.told()).toEqual(['100: state written', '100: storage closed', '100: closed'])
  })

  test('with nothing new closes the storage alone', () => {
    const stage = new Stage({}).open().until(0)
    stage.told()
    stage.close()
    expect(stage.until(0).told()).toEqual(['0: storage closed', '0: closed'])
  })

  test('a state that cannot be written holds nobody up', () => {
    const stage = new Stage({ good: [0], stateFault: FULL }).open().until(0)
    stage.told()
    stage.close()
    expect(stage.until(0).told()).toEqual([
      '0: state written',
      '0: state failed: a: no space left',
      '0: storage closed',
      '0: closed',
    ])
  })

  test.each([0, 1, 2])('after %i completions of the opening ends it: nobody hears that it opened', (steps) => {
    const stage = new Stage({ good: ALL, state: stateOf(ALL) }).open()
    for (let count = 0; count < steps; count++) stage.step()
    stage.close()
    stage.until(10_000)
    expect(stage.told()).toEqual(['0: storage closed', '0: closed'])
  })
})

describe('read only', () => {
  test('nothing is ever written, and the storage is closed at once', () => {
    const stage = new Stage({ good: ALL, choices: { readOnly: true } }).open().until(0)
    stage.disk.changed(0)
    stage.until(60_000)
    stage.close()
    expect(stage.until(60_000).told()).toEqual([
      '0: 40 of 40 on the disk, 0 trusted',
      '0: opened',
      '60000: storage closed',
      '60000: closed',
    ])
    expect(stage.state).toBe(null)
  })
})
