/**
 * One honest peer and one hostile one, of every kind: the download finishes, in at most 1.5 times the honest peer's time,
 * and what a peer that corrupts everything gets to send is bounded. Virtual time; the judge watches every event.
 */
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES } from '../client/metainfo/geometry.ts'
import { HOSTILE_KINDS } from '../seeder/hostile-kinds.ts'
import { PIECE_BYTES, Swarm } from './swarm-stage.testing.ts'

const TOTAL_BYTES = 8 * 1024 * 1024
const HONEST = {}
const SPEC = {
  totalBytes: TOTAL_BYTES,
  pieceLengthBytes: 4 * PIECE_BYTES,
  settings: { pipelineDepth: 'auto' },
} as const

function aloneMs(): number {
  return new Swarm({ ...SPEC, peers: [HONEST] }).start().complete(60_000)
}

describe('an honest peer and a hostile one', () => {
  const limitMs = 1.5 * aloneMs()

  test.each(HOSTILE_KINDS)('$name: $fault', ({ script }) => {
    const swarm = new Swarm({ ...SPEC, peers: [HONEST, { script }] }).start()
    expect(swarm.complete(60_000)).toBeLessThan(limitMs)
    expect(swarm.judge.all('peer-banned').map(({ peer }) => peer)).not.toContain('127.0.2.1:6881')
    expect(swarm.judge.bytes.failed).toBeLessThan(6 * 64 * BLOCK_BYTES)
  })
})
