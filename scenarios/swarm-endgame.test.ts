/** The end of a download among peers that are far too slow: they must not keep the last blocks from the fast ones. */
import { expect, test } from 'vitest'
import { Swarm } from './swarm-stage.testing.ts'

test('the endgame does not freeze behind a hundred peers of 125 bytes a second', () => {
  const fast = Array.from({ length: 4 }, () => ({}))
  const slow = Array.from({ length: 100 }, () => ({ link: { upBytesPerSecond: 125 } }))
  const swarm = new Swarm({
    peers: [...slow, ...fast],
    settings: { pipelineDepth: 'auto', peersMax: 200 },
    totalBytes: 8 * 1024 * 1024,
  }).start()
  // Four fast ones alone take 1.3 s; what the slow ones hold is given up after 10 s, once or twice.
  expect(swarm.complete(60_000)).toBeLessThan(25_000)
})
