/** 16 blocks as a peer sends them, in chunks as sockets give them. */
import { BLOCK_BYTES } from '../../../client/metainfo/geometry.ts'
import type { Ownership } from '../../../client/ports/transport.ts'
import { MessageDecoder } from '../../../client/wire/decoder.ts'
import { encodeMessage } from '../../../client/wire/messages.ts'
import type { Suite } from '../../suite.ts'

const BLOCKS = 16

const stream = (() => {
  const block = new Uint8Array(BLOCK_BYTES)
  const frames = Array.from({ length: BLOCKS }, (_, index) =>
    encodeMessage({ type: 'piece', piece: 0, offsetBytes: index * BLOCK_BYTES, block }),
  )
  return Uint8Array.from(frames.flatMap((frame) => [...frame]))
})()

function decodeAll(chunkBytes: number, ownership: Ownership): void {
  const decoder = new MessageDecoder()
  for (let at = 0; at < stream.length; at += chunkBytes) {
    decoder.push(stream.subarray(at, at + chunkBytes), ownership)
    while (decoder.next() !== null);
  }
}

const work = { amount: BLOCKS, unit: 'blocks' }

export const suite: Suite = {
  of: 'client/wire/decoder',
  cases: [
    { name: 'owned, 256 KiB chunks', work, run: () => decodeAll(262_144, 'owned') },
    { name: 'borrowed, 256 KiB chunks', work, run: () => decodeAll(262_144, 'borrowed') },
    { name: 'borrowed, 1,448 byte chunks', work, run: () => decodeAll(1_448, 'borrowed') },
  ],
}
