import { expect, test } from 'vitest'
import { NS_PER_MS } from './link.ts'
import { retransmittedNs } from './retransmission.ts'

// A round trip of 100 ms: tries 300, 900, 2,100, 4,500 ... after the loss, and at last one every two minutes.
test.each([
  [0, 0, 300],
  [0, 300, 300],
  [0, 301, 900],
  [0, 900, 900],
  [0, 901, 2_100],
  [1_000, 5_000, 5_500],
  [1_000, 5_501, 10_300],
  // 300 x (2^9 - 1) = 153,300; then 120,000 a try.
  [0, 153_301, 273_300],
  [0, 1_000_000, 1_113_300],
])('lost at %d ms, whole from %d on: there at %d', (lostMs, healedMs, triedMs) => {
  expect(retransmittedNs(lostMs * NS_PER_MS, healedMs * NS_PER_MS, 100 * NS_PER_MS) / NS_PER_MS).toBe(triedMs)
})
