import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { HttpOutcome } from '../ports/http.ts'
import { announceOutcome } from './announce-outcome.ts'
import { A, B, C, down, get, hurried, ok, peerId, response, transcript } from './transcript.testing.ts'

describe('several trackers (BEP 12)', () => {
  test('are tried at once one after the other, and the one that answers comes first in its tier from then on', () => {
    const t = transcript([[A, B], [C]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(1, down)
    t.expect(hurried('b', 'started'), `failed ${A} refused: nobody listens there, 0`)
    t.answer(2, ok)
    t.expect(`announced ${B} 0 100`)
    t.wake(100_002)
    t.expect(get('b', 'none'))
    t.answer(100_003, down)
    t.expect(hurried('a', 'started'), `failed ${B} refused: nobody listens there, 0`)
    t.answer(100_004, down)
    t.expect(get('c', 'started'), `failed ${A} refused: nobody listens there, 0`)
    t.answer(100_005, ok) // first in its tier, but that is still the second
    t.expect(`announced ${C} 0 100`)
    t.wake(200_005)
    t.expect(get('b', 'none'))
  })

  test('back off together when all fail', () => {
    const t = transcript([[A], [B]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(1, down)
    t.expect(get('b', 'started'), `failed ${A} refused: nobody listens there, 0`)
    t.answer(2, down)
    t.expect(`failed ${B} refused: nobody listens there, 1000`)
    t.wake(1_002)
    t.expect(get('a', 'started'))
  })
})

describe('several trackers', () => {
  test('of which one never wants to hear again are asked without it', () => {
    const t = transcript([[A, B]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(1, response({ 'failure reason': 'gone', 'retry in': 'never' }))
    t.expect(get('b', 'started'), `failed ${A} the tracker says: gone, 0`)
    t.answer(2, down)
    t.expect(`failed ${B} refused: nobody listens there, 1000`)
    t.wake(1_002)
    t.expect(get('b', 'started'))
  })

  test('hear of the completion from the one that knows us, though another comes before it', () => {
    const t = transcript([[A], [B]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(1, down)
    t.answer(2, down) // an answer nobody waits for
    t.expect(get('b', 'started'), `failed ${A} refused: nobody listens there, 0`)
    t.answer(3, ok)
    t.client.complete(4)
    t.expect(get('b', 'completed'), `announced ${B} 0 100`)
  })

  test('that cannot be asked say so once, and the others are asked', () => {
    const t = transcript([
      ['udp://a', 'wss://b'],
      ['file:///etc/passwd', 'nonsense', A, A],
    ])
    t.start(0)
    t.expect(
      get('a', 'started'),
      'failed udp://a this udp: URL names no port, null',
      'failed wss://b wss: trackers are not supported, null',
      'failed file:///etc/passwd file: trackers are not supported, null',
      'failed nonsense this is not an http:, https: or udp: URL, null',
    )
    t.answer(1, down)
    t.expect(`failed ${A} refused: nobody listens there, 1000`)
  })

  test('of which none can be asked leave nothing to wait for', () => {
    const t = transcript([['wss://a:1']])
    t.start(0)
    t.expect('failed wss://a:1 wss: trackers are not supported, null')
    expect(t.client.deadlineMs()).toBeNull()
    t.client.wantMorePeers(1)
    t.client.complete(2)
    t.client.stop(3)
    t.expect()
    expect(t.client.isStopped).toBe(true)
  })
})

describe('of twenty trackers of which only the last lives', () => {
  const dead = Array.from({ length: 19 }, (_, index) => [`http://dead${index}/announce`])
  const silence: HttpOutcome = { kind: 'fault', code: 'timeout', detail: '' }

  // 19 × 5 s is 95 s; waited for in full they would take five minutes, or ten over UDP.
  test('it is asked after 95 s: nobody is waited for in full while there are others', () => {
    const t = transcript([...dead, [A]])
    t.start(0)
    let nowMs = 0
    for (let request = t.client.nextRequest(); request?.timeoutMs === 5_000; request = t.client.nextRequest()) {
      nowMs += request.timeoutMs
      t.client.answered(nowMs, request.id, announceOutcome(silence))
    }
    expect(nowMs).toBe(95_000)
  })

  test('each is waited for in full in the next round', () => {
    const t = transcript([[A], [B]])
    t.start(0)
    t.expect(hurried('a', 'started'))
    t.answer(5_000, silence)
    t.expect(get('b', 'started'), `failed ${A} timeout: , 0`)
    t.answer(20_000, silence)
    t.expect(`failed ${B} timeout: , 1000`)
    t.wake(21_000)
    t.expect(get('a', 'started'))
  })
})

describe('a UDP tracker (BEP 15)', () => {
  test('is asked as the others are, with the path and query of its URL (BEP 41), and has longer to answer', () => {
    const t = transcript([['udp://[::1]:6969/announce?pass=a%2Fb']])
    t.start(0)
    expect(t.client.nextRequest()).toEqual({
      kind: 'udp',
      id: 0,
      host: '::1',
      port: 6969,
      timeoutMs: 30_000,
      question: {
        kind: 'announce',
        announce: expect.objectContaining({ event: 'started', leftBytes: 10, numWant: 50, key: 'K', port: 6881 }),
        requestString: '/announce?pass=a%2Fb',
      },
    })
    t.answer(1, ok)
    t.client.stop(2)
    expect(t.client.nextRequest()).toMatchObject({ timeoutMs: 5_000 })
  })

  test('and others take turns in their tiers', () => {
    const t = transcript([['udp://u:1'], [A]])
    t.start(0)
    t.expect('UDP u:1 started left=10 want=50 for 5000')
    t.answer(1, down)
    t.expect(get('a', 'started'), 'failed udp://u:1 refused: nobody listens there, 0')
  })
})

describe('what is left', () => {
  test('is 16384 where nobody knows it, and the completed of a magnet link is owed', () => {
    const t = transcript([[A]])
    t.totals.leftBytes = null
    t.start(0)
    t.expect(get('a', 'started', 16_384))
    t.answer(0, ok)
    t.totals.leftBytes = 0
    t.client.complete(1)
    t.expect(get('a', 'completed', 0), `announced ${A} 0 100`)
  })

  test('and not wanted makes every announce that says nothing else a paused (BEP 21)', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, ok)
    t.expect(`announced ${A} 0 100`)
    t.totals.isPartialSeed = true
    t.wake(100_000)
    t.expect(get('a', 'paused'))
    t.answer(100_000, ok)
    t.expect(`announced ${A} 0 100`)
    t.totals.isPartialSeed = false
    t.wake(200_000)
    t.expect(get('a', 'none'))
  })
})

describe('our own address among the peers', () => {
  const peers = Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1, 10, 0, 0, 2, 0x1a, 0xe1, 10, 0, 0, 1, 0, 9)

  test('is dropped where the tracker says that it is ours (BEP 24); our port elsewhere and another port there stay', () => {
    const t = transcript([[A]])
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, response({ interval: 100, peers, 'external ip': Uint8Array.of(10, 0, 0, 1) }))
    t.expect(`announced ${A} 2 100`, 'peers 10.0.0.2:6881 10.0.0.1:9')
    t.wake(100_000)
    t.expect(get('a', 'none'))
    t.answer(100_000, response({ interval: 100, peers })) // it was said once
    t.expect(`announced ${A} 2 100`, 'peers 10.0.0.2:6881 10.0.0.1:9')
  })

  test('is dropped where we announce it ourselves', () => {
    const identity = { infohash: 'ab'.repeat(20) as InfoHash, peerId, port: 6881, key: 'K', ip: '10.0.0.1' }
    const t = transcript([[A]], { identity })
    t.start(0)
    t.expect(get('a', 'started'))
    t.answer(0, response({ interval: 100, peers }))
    t.expect(`announced ${A} 2 100`, 'peers 10.0.0.2:6881 10.0.0.1:9')
  })
})
