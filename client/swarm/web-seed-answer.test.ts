import { describe, expect, test } from 'vitest'
import type { HttpFaultCode, HttpOutcome } from '../ports/http.ts'
import { judgeAnswer, type WebSeedVerdict } from './web-seed-answer.ts'

const ASKED = { offsetBytes: 100, lengthBytes: 50 }
const FILE_BYTES = 1_000
const BODY = Uint8Array.from({ length: 50 }, (_, at) => at)

type Response = HttpOutcome & { kind: 'response' }

const response = (status: number, more: Partial<Response> = {}): Response => ({
  kind: 'response',
  status,
  body: new Uint8Array(0),
  ...more,
})
const part = (range: Partial<Response['range'] & object>, body = BODY) =>
  response(206, { body, range: { ...ASKED, totalBytes: FILE_BYTES, ...range } })

const judge = (outcome: HttpOutcome): WebSeedVerdict => judgeAnswer(outcome, ASKED, FILE_BYTES)

test.each([FILE_BYTES, null])('the range that was asked for, of a file of %j bytes, is taken', (totalBytes) => {
  expect(judge(part({ totalBytes }))).toEqual({ kind: 'bytes', bytes: BODY })
})

test.each<[string, HttpOutcome, string]>([
  ['wrong range: another offset', part({ offsetBytes: 0 }), 'wrong range: expected bytes 100-149, received bytes 0-49'],
  ['wrong range: shorter', part({ lengthBytes: 49 }), 'wrong range: expected bytes 100-149, received bytes 100-148'],
  ['wrong range: not said', response(206, { body: BODY }), 'wrong range: expected bytes 100-149, received none'],
  ['other length: of the file', part({ totalBytes: 999 }), 'other length: expected a file of 1000 bytes, received 999'],
  ['other length: of the body', part({}, BODY.subarray(1)), 'other length: expected 50 bytes, received 49'],
  [
    'other length: not there',
    response(416),
    'other length: expected the range to be there, received range not satisfiable',
  ],
  ['wrong status 204', response(204), 'wrong status: expected 206, received 204'],
  ['wrong status 304', response(304), 'wrong status: expected 206, received 304'],
  [
    'endless body',
    { kind: 'fault', code: 'too-large', detail: 'longer than 50 bytes' },
    'endless body: longer than 50 bytes',
  ],
  [
    'redirect to a local address',
    { kind: 'fault', code: 'redirects', detail: 'redirected to the local address ::1' },
    'redirected to the local address ::1',
  ],
])('%s is a ban', (_, outcome, reason) => expect(judge(outcome)).toEqual({ kind: 'ban', reason }))

test.each<[HttpOutcome, string]>([
  [response(404), 'HTTP status 404'],
  [response(410), 'HTTP status 410'],
  [response(403), 'HTTP status 403'],
  [response(200, { body: BODY }), 'sends the whole file instead of a range'],
  [{ kind: 'fault', code: 'no-range', detail: 'sends the whole' }, 'sends the whole'],
  [{ kind: 'fault', code: 'bad-url', detail: 'has a query' }, 'has a query'],
])('%j is given up', (outcome, reason) => expect(judge(outcome)).toEqual({ kind: 'give-up', reason }))

test.each([500, 502, 503, 599, 408, 425, 429])('status %d is tried again, as late as the server says', (status) => {
  expect(judge(response(status, { retryAfterMs: 7_000 }))).toEqual({
    kind: 'retry',
    reason: `HTTP status ${status}`,
    retryAfterMs: 7_000,
  })
  expect(judge(response(status))).toMatchObject({ kind: 'retry', retryAfterMs: 0 })
})

test.each<HttpFaultCode>(['timeout', 'refused', 'unreachable', 'broken'])('%s is tried again', (code) => {
  expect(judge({ kind: 'fault', code, detail: 'd' })).toEqual({ kind: 'retry', reason: `${code}: d`, retryAfterMs: 0 })
})

describe('the whole file (200)', () => {
  const whole = (lengthBytes: number) =>
    judgeAnswer(response(200, { body: BODY.subarray(0, lengthBytes) }), { offsetBytes: 0, lengthBytes: 20 }, 20)

  test('is taken where the whole was asked for', () => {
    expect(whole(20)).toEqual({ kind: 'bytes', bytes: BODY.subarray(0, 20) })
  })

  test('is a ban where it has another length', () => {
    expect(whole(19)).toEqual({ kind: 'ban', reason: 'other length: expected a file of 20 bytes, received 19' })
  })
})
