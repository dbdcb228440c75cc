import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Geometry } from '../metainfo/geometry.ts'
import { verifierCompliance } from '../ports/piece-verifier.compliance.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { filesVerifier } from './files-verifier.ts'

const clock = nodeClock()
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'swarmlab-verifier-'))
afterAll(() => fs.rmSync(scratch, { recursive: true }))

verifierCompliance('node, in threads', ({ files, content, pieceLengthBytes, pieceHashes, stored }) => {
  const rootDir = fs.mkdtempSync(path.join(scratch, '/'))
  fs.mkdirSync(path.join(rootDir, 't'))
  for (const [index, bytes] of stored.entries()) {
    if (bytes !== null) fs.writeFileSync(path.join(rootDir, 't', `${index}`), bytes)
  }
  const torrent = { files, geometry: new Geometry(content.length, pieceLengthBytes), pieceHashes }
  return { verifier: filesVerifier({ rootDir, torrent, clock }), run: runEventLoop, close: () => {} }
})

test('a path that was not sanitised is a bug', () => {
  const files = [{ path: ['..', 'a'], lengthBytes: 1, offsetBytes: 0, pad: false }]
  const torrent = { files, geometry: new Geometry(1, 1), pieceHashes: new Uint8Array(20) }
  expect(() => filesVerifier({ rootDir: scratch, torrent, clock })).toThrow(RangeError)
})
