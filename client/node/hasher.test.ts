import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hasherCompliance } from '../ports/hasher.compliance.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { nodeHasher, TURN_BYTES } from './hasher.ts'

const clock = nodeClock()

hasherCompliance('node', () => ({
  hasher: nodeHasher({ clock }),
  check(piece, { corrupt, parts }) {
    const bytes = new Uint8Array(32_768).fill(piece)
    const expectedSha1 = createHash('sha1').update(bytes).digest()
    if (corrupt) bytes[20_000]! ^= 1
    const cutBytes = Math.ceil(bytes.length / parts)
    return {
      piece,
      expectedSha1,
      parts: Array.from({ length: parts }, (_, index) => bytes.subarray(index * cutBytes, (index + 1) * cutBytes)),
    }
  },
  run: runEventLoop,
  close: () => {},
}))

test('FIPS 180-4: the SHA-1 of "abc", in one part, in many, and among empty ones', async () => {
  const expectedSha1 = Buffer.from('a9993e364706816aba3e25717850c26c9cd0d89d', 'hex')
  const answers: boolean[] = []
  for (const parts of [['abc'], ['a', 'b', 'c'], ['', 'ab', '', 'c', '']]) {
    const check = { piece: 0, expectedSha1, parts: parts.map((part) => new TextEncoder().encode(part)) }
    nodeHasher({ clock }).verify(check, (_nowMs, matches) => answers.push(matches))
  }
  await runEventLoop(() => answers.length === 3)
  expect(answers).toEqual([true, true, true])
})

test('a piece of 16 MiB is hashed in 16 turns of the event loop, and others are served between them', async () => {
  const bytes = new Uint8Array(16 * TURN_BYTES).fill(7)
  const expectedSha1 = createHash('sha1').update(bytes).digest()
  let turns = 0
  let answered = false
  const count = () => {
    turns++
    if (!answered) setImmediate(count)
  }
  nodeHasher({ clock }).verify({ piece: 0, expectedSha1, parts: [bytes] }, (_nowMs, matches) => {
    expect(matches).toBe(true)
    answered = true
  })
  setImmediate(count)
  await runEventLoop(() => answered)
  expect(turns).toBeGreaterThanOrEqual(15)
  expect(turns).toBeLessThanOrEqual(17)
})

test('the pieces of a recorded torrent match their content', async () => {
  const content = readFileSync(new URL('../fixtures/content/single-11.bin', import.meta.url))
  const torrent = readFileSync(new URL('../fixtures/torrents/libtorrent-v1-single.torrent', import.meta.url))
  const hashes = torrent.subarray(torrent.indexOf('6:pieces960:') + '6:pieces960:'.length)
  const hasher = nodeHasher({ clock })
  const answers: boolean[] = []
  for (let piece = 0; piece < 48; piece++) {
    const parts = [content.subarray(piece * 16_384, (piece + 1) * 16_384)]
    const expectedSha1 = hashes.subarray(piece * 20, piece * 20 + 20)
    hasher.verify({ piece, parts, expectedSha1 }, (_nowMs, matches) => answers.push(matches))
  }
  await runEventLoop(() => answers.length === 48)
  expect(answers).toEqual(Array.from({ length: 48 }, () => true))
})
