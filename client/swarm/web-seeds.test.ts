/** The machine against a scripted HTTP port: what it asks for, and what becomes of every kind of answer. */
import { describe, expect, test } from 'vitest'
import { type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { HttpOutcome, HttpRequest } from '../ports/http.ts'
import { FIRST_TIMEOUT_MS, REQUEST_BYTES_MIN, REQUEST_TIMEOUT_MS } from './web-seed.ts'
import { WEB_REQUESTS_MAX, type WebSeedGrant, type WebSeedOwner, WebSeeds } from './web-seeds.ts'

const PIECE_BYTES = 65_536
const A = 'http://a/file'
const B = 'http://b/file'
const EVERYTHING: WebSeedGrant = { bytes: Number.MAX_SAFE_INTEGER, againMs: null }

interface Asked {
  readonly request: HttpRequest
  readonly done: (nowMs: number, outcome: HttpOutcome) => void
  isCancelled: boolean
}

function torrentOf(webSeeds: readonly string[], pieces: number, padded = false): TorrentFile {
  const totalBytes = pieces * PIECE_BYTES
  const padBytes = padded ? PIECE_BYTES : 0
  const file = { path: ['file'], lengthBytes: totalBytes - padBytes, offsetBytes: 0, pad: false }
  const pad = { path: ['file', '.pad'], lengthBytes: padBytes, offsetBytes: totalBytes - padBytes, pad: true }
  return {
    name: 'file',
    infohashV1: 'ab'.repeat(20) as InfoHash,
    infohashV2: null,
    infoBytes: new Uint8Array(0),
    geometry: new Geometry(totalBytes, PIECE_BYTES),
    pieceHashes: new Uint8Array(20 * pieces),
    private: false,
    trackers: [],
    webSeeds,
    comment: null,
    createdBy: null,
    creationDate: null,
    files: padded ? [file, pad] : [file],
  }
}

/** Pieces are picked in order. `log` says what the owner was told. */
function stage(webSeeds: readonly string[] = [A], pieces = 64, padded = false) {
  const torrent = torrentOf(webSeeds, pieces, padded)
  const { geometry } = torrent
  const log: string[] = []
  const asked: Asked[] = []
  const open = new Set(Array.from({ length: pieces }, (_, piece) => piece))
  const world = { mayRequest: true, grant: (_wantedBytes: number): WebSeedGrant => EVERYTHING }
  const owner: WebSeedOwner = {
    get mayRequest() {
      return world.mayRequest
    },
    pickWhole(_, __, wanted) {
      for (const piece of open) {
        if (!wanted.has(piece as PieceIndex)) continue
        open.delete(piece)
        const count = geometry.blockCount(piece as PieceIndex)
        return Array.from({ length: count }, (_block, index) => geometry.block(piece as PieceIndex, index))
      }
      return []
    },
    grant: (_, wantedBytes) => world.grant(wantedBytes),
    received: (nowMs, key, range, bytes) => log.push(`${nowMs}: ${key} sent ${text(range)} (${bytes.length})`),
    released(nowMs, key, ranges) {
      for (const { piece } of ranges) open.add(piece)
      log.push(`${nowMs}: ${key} released ${ranges.length}`)
    },
    webSeedFailed: (nowMs, url, reason, retryInMs) => log.push(`${nowMs}: ${url}: ${reason}, ${retryInMs}`),
    touched(nowMs) {
      log.push(`${nowMs}: touched`)
      machine.pump(nowMs)
    },
  }
  const http = {
    get(request: HttpRequest, done: Asked['done']) {
      const exchange = { request, done, isCancelled: false }
      asked.push(exchange)
      return { cancel: () => Object.assign(exchange, { isCancelled: true }) }
    },
  }
  const machine = new WebSeeds(torrent, http, owner)
  /** Answers the oldest request with the range that it asked for. */
  const serve = (nowMs: number) => {
    const { request, done } = asked.shift()!
    const { offsetBytes, lengthBytes } = request.range!
    const range = { offsetBytes, lengthBytes, totalBytes: torrent.files[0]!.lengthBytes }
    done(nowMs, { kind: 'response', status: 206, body: new Uint8Array(lengthBytes), range })
  }
  const answer = (nowMs: number, outcome: HttpOutcome) => asked.shift()!.done(nowMs, outcome)
  const requests = () =>
    asked.map(({ request: { url, range } }) => `${url} ${range?.offsetBytes}+${range?.lengthBytes}`)
  const told = () => log.splice(0)
  return { machine, world, asked, serve, answer, requests, told, open }
}

const text = ({ piece, offsetBytes }: BlockRange) => `${piece}:${offsetBytes}`
const status = (code: number, retryAfterMs?: number): HttpOutcome => ({
  kind: 'response',
  status: code,
  body: new Uint8Array(0),
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})
const timeout: HttpOutcome = { kind: 'fault', code: 'timeout', detail: 'no answer in time' }

describe('asking', () => {
  test('a web seed that never sent anything is asked for one piece; its blocks are handed on in order', () => {
    const { machine, requests, serve, told, asked } = stage()
    machine.pump(0)
    machine.pump(1)
    expect(requests()).toEqual([`${A} 0+65536`])
    expect(asked[0]?.request).toEqual({
      url: A,
      timeoutMs: FIRST_TIMEOUT_MS,
      bodyBytesMax: PIECE_BYTES,
      range: { offsetBytes: 0, lengthBytes: PIECE_BYTES },
    })
    expect(REQUEST_BYTES_MIN).toBe(PIECE_BYTES)
    serve(1_000)
    expect(told()).toEqual([
      '1000: -1 sent 0:0 (16384)',
      '1000: -1 sent 0:16384 (16384)',
      '1000: -1 sent 0:32768 (16384)',
      '1000: -1 sent 0:49152 (16384)',
      '1000: touched',
    ])
  })

  // 65,536 bytes in 500 ms are 262,144 in 2 s: four pieces.
  test('one that sent something is asked for as much as it sends in 2 s, pieces joined, three requests at once', () => {
    const { machine, requests, serve, asked } = stage()
    machine.pump(0)
    serve(500)
    expect(requests()).toEqual([`${A} 65536+262144`, `${A} 327680+262144`, `${A} 589824+262144`])
    expect(asked[0]?.request).toMatchObject({ timeoutMs: REQUEST_TIMEOUT_MS, bodyBytesMax: 262_144 })
  })

  test('pieces are joined only where the next is to be had', () => {
    const { machine, requests, serve, open } = stage()
    for (const piece of [3, 5]) open.delete(piece)
    machine.pump(0)
    serve(500)
    expect(requests()).toEqual([`${A} 65536+131072`, `${A} 262144+65536`, `${A} 393216+262144`])
  })
})

describe('work for several', () => {
  test('at most 3 requests are under way over all web seeds, whichever answers first', () => {
    const urls = Array.from({ length: 5 }, (_, index) => `http://${index}/f`)
    const { machine, asked, serve, requests } = stage(urls)
    machine.pump(0)
    expect(requests()).toEqual(['http://0/f 0+65536', 'http://1/f 65536+65536', 'http://2/f 131072+65536'])
    for (let round = 0; round < 12; round++) {
      serve(10_000 * (round + 1))
      expect(asked).toHaveLength(WEB_REQUESTS_MAX)
    }
  })

  test('the one with the least to do comes first, between equals the fastest', () => {
    const { machine, serve, requests, world } = stage([A, B])
    machine.pump(0)
    expect(requests()).toEqual([`${A} 0+65536`, `${B} 65536+65536`])
    world.mayRequest = false
    serve(2_000)
    serve(2_000 / 4)
    world.mayRequest = true
    machine.pump(3_000)
    expect(requests().map((line) => line.split(' ')[0])).toEqual([B, A, B])
  })

  test('padding is handed on without being asked for, within pump', () => {
    const { machine, requests, serve, told } = stage([A], 2, true)
    machine.pump(0)
    serve(500)
    expect(told().slice(5)).toEqual([
      '500: -1 sent 1:0 (16384)',
      '500: -1 sent 1:16384 (16384)',
      '500: -1 sent 1:32768 (16384)',
      '500: -1 sent 1:49152 (16384)',
    ])
    expect(requests()).toEqual([])
    expect(machine.status(600)).toMatchObject([{ state: 'idle', downloadedBytes: PIECE_BYTES, outstanding: 0 }])
  })

  test('nothing is asked for while nothing is wanted, or nothing is left', () => {
    const { machine, world, requests, open } = stage()
    world.mayRequest = false
    machine.pump(0)
    expect(requests()).toEqual([])
    world.mayRequest = true
    open.clear()
    machine.pump(1)
    expect(requests()).toEqual([])
    expect(machine.deadlineMs()).toBeNull()
  })
})

describe('what is granted', () => {
  test('a request asks for no more than is granted, and goes on behind it', () => {
    const { machine, world, requests, serve, told } = stage([A], 1)
    world.grant = () => ({ bytes: 20_000, againMs: null })
    machine.pump(0)
    expect(requests()).toEqual([`${A} 0+20000`])
    serve(1_000)
    expect(told()).toEqual(['1000: -1 sent 0:0 (16384)', '1000: touched'])
    expect(requests()).toEqual([`${A} 20000+20000`])
    serve(2_000)
    serve(3_000)
    expect(requests()).toEqual([`${A} 60000+5536`])
    serve(4_000)
    expect(told().at(-2)).toBe('4000: -1 sent 0:49152 (16384)')
  })

  test('where nothing is granted one piece waits, until the time that was said', () => {
    const { machine, world, requests, open } = stage()
    world.grant = () => ({ bytes: 0, againMs: 250 })
    machine.pump(0)
    machine.pump(1)
    expect([requests(), machine.deadlineMs(), open.size]).toEqual([[], 250, 63])
    machine.handleDeadline(249)
    expect(machine.deadlineMs()).toBe(250)
    machine.handleDeadline(250)
    expect(machine.deadlineMs()).toBeNull()
    world.grant = () => EVERYTHING
    machine.pump(250)
    expect(requests()).toEqual([`${A} 0+65536`])
  })
})

describe('a failure that passes', () => {
  test('releases the piece, and the web seed is asked again after 1 s, 2 s, 4 s', () => {
    const { machine, answer, requests, told } = stage()
    machine.pump(0)
    let nowMs = 10_000
    for (const waitMs of [1_000, 2_000, 4_000]) {
      answer(nowMs, timeout)
      expect(told()).toEqual([
        `${nowMs}: -1 released 4`,
        `${nowMs}: ${A}: timeout: no answer in time, ${waitMs}`,
        `${nowMs}: touched`,
      ])
      expect(requests()).toEqual([])
      expect(machine.deadlineMs()).toBe(nowMs + waitMs)
      nowMs += waitMs
      machine.handleDeadline(nowMs)
      machine.pump(nowMs)
      expect(requests()).toHaveLength(1)
      expect(machine.deadlineMs()).toBeNull()
    }
  })

  test('503 with Retry-After is honoured', () => {
    const { machine, answer, told } = stage()
    machine.pump(0)
    answer(100, status(503, 120_000))
    expect(told()[1]).toBe(`100: ${A}: HTTP status 503, 120000`)
    expect(machine.deadlineMs()).toBe(120_100)
    expect(machine.status(100)).toMatchObject([{ state: 'waiting', outstanding: 0 }])
  })

  test('of one request leaves those under way alone; one of them that succeeds ends the wait', () => {
    const { machine, serve, answer, told, asked, requests } = stage()
    machine.pump(0)
    serve(500)
    told()
    answer(600, timeout)
    answer(601, timeout)
    expect(told().filter((line) => line.includes(A))).toEqual([`600: ${A}: timeout: no answer in time, 1000`])
    expect(asked).toHaveLength(1)
    serve(700)
    expect(requests()).toHaveLength(WEB_REQUESTS_MAX)
  })
})

describe('what a web seed holds when it fails', () => {
  test('is no piece of a request that was not made', () => {
    const { machine, world, serve, answer, told } = stage()
    let granted = 3
    world.grant = () => (granted-- > 0 ? EVERYTHING : { bytes: 0, againMs: null })
    machine.pump(0)
    serve(500)
    told()
    answer(600, timeout)
    expect(told()).toEqual([
      '600: -1 released 16',
      '600: -1 released 16',
      `600: ${A}: timeout: no answer in time, 1000`,
      '600: touched',
    ])
    expect(machine.status(600)).toMatchObject([{ outstanding: 16 }])
  })

  test('is not what came before', () => {
    const { machine, world, serve, answer, told } = stage([A], 1)
    world.grant = () => ({ bytes: 32_768, againMs: null })
    machine.pump(0)
    serve(100)
    told()
    answer(200, timeout)
    expect(told()[0]).toBe('200: -1 released 2')
  })
})

describe('a web seed that is of no use', () => {
  test.each<[string, HttpOutcome, string]>([
    ['404', status(404), 'HTTP status 404'],
    ['410', status(410), 'HTTP status 410'],
    ['wrong status', status(204), 'wrong status: expected 206, received 204'],
    [
      'wrong range',
      { kind: 'response', status: 206, body: new Uint8Array(65_536) },
      'wrong range: expected bytes 0-65535, received none',
    ],
    [
      'endless body',
      { kind: 'fault', code: 'too-large', detail: 'longer than 65536 bytes' },
      'endless body: longer than 65536 bytes',
    ],
  ])('is never asked again (%s), and what it owes is released', (_, outcome, reason) => {
    const { machine, answer, told, requests } = stage()
    machine.pump(0)
    answer(50, outcome)
    expect(told()).toEqual(['50: -1 released 4', `50: ${A}: ${reason}, null`, '50: touched'])
    machine.pump(1e9)
    expect([requests(), machine.deadlineMs()]).toEqual([[], null])
    expect(machine.status(60)).toMatchObject([{ url: A, key: -1, state: 'over' }])
  })

  test('has its other requests cancelled too', () => {
    const { machine, serve, answer, asked, told } = stage()
    machine.pump(0)
    serve(500)
    told()
    const others = asked.slice(1)
    answer(600, status(404))
    expect(others.map(({ isCancelled }) => isCancelled)).toEqual([true, true])
    expect(told().filter((line) => line.includes('released'))).toHaveLength(3)
  })
})

describe('what is known of a web seed from without', () => {
  test('one whose piece failed its hash is banned by its owner, once, and others go on', () => {
    const { machine, asked, told, requests } = stage([A, B])
    machine.pump(0)
    expect(machine.urlOf(-2)).toBe(B)
    expect([machine.ban(5, -1), machine.ban(6, -1), machine.ban(6, -9)]).toEqual([true, false, false])
    expect(told()).toEqual(['5: -1 released 4'])
    expect(asked.map(({ isCancelled }) => isCancelled)).toEqual([true, false])
    machine.pump(7)
    expect(requests()).toHaveLength(2)
  })

  test('one that is refused for its URL is told at the start, and has no key', () => {
    const { machine, told, requests } = stage(['ftp://x/', A])
    machine.start(3)
    expect(told()).toEqual(['3: ftp://x/: neither http nor https, null'])
    machine.pump(3)
    expect(requests()).toEqual([`${A} 0+65536`])
    expect(machine.urlOf(-1)).toBe(A)
  })
})

test('after stop nothing is asked for, and nothing waited for', () => {
  const { machine, asked, answer, requests } = stage([A, B])
  machine.pump(0)
  answer(10, timeout)
  expect(machine.deadlineMs()).toBe(1_010)
  machine.stop()
  expect(asked.map(({ isCancelled }) => isCancelled)).toEqual([true])
  asked.length = 0
  machine.handleDeadline(2_000)
  machine.pump(2_000)
  expect([requests(), machine.deadlineMs()]).toEqual([[], null])
})
