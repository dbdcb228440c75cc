/** Web seeds among the peers of a download: limits, pieces, bans. The HTTP answers are the test's; times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { at } from '../peer/wire-words.testing.ts'
import { PieceManager } from '../pieces/piece-manager.ts'
import { seeded } from '../pieces/random.testing.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { HttpOutcome, HttpRequest } from '../ports/http.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { BlockExchange } from './block-exchange.ts'
import type { PieceChecker } from './piece-checker.ts'
import { RateLimiter } from './rate-limiter.ts'
import { GEOMETRY } from './remote-end.testing.ts'
import type { SessionTable } from './session-table.ts'
import { WebSource } from './web-source.ts'

const URL = 'http://web/a'
const ALL = Bitfield.full(GEOMETRY.pieceCount)
const TORRENT = {
  name: 'a',
  geometry: GEOMETRY,
  webSeeds: [URL],
  infoBytes: new TextEncoder().encode('d4:name1:ae'),
  files: [{ path: ['a'], lengthBytes: GEOMETRY.totalBytes, offsetBytes: 0, pad: false }],
} as unknown as TorrentFile
const rangeText = ({ piece, offsetBytes }: BlockRange) => `${piece}:${offsetBytes}`

/** `log`: what others were told, as `TIME: what`. */
class Stage {
  readonly source: WebSource
  readonly pieces = new PieceManager(GEOMETRY, seeded(1), { strategy: 'sequential' })
  readonly log: string[] = []
  readonly asked: { readonly request: HttpRequest; readonly done: (nowMs: number, outcome: HttpOutcome) => void }[] = []
  isBusy = false
  mayRequest = true

  constructor(...limiters: readonly RateLimiter[]) {
    const stage = this
    const exchange: Pick<BlockExchange, 'keep'> = {
      keep: (nowMs, { key, name }, range, bytes, asked) => {
        this.log.push(`${nowMs}: kept ${rangeText(range)} of ${name}`)
        expect([key, asked, bytes.length]).toEqual([-1, true, BLOCK_BYTES])
        return true
      },
    }
    const sessions: Pick<SessionTable, 'touchAll'> = { touchAll: () => this.log.push('all touched') }
    const checker = {
      get isBusy() {
        return stage.isBusy
      },
    }
    this.source = new WebSource(
      TORRENT,
      {
        get: (request, done) => {
          this.asked.push({ request, done })
          return { cancel() {} }
        },
      },
      {
        pieces: this.pieces,
        exchange: exchange as BlockExchange,
        checker: checker as PieceChecker,
        sessions: sessions as SessionTable,
        limiters,
      },
      {
        get mayRequest() {
          return stage.mayRequest
        },
        touched: (nowMs) => this.log.push(`${nowMs}: touched`),
        emit: (nowMs, event) => this.log.push(`${nowMs}: ${lineOf(event)}`),
      },
    )
  }

  told(): string[] {
    return this.log.splice(0)
  }

  /** The oldest request is answered with all that it asked for. */
  serve(nowMs: number): void {
    const { request, done } = this.asked.shift()!
    const range = { ...request.range!, totalBytes: GEOMETRY.totalBytes }
    done(nowMs, { kind: 'response', status: 206, body: new Uint8Array(range.lengthBytes), range })
  }
}

function lineOf(event: ClientEvent): string {
  if (event.type === 'block-requested')
    return `asked ${event.peer} for ${event.piece}:${event.offsetBytes}, ${event.why}`
  if (event.type === 'web-seed-failed') return `${event.url} failed: ${event.reason}, ${event.retryInMs}`
  return event.type === 'peer-banned' ? `${event.peer} banned: ${event.reason}` : event.type
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('a piece', () => {
  test('is asked for whole, told block by block, and its blocks are kept as a peer’s are', () => {
    stage.source.start(0)
    stage.source.pump(0)
    // A request reaches two of these pieces.
    const blocks = ['0:0', '0:16384', '1:0', '1:16384']
    expect(stage.told()).toEqual(blocks.map((block) => `0: asked ${URL} for ${block}, first`))
    stage.serve(100)
    expect(stage.told()).toEqual([...blocks.map((block) => `100: kept ${block} of ${URL}`), '100: touched'])
  })

  test('is not asked for while nothing is to be asked for', () => {
    stage.mayRequest = false
    stage.source.pump(0)
    expect([stage.told(), stage.asked]).toEqual([[], []])
  })

  test('that fails is open again at once, to peers too, and the failure is told', () => {
    stage.source.pump(0)
    stage.told()
    expect(stage.pieces.pickWhole(-2, ALL)).toEqual([at(2, 0), at(2, 1)])
    stage.asked.shift()!.done(100, { kind: 'fault', code: 'refused', detail: 'nobody listens' })
    expect(stage.told()).toEqual([
      'all touched',
      expect.stringMatching(/^100: http:\/\/web\/a failed: .*, \d+$/),
      '100: touched',
    ])
    expect(stage.pieces.pickWhole(-3, ALL)).toEqual([at(0, 0), at(0, 1)])
  })
})

describe('a grant', () => {
  test('is all that is wanted where there is no limit', () => {
    expect(stage.source.grant(0, 5_000_000)).toEqual({ bytes: 5_000_000, againMs: null })
  })

  test('is nothing while pieces wait for the disk, and who asked is not told when to ask again', () => {
    stage.isBusy = true
    expect(stage.source.grant(0, 5_000_000)).toEqual({ bytes: 0, againMs: null })
  })

  // Half a second's worth, and then a half second in which nobody else gets anything.
  test('is what the slowest limiter lets through in 500 ms, and charged to all of them', () => {
    const [slow, fast] = [new RateLimiter(100_000), new RateLimiter(400_000)]
    stage = new Stage(fast, slow)
    expect(stage.source.grant(1_000, 5_000_000)).toEqual({ bytes: 50_000, againMs: null })
    expect([slow.freeAtMs(), fast.freeAtMs()]).toEqual([1_500, 1_125])
    expect(stage.source.grant(1_200, 5_000_000)).toEqual({ bytes: 0, againMs: 1_500 })
    expect(stage.source.grant(1_500, 20_000)).toEqual({ bytes: 20_000, againMs: null })
  })

  test('is never less than a block, however slow the limit', () => {
    stage = new Stage(new RateLimiter(100))
    expect(stage.source.grant(0, 5_000_000).bytes).toBe(BLOCK_BYTES)
  })

  test('that has to wait is a deadline, and then the request goes out', () => {
    const limiter = new RateLimiter(BLOCK_BYTES)
    stage = new Stage(limiter)
    limiter.take(0, BLOCK_BYTES)
    stage.source.pump(0)
    expect([stage.asked.length, stage.source.deadlineMs()]).toEqual([0, 1_000])
    stage.source.handleDeadline(1_000)
    stage.source.pump(1_000)
    expect(stage.asked.map(({ request }) => request.range)).toEqual([{ offsetBytes: 0, lengthBytes: BLOCK_BYTES }])
  })
})

describe('a ban', () => {
  test('is told once, and the web seed is asked for nothing more', () => {
    stage.source.pump(0)
    stage.told()
    stage.source.ban(100, -1, 'sent bad data in piece 0')
    stage.source.ban(100, -1, 'sent bad data in piece 1')
    expect(stage.told().filter((line) => line !== 'all touched')).toEqual([
      `100: ${URL} banned: sent bad data in piece 0`,
    ])
    stage.asked.length = 0
    stage.source.pump(10_000)
    expect([stage.asked, stage.source.status(10_000)[0]?.state]).toEqual([[], 'over'])
    expect(stage.pieces.pickWhole(-2, ALL)).toEqual([at(0, 0), at(0, 1)])
  })
})

test('what is stopped asks for nothing, and its answers are not waited for', () => {
  stage.source.pump(0)
  stage.source.stop()
  stage.asked.length = 0
  stage.source.pump(1)
  expect([stage.asked, stage.source.deadlineMs()]).toEqual([[], null])
})
