/** SHA-1 and SHA-256 in one go, for `parseTorrent`. */
import { hash } from 'node:crypto'
import type { Digests } from '../metainfo/parse-torrent.ts'

export const nodeDigests: Digests = {
  sha1: (bytes) => hash('sha1', bytes, 'buffer'),
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
}
