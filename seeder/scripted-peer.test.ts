import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpClient, HttpOutcome } from '../client/ports/http.ts'
import { Stage } from './stage.testing.ts'

const ANSWER: HttpOutcome = {
  kind: 'response',
  status: 200,
  body: new TextEncoder().encode('d8:intervali60e5:peers0:e'),
}
const REFUSED: HttpOutcome = { kind: 'fault', code: 'refused', detail: 'nobody listens there' }

/** What is announced, and the answers that have not come yet. */
let announces: URLSearchParams[]
let answer: (outcome: HttpOutcome) => void
const tracker: HttpClient = {
  get({ url }, done) {
    announces.push(new URL(url).searchParams)
    answer = (outcome) => done(stage.simulation.nowMs, outcome)
    return { cancel() {} }
  },
}
let stage: Stage

beforeEach(() => {
  announces = []
})

describe('a scripted peer that has a tracker', () => {
  test('announces itself once it listens: complete, under its own address, and wanting nobody', () => {
    stage = new Stage({ tracker })
    expect(announces).toEqual([])
    stage.runUntil(0)
    const [announce] = announces
    const told = ['event', 'left', 'ip', 'port', 'numwant'].map((key) => announce!.get(key))
    expect(told).toEqual(['started', '0', '127.0.0.2', '6881', '0'])
    answer(ANSWER)
    expect(stage.announced).toEqual([null])
  })

  test('announces again at the interval, and after a failure 1 s later, and says what came of it', () => {
    stage = new Stage({ tracker })
    stage.runUntil(0)
    answer(REFUSED)
    stage.runUntil(999)
    expect(announces.length).toBe(1)
    stage.runUntil(1_000)
    answer(ANSWER)
    stage.runUntil(60_999)
    expect(announces.length).toBe(2)
    stage.runUntil(61_000)
    expect(announces.map((each) => each.get('event'))).toEqual(['started', 'started', null])
    expect(stage.announced).toEqual([expect.stringContaining('nobody listens there'), null])
  })

  test('does not announce anew when it comes back: the tracker still knows it', () => {
    const drop = { behaviour: 'drop', comeBackAfterMs: 100 }
    stage = new Stage({ tracker, script: [{ when: { afterStartMs: 10 }, do: drop }] })
    stage.runUntil(0)
    answer(ANSWER)
    stage.runUntil(5_000)
    expect(announces.length).toBe(1)
  })

  test('announces though its script has it refuse from the start', () => {
    const refuse = { behaviour: 'refuse', how: 'port-closed' }
    stage = new Stage({ tracker, script: [{ when: { afterStartMs: 0 }, do: refuse }] })
    stage.runUntil(10)
    expect([announces.length, stage.begun]).toEqual([1, ['0: refuse']])
  })

  test('is silent after its stop, and waits for nothing', () => {
    stage = new Stage({ tracker })
    stage.runUntil(0)
    answer(ANSWER)
    stage.peer.stop()
    stage.runUntil(1_000_000)
    expect([announces.length, stage.simulation.queue.nextNs]).toEqual([1, null])
  })
})

test('a scripted peer that cannot listen says so, is announced nowhere, and its script never begins', () => {
  const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'stall' } }]
  stage = new Stage({ tracker, script, portTaken: true })
  stage.runUntil(10_000)
  expect([stage.failed, announces, stage.begun]).toEqual([['in-use'], [], []])
})
