import { expect, test } from 'vitest'
import {
  FIRST_TIMEOUT_MS,
  REQUEST_BYTES_MAX,
  REQUEST_BYTES_MIN,
  REQUEST_TIMEOUT_MS,
  RETRY_AFTER_MS_MAX,
  RETRY_MS_MAX,
  WebSeed,
} from './web-seed.ts'

const make = () => new WebSeed(-1, 'http://a')

test('failures in a row are 1, 2, 4 … seconds apart, at most five minutes; a success begins anew', () => {
  const seed = make()
  let nowMs = 0
  const waits = Array.from({ length: 11 }, () => {
    const retryInMs = seed.failed(nowMs, 0)!
    nowMs += retryInMs
    seed.handleDeadline(nowMs - 1)
    expect(seed.state).toEqual({ kind: 'waiting', untilMs: nowMs })
    seed.handleDeadline(nowMs)
    expect(seed.state).toEqual({ kind: 'ready' })
    return retryInMs / 1000
  })
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  expect(RETRY_MS_MAX).toBe(300_000)
  seed.succeeded(nowMs, 1, 1)
  expect(seed.failed(nowMs, 0)).toBe(1_000)
})

test.each([
  [500, 1_000],
  [120_000, 120_000],
  [RETRY_AFTER_MS_MAX + 1, RETRY_AFTER_MS_MAX],
])('a server that asks for %d ms is asked again after %d', (retryAfterMs, waitedMs) => {
  expect(make().failed(0, retryAfterMs)).toBe(waitedMs)
})

test('requests that fail together fail once, and one of them that succeeds makes it ready', () => {
  const seed = make()
  expect(seed.failed(0, 0)).toBe(1_000)
  expect(seed.failed(1, 0)).toBeNull()
  seed.succeeded(2, 10, 1)
  expect(seed.state.kind).toBe('ready')
})

test('what is over stays over', () => {
  const seed = make()
  seed.end()
  seed.succeeded(0, 1, 1)
  expect(seed.failed(0, 0)).toBeNull()
  seed.handleDeadline(1e9)
  expect(seed.state.kind).toBe('over')
})

// Two seconds of the rate: 100,000 bytes in 1 s are 200,000.
test.each([
  [100_000, 1_000, 200_000],
  [65_536, 0, REQUEST_BYTES_MAX],
  [65_536, 10, REQUEST_BYTES_MAX],
  [65_536, 29_000, REQUEST_BYTES_MIN],
])('after %d bytes in %d ms the next request is %d bytes', (bytes, tookMs, requestBytes) => {
  const seed = make()
  expect([seed.requestBytes, seed.timeoutMs]).toEqual([REQUEST_BYTES_MIN, FIRST_TIMEOUT_MS])
  seed.succeeded(0, bytes, tookMs)
  expect([seed.requestBytes, seed.timeoutMs]).toEqual([requestBytes, REQUEST_TIMEOUT_MS])
  seed.failed(0, 0)
  expect(seed.requestBytes).toBe(REQUEST_BYTES_MIN)
})
