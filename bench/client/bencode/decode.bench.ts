/** A .torrent of 2,000 files and 20,000 pieces. */
import { decode } from '../../../client/bencode/decode.ts'
import { encode } from '../../../client/bencode/encode.ts'
import type { Suite } from '../../suite.ts'

const torrent = encode({
  announce: 'http://127.0.0.1:6969/announce',
  info: {
    files: Array.from({ length: 2_000 }, (_, index) => ({ length: index, path: ['folder', `file-${index}.bin`] })),
    name: 'bench',
    'piece length': 262_144,
    pieces: new Uint8Array(20 * 20_000),
  },
})

export const suite: Suite = {
  of: 'client/bencode/decode',
  cases: [
    { name: 'a large .torrent', work: { amount: torrent.length, unit: 'bytes' }, run: () => void decode(torrent) },
  ],
}
