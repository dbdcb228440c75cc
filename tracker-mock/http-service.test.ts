import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../client/metainfo/infohash.ts'
import { type AnnounceRequest, announceUrl } from '../client/tracker/announce-request.ts'
import { parseAnnounceResponse } from '../client/tracker/announce-response.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'
import { type Handled, TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'

const INFOHASH = 'ab'.repeat(20) as InfoHash

/** The target of an announce from `127.0.0.x` or wherever `ip` says. */
function target(more: Partial<AnnounceRequest> = {}): string {
  const request: AnnounceRequest = {
    infohash: INFOHASH,
    peerId: peerIdFromBytes(new TextEncoder().encode(`-XX0001-${String(more.port ?? 1).padStart(12, '0')}`)),
    port: 1,
    uploadedBytes: 1,
    downloadedBytes: 2,
    leftBytes: 3,
    event: 'none',
    compact: true,
    noPeerId: false,
    numWant: null,
    key: null,
    trackerId: null,
    ip: null,
    ...more,
  }
  return announceUrl('/announce', request)
}

const service = (script: TrackerScript = []) =>
  new TrackerHttpService({ random: { below: (bound) => bound - 1 }, script, startMs: 1_000 })

const read = (handled: Handled) => {
  if (handled.kind !== 'answer') return handled.kind
  const { status, body } = handled
  return status === 200 ? parseAnnounceResponse(body) : `${status} ${new TextDecoder().decode(body)}`
}
const peers = (handled: Handled) => {
  const answer = read(handled)
  if (typeof answer === 'string' || answer.kind === 'fault') throw new Error(`no answer: ${JSON.stringify(answer)}`)
  return answer.peers.map(({ host, port, peerId }) => `${host} ${port}${peerId === null ? '' : ' named'}`)
}

describe('an announce', () => {
  test('is answered as a client reads it, and recorded', () => {
    const tracker = service()
    tracker.handle(target(), '127.0.0.1', 1_000)
    const handled = tracker.handle(target({ port: 2, event: 'started' }), '::ffff:127.0.0.1', 1_000)
    expect(read(handled)).toEqual({
      kind: 'response',
      peers: [{ host: '127.0.0.1', port: 1, peerId: null }],
      intervalSeconds: 60,
      minIntervalSeconds: null,
      complete: 0,
      incomplete: 2,
      trackerId: null,
      warning: null,
      externalIp: '127.0.0.1',
    })
    expect(handled).toMatchObject({ delayMs: 0, status: 200 })
    expect(handled.announce).toEqual({
      infohash: INFOHASH,
      peer: '127.0.0.1:2',
      announce: 'started',
      uploadedBytes: 1,
      downloadedBytes: 2,
      leftBytes: 3,
      answer: '1 peer',
    })
  })

  test.each([
    [{ compact: true, noPeerId: false }, ['127.0.0.1 1', '::1 1']],
    [{ compact: false, noPeerId: false }, ['127.0.0.1 1 named', '::1 1 named']],
    [{ compact: false, noPeerId: true }, ['127.0.0.1 1', '::1 1']],
  ])('with %j gets IPv4 and IPv6 peers in that form', (form, expected) => {
    const tracker = service()
    tracker.handle(target(), '127.0.0.1', 1_000)
    tracker.handle(target(), '::1', 1_000)
    const got = peers(tracker.handle(target({ port: 9, ...form }), '127.0.0.1', 1_000))
    expect([...got].sort()).toEqual(expected)
  })

  test.each([
    ['127.0.0.1', '127.0.0.7', '127.0.0.7:1'],
    ['127.0.0.1', '10.0.0.1', '127.0.0.1:1'],
    ['10.0.0.1', '127.0.0.7', '10.0.0.1:1'],
    ['10.0.0.1', '10.0.0.2', '10.0.0.1:1'],
    ['::1', '127.0.0.7', '[::1]:1'],
  ])('from %s that says ip=%s is one of %s', (remoteHost, ip, peer) => {
    expect(service().handle(target({ ip }), remoteHost, 1_000).announce?.peer).toBe(peer)
  })

  test('that is malformed is told which field is wrong', () => {
    const handled = service().handle('/announce?info_hash=short', '127.0.0.1', 1_000)
    expect(read(handled)).toMatchObject({ code: 'failure', detail: 'info_hash: expected 20 bytes, received 5' })
    expect(handled.announce).toBeNull()
  })

  test('may have anything in front of it in its path', () => {
    expect(peers(service().handle(`/pass/key${target()}`, '127.0.0.1', 1_000))).toEqual([])
  })
})

test.each(['/', '', '/announcer', '/favicon.ico?info_hash=1'])('%j is not here', (path) => {
  expect(read(service().handle(path, '127.0.0.1', 0))).toBe('404 here are /announce and /scrape\n')
})

test('a scrape counts the torrents that it names, or all (BEP 48)', () => {
  const tracker = service()
  tracker.handle(target({ leftBytes: 0, event: 'completed' }), '127.0.0.1', 1_000)
  const scraped = (path: string) => {
    const handled = tracker.handle(path, '127.0.0.1', 1_000)
    return handled.kind === 'answer' ? new TextDecoder('latin1').decode(handled.body) : handled.kind
  }
  const known = `d5:filesd20:${'\xab'.repeat(20)}d8:completei1e10:downloadedi1e11:downloadersi0e10:incompletei0eeee`
  expect(scraped('/scrape')).toBe(known)
  expect(scraped(`/scrape?info_hash=${'%AB'.repeat(20)}&info_hash=${'%CD'.repeat(20)}&info_hash=x`)).toBe(known)
  expect(scraped(`/scrape?info_hash=${'%CD'.repeat(20)}`)).toBe('d5:filesdee')
})

describe('a script', () => {
  const failure = (detail: string) => ({ kind: 'fault', code: 'failure', detail, retryInSeconds: null })

  test.each<[TrackerScript[number]['do'], unknown, string]>([
    [{ error: 'go away' }, failure('go away'), 'error: go away'],
    [{ status: 503 }, '503 as scripted\n', 'HTTP status 503'],
    [{ hang: true }, 'hang', 'no answer'],
    [{ reset: true }, 'reset', 'reset'],
    [{ intervalSeconds: 0 }, expect.objectContaining({ intervalSeconds: 1800 }), '0 peers'],
    [
      { intervalSeconds: 7, minIntervalSeconds: 6 },
      expect.objectContaining({ intervalSeconds: 7, minIntervalSeconds: 6 }),
      '0 peers',
    ],
    [{ garbageBytes: 5 }, expect.objectContaining({ code: 'not-bencode' }), '5 bytes of garbage'],
    [{}, expect.objectContaining({ kind: 'response' }), '0 peers'],
  ])('with %o does that and says so', (action, outcome, answer) => {
    const handled = service([{ do: { ...action, delayMs: 250 } }]).handle(target(), '127.0.0.1', 1_000)
    expect(read(handled)).toEqual(outcome)
    expect(handled.delayMs).toBe(250)
    expect(handled.announce?.answer).toBe(answer)
  })

  test('writes an interval of zero or less as it is', () => {
    const handled = service([{ do: { intervalSeconds: -5 } }]).handle(target(), '127.0.0.1', 1_000)
    expect(handled.kind === 'answer' && new TextDecoder().decode(handled.body)).toContain('8:intervali-5e')
  })

  test('sends as much garbage as it says', () => {
    for (const garbageBytes of [0, 1, 4, 5]) {
      const handled = service([{ do: { garbageBytes } }]).handle(target(), '127.0.0.1', 1_000)
      expect(handled.kind === 'answer' && handled.body.length).toBe(garbageBytes)
    }
  })

  test('that empties the answer still counts who asked; one that fails does not', () => {
    const tracker = service([
      { when: { announce: 2 }, do: { emptyPeers: true } },
      { when: { announce: 3 }, do: { error: 'no' } },
    ])
    tracker.handle(target({ port: 1 }), '127.0.0.1', 1_000)
    expect(peers(tracker.handle(target({ port: 2 }), '127.0.0.1', 1_000))).toEqual([])
    tracker.handle(target({ port: 3 }), '127.0.0.1', 1_000)
    const got = peers(tracker.handle(target({ port: 4 }), '127.0.0.1', 1_000))
    expect([...got].sort()).toEqual(['127.0.0.1 1', '127.0.0.1 2'])
  })

  test('is decided by the first step that holds', () => {
    const tracker = service([{ when: { announce: 1 }, do: { error: 'a' } }, { do: { error: 'b' } }])
    expect(read(tracker.handle(target(), '127.0.0.1', 1_000))).toEqual(failure('a'))
    expect(read(tracker.handle(target(), '127.0.0.1', 1_000))).toEqual(failure('b'))
  })
})

describe('a script', () => {
  // Five announces, one a second from 1 s after the start: which of them the step holds for.
  test.each<[TrackerScript[number]['when'], string]>([
    [undefined, '12345'],
    [{}, '12345'],
    [{ announce: 2 }, '2'],
    [{ fromAnnounce: 4 }, '45'],
    [{ toAnnounce: 2 }, '12'],
    [{ fromAnnounce: 2, toAnnounce: 3 }, '23'],
    [{ fromMs: 4_000 }, '45'],
    [{ toMs: 4_000 }, '123'],
    [{ fromMs: 2_000, toMs: 2_001 }, '2'],
    [{ infohash: INFOHASH }, '12345'],
    [{ infohash: 'cd'.repeat(20) }, ''],
    [{ event: 'started' }, '1'],
    [{ event: 'none' }, '2345'],
    [{ host: '127.0.0.3' }, '3'],
    [{ port: 104 }, '4'],
    [{ port: 104, announce: 3 }, ''],
  ])('whose step is for %j holds for the announces %j', (when, held) => {
    const tracker = service([when === undefined ? { do: { hang: true } } : { when, do: { hang: true } }])
    const kinds = [1, 2, 3, 4, 5].map((count) => {
      const event = count === 1 ? 'started' : 'none'
      return tracker.handle(target({ port: 100 + count, event }), `127.0.0.${count}`, 1_000 + count * 1_000).kind
    })
    expect([1, 2, 3, 4, 5].filter((count) => kinds[count - 1] === 'hang').join('')).toBe(held)
  })
})

test('any target gets an answer', () => {
  const parts = fc.constantFrom(
    '/announce',
    '/scrape',
    '?',
    '&',
    '=',
    '%',
    'info_hash=',
    'port=1',
    'a'.repeat(20),
    '\udc00',
  )
  const targets = fc.oneof(
    fc.uint16Array().map((units) => String.fromCharCode(...units)),
    fc.array(parts).map((all) => all.join('')),
  )
  const tracker = service()
  fc.assert(fc.property(targets, (any) => tracker.handle(any, '127.0.0.1', 0).kind === 'answer'))
})
