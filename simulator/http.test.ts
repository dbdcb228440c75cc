import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpOutcome, HttpRequest } from '../client/ports/http.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { SimulatedHttp, type SimulatedHttpAnswer } from './http.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const CLIENT = '127.0.0.1'
const SERVER = '127.0.0.2'
const REQUEST: HttpRequest = { url: `http://${SERVER}:6969/announce?a=1`, timeoutMs: 15_000, bodyBytesMax: 4 }

let simulation: Simulation
let http: SimulatedHttp
/** What the service is asked, and when. */
let asked: string[]
let answer: SimulatedHttpAnswer

const ok = (lengthBytes: number, delayMs = 0): SimulatedHttpAnswer => ({
  kind: 'answer',
  status: 200,
  body: new Uint8Array(lengthBytes),
  delayMs,
})

// Round trips of 30 and 50 ms: 80 ms between the two.
beforeEach(() => {
  simulation = new Simulation()
  const network = new SimulatedNetwork(simulation, { below: () => 0 })
  network.addHost(CLIENT, { ...PERFECT_LINK, rttMs: 30 })
  network.addHost(SERVER, { ...PERFECT_LINK, rttMs: 50 })
  http = new SimulatedHttp(simulation, network)
  asked = []
  answer = ok(4)
  const handle = (target: string, remoteHost: string, nowMs: number) => {
    asked.push(`${target} from ${remoteHost} at ${nowMs}`)
    return answer
  }
  http.serve(SERVER, 6969, { handle })
  http.serve(SERVER, 80, { handle })
})

/** Runs until nothing is left to happen; gives `time: outcome`, or null when none came. */
function get(request: Partial<HttpRequest> = {}): string | null {
  const told: string[] = []
  http.client(CLIENT).get({ ...REQUEST, ...request }, (nowMs, outcome) => told.push(`${nowMs}: ${line(outcome)}`))
  expect(told).toEqual([])
  expect(simulation.run(() => false, 1e9)).toBe('idle')
  expect(told.length).toBeLessThanOrEqual(1)
  return told[0] ?? null
}

function line(outcome: HttpOutcome): string {
  return outcome.kind === 'fault' ? outcome.code : `status ${outcome.status}, ${outcome.body.length} bytes`
}

describe('a request', () => {
  test('takes two round trips, and reaches the service after one and a half', () => {
    expect(get()).toBe('160: status 200, 4 bytes')
    expect(asked).toEqual([`/announce?a=1 from ${CLIENT} at 120`])
  })

  test('leaves nothing behind: once it is answered its time-out is gone', () => {
    get()
    expect(simulation.nowMs).toBe(160)
  })

  test('finds port 80 where the URL names none', () => {
    expect(get({ url: `http://${SERVER}/scrape` })).toBe('160: status 200, 4 bytes')
    expect(asked).toEqual([`/scrape from ${CLIENT} at 120`])
  })

  test('gets whatever status and body the service answers, and what delay it adds', () => {
    answer = { kind: 'answer', status: 503, body: new Uint8Array(0), delayMs: 1_000 }
    expect(get()).toBe('1160: status 503, 0 bytes')
  })

  test.each([
    [4, '160: status 200, 4 bytes'],
    [5, '160: too-large'],
  ])('with a limit of 4 bytes and a body of %d: %s', (lengthBytes, told) => {
    answer = ok(lengthBytes)
    expect(get()).toBe(told)
  })

  test('that nobody answers times out, and an answer after that is too late', () => {
    answer = { kind: 'hang' }
    expect(get()).toBe('15000: timeout')
    answer = ok(4, 20_000)
    expect(get()).toBe('30000: timeout')
  })

  test.each([
    [14_840, '15000: timeout'],
    [14_839, '14999: status 200, 4 bytes'],
  ])(
    'whose answer is due at the time-out has timed out; a moment before, it has not (delay %d ms)',
    (delayMs, told) => {
      answer = ok(4, delayMs)
      expect(get()).toBe(told)
    },
  )

  test('that is reset is broken, half a round trip after the reset', () => {
    answer = { kind: 'reset', delayMs: 5 }
    expect(get()).toBe('165: broken')
  })

  test('to a port that nobody serves is refused after a round trip', () => {
    expect(get({ url: `http://${SERVER}:1/announce` })).toBe('80: refused')
  })

  test('to an address that is no host hears nothing, and times out', () => {
    expect(get({ url: 'http://127.0.0.9:6969/announce' })).toBe('15000: timeout')
  })

  test('to what is no URL fails', () => {
    expect(get({ url: 'tracker' })).toBe('0: bad-url')
  })
})

test.each([0, 119, 121, 159])('after a cancel at %d ms nothing comes, and nothing is waited for', (cancelMs) => {
  let told = 0
  const exchange = http.client(CLIENT).get(REQUEST, () => told++)
  simulation.inMs(cancelMs, () => exchange.cancel())
  expect(simulation.run(() => false, 1e9)).toBe('idle')
  exchange.cancel()
  expect([told, simulation.nowMs < 15_000]).toEqual([0, true])
})
