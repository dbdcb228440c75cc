import { describe, expect, test } from 'vitest'
import type { HttpOutcome } from '../ports/http.ts'
import { A, B, C, down, get, hurried, ok, peerId, response, stopped, transcript } from './transcript.testing.ts'

describe('one tracker that answers', () => {
  test('hears started, then nothing in particular at each interval; peers come out after what it said', () => {
    const t = transcript([[A]])
    expect(t.client.deadlineMs()).toBeNull()
    t.start(0)
    t.expect(get('a', 'started'))
    expect(t.client.deadlineMs()).toBeNull()
    t.answer(50, response({ interval: 100, peers: Uint8Array.of(10, 0, 0, 1, 0, 9) }))
    t.expect(`announced ${A} 1 100`, 'peers 10.0.0.1:9')
    t.totals.leftBytes = 4
    t.wake(100_050)
    t.expect(get('a', 'none', 4))
    t.answer(100_060, ok)
    t.expect(`announced ${A} 0 100`)
    t.wake(200_060)
    t.expect(get('a', 'none', 4))
  })

  test('is announced once however often it is started', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.start(1)
    t.expect()
  })

  test.each([
    [{ interval: 0 }, 1_800_000],
    [{ interval: -5 }, 1_800_000],
    [{ interval: 1 }, 5_000],
    [{ interval: 2 ** 50 }, 86_400_000],
    [{ interval: 60, 'min interval': 90 }, 90_000],
  ])('with %j is asked again after %i ms', (body, waitMs) => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(7, response(body))
    expect(t.client.deadlineMs()).toBe(7 + waitMs)
  })

  test('gets its tracker id back with every later request', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, response({ interval: 100, 'tracker id': Uint8Array.of(0xff, 0x26) }))
    t.client.handleDeadline(100_000)
    expect(t.client.nextRequest()).toMatchObject({ url: expect.stringMatching(/&trackerid=%FF%26$/) })
  })

  test('does not make us a peer of our own', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, response({ interval: 100, peers: [{ ip: '10.0.0.1', port: 1, 'peer id': peerId }] }))
    t.expect(`announced ${A} 0 100`)
  })
})

describe('completed', () => {
  test('is sent once, at once, and not again', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, ok)
    t.expect(`announced ${A} 0 100`)
    t.totals.leftBytes = 0
    t.client.complete(5)
    t.expect(get('a', 'completed', 0))
    t.client.complete(6)
    t.answer(10, ok)
    t.expect(`announced ${A} 0 100`)
    t.client.complete(11)
    t.wake(100_010)
    t.expect(get('a', 'none', 0))
  })

  test('is sent as soon as a started in flight is accepted', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.client.complete(5)
    t.expect()
    t.totals.leftBytes = 0
    t.answer(10, ok)
    t.expect(get('a', 'completed', 0), `announced ${A} 0 100`)
  })

  test('is not sent when nothing was left at the start', () => {
    const t = transcript([[A]])
    t.totals.leftBytes = 0
    t.start(0)
    t.expect(get('a', 'started', 0))
    t.client.complete(1)
    t.answer(10, ok)
    t.client.complete(11)
    t.expect(`announced ${A} 0 100`)
    t.wake(100_010)
    t.expect(get('a', 'none', 0))
  })

  test('waits for the back-off, and then is a started, when no started was accepted', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, down)
    t.expect(`failed ${A} refused: nobody listens there, 1000`)
    t.totals.leftBytes = 0
    t.client.complete(5)
    t.expect()
    t.wake(1_000)
    t.expect(get('a', 'started', 0))
    t.answer(1_010, ok)
    t.expect(`announced ${A} 0 100`)
    expect(t.client.deadlineMs()).toBe(101_010)
  })
})

describe('completed', () => {
  test('that fails is sent again', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, ok)
    t.client.complete(5)
    t.expect(get('a', 'completed'), `announced ${A} 0 100`)
    t.answer(6, down)
    t.expect(`failed ${A} refused: nobody listens there, 1000`)
    t.wake(1_006)
    t.expect(get('a', 'completed'))
  })
})

describe('a tracker that fails', () => {
  test('is asked again after 1, 2, 4… 32 and then every 60 s, still with started; an answer forgets the failures', () => {
    const t = transcript([[A]])
    let nowMs = 0
    t.start(nowMs)
    t.expect(get('a', 'started'))
    for (const retryMs of [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000)) {
      t.answer(nowMs + 5, down)
      t.expect(`failed ${A} refused: nobody listens there, ${retryMs}`)
      nowMs += 5 + retryMs
      t.wake(nowMs)
      t.expect(get('a', 'started'))
    }
    t.answer(nowMs, ok)
    t.expect(`announced ${A} 0 100`)
    t.wake(nowMs + 100_000)
    t.expect(get('a', 'none'))
    t.answer(nowMs + 100_000, down)
    t.expect(`failed ${A} refused: nobody listens there, 1000`)
  })

  test.each<[string, HttpOutcome, string]>([
    ['refuses in words', response({ 'failure reason': 'go\naway' }), 'the tracker says: go\\u{a}away'],
    ['refuses in words with a status', response({ 'failure reason': 'no' }, 400), 'the tracker says: no'],
    ['answers well under a bad status', response({ interval: 100 }, 503), 'status: HTTP status 503'],
    [
      'answers garbage',
      { kind: 'response', status: 200, body: Uint8Array.of(60) },
      "not-bencode: byte 0: expected a value (i, l, d or a digit), found 0x3c '<'",
    ],
    ['lies about peers', response({ peers: 6 }), 'bad-field: peers: expected a string, received 6'],
    [
      'does not answer',
      { kind: 'fault', code: 'timeout', detail: 'no answer in 15000 ms' },
      'timeout: no answer in 15000 ms',
    ],
    ['has a hostile name', { kind: 'fault', code: 'unreachable', detail: '\x1b[0m' }, 'unreachable: \\u{1b}[0m'],
  ])('because it %s says so in one line', (_, outcome, reason) => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, outcome)
    t.expect(`failed ${A} ${reason}, 1000`)
  })

  test('and asks to be left alone for 3 minutes is left alone (BEP 31)', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, response({ 'failure reason': 'busy', 'retry in': 3 }))
    t.expect(`failed ${A} the tracker says: busy, 180000`)
    t.wake(180_000)
    t.expect(get('a', 'started'))
    t.answer(180_000, response({ 'failure reason': 'gone', 'retry in': 'never' }))
    t.expect(`failed ${A} the tracker says: gone, null`)
    expect(t.client.deadlineMs()).toBeNull()
  })
})

describe('stopped', () => {
  test('is sent, once, to the tracker that knows us; then all is over', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, ok)
    t.client.stop(5)
    t.expect(stopped('a'), `announced ${A} 0 100`)
    t.client.stop(6)
    t.client.start(6)
    expect(t.client.isStopped).toBe(false)
    t.answer(10, response({ interval: 100, peers: Uint8Array.of(10, 0, 0, 1, 0, 9) }))
    t.expect(`announced ${A} 1 100`) // who leaves needs no peers
    expect(t.client.isStopped).toBe(true)
    expect(t.client.deadlineMs()).toBeNull()
  })

  test('is sent to every tracker that knows us, and is not retried', () => {
    const t = transcript([[A], [B], [C]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(1, ok)
    t.expect(`announced ${A} 0 100`)
    t.wake(100_001)
    t.expect(get('a', 'none'))
    t.answer(100_002, down)
    t.expect(hurried('b', 'started'), `failed ${A} refused: nobody listens there, 0`)
    t.answer(100_003, ok)
    t.client.stop(100_004)
    t.expect(stopped('a'), `announced ${B} 0 100`)
    t.answer(100_005, down)
    t.expect(stopped('b'), `failed ${A} refused: nobody listens there, null`)
    expect(t.client.isStopped).toBe(false)
    t.answer(100_006, down)
    t.expect(`failed ${B} refused: nobody listens there, null`)
    expect(t.client.isStopped).toBe(true)
  })

  test('goes to a tracker whose started is in flight, and the answer to that started is ignored', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.client.stop(1)
    t.answerTo(0, 2, response({ peers: Uint8Array.of(10, 0, 0, 1, 0, 9) }))
    t.expect(stopped('a'))
    expect(t.client.isStopped).toBe(false)
    t.answer(3, ok)
    expect(t.client.isStopped).toBe(true)
  })

  test('is not sent where no tracker ever heard of us', () => {
    const unpulled = transcript([[A]])
    unpulled.start(0)
    unpulled.client.stop(1)
    expect(unpulled.client.nextRequest()).toBeNull()
    expect(unpulled.client.isStopped).toBe(true)
    const neverStarted = transcript([[A]])
    neverStarted.client.stop(0)
    neverStarted.client.start(1)
    neverStarted.expect()
    expect(neverStarted.client.isStopped).toBe(true)
  })
})

describe('a wish for more peers', () => {
  test.each([
    [{ interval: 100, 'min interval': 20 }, 20_000],
    [{ interval: 100 }, 60_000], // the least time where the tracker names none
    [{ interval: 30 }, 30_000],
  ])('after %j is granted %i ms after the announce before', (body, allowedMs) => {
    const t = transcript([[A]])
    t.start(0)
    t.client.wantMorePeers(0)
    t.expect(get('a', 'started'))
    t.answer(0, response(body))
    t.client.wantMorePeers(1)
    t.expect(`announced ${A} 0 ${body.interval}`)
    t.wake(allowedMs)
    t.expect(get('a', 'none'))
  })

  test('is granted at once where enough time has passed', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, ok)
    t.client.wantMorePeers(20_000)
    t.expect(get('a', 'none'), `announced ${A} 0 100`)
  })

  test('does not shorten the back-off', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, down)
    t.client.wantMorePeers(1)
    t.expect(`failed ${A} refused: nobody listens there, 1000`)
    t.wake(1_000)
    t.expect(get('a', 'started'))
  })
})
