/** The peer answers a request with something else: a block of another length, offset or piece. */
import { z } from 'zod'
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { Message } from '../../client/wire/messages.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'
import { isDrawn } from '../draw.ts'

type Block = Message & { readonly type: 'piece' }

/** What goes out instead of what was asked for. */
const ANSWERS = {
  shorter: (message: Block) => ({ ...message, block: message.block.subarray(0, message.block.length - 1) }),
  longer: (message: Block) => ({ ...message, block: longer(message.block) }),
  empty: (message: Block) => ({ ...message, block: message.block.subarray(0, 0) }),
  offset: (message: Block) => ({ ...message, offsetBytes: message.offsetBytes + 1 }),
  'other-block': (message: Block) => ({ ...message, offsetBytes: message.offsetBytes === 0 ? BLOCK_BYTES : 0 }),
  index: (message: Block, pieceCount: number) => ({ ...message, piece: (message.piece + 1) % pieceCount }),
  'no-such-piece': (message: Block, pieceCount: number) => ({ ...message, piece: pieceCount }),
} as const

const HOWS = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]

export const wrongBlock = defineBehaviour({
  name: 'wrong-block',
  summary: 'Answers requests with a block of another length, offset or index.',
  options: z.strictObject({
    how: z
      .enum(HOWS)
      .describe('`shorter`, `longer`, `offset`: by a byte; `empty`: of no byte; `index`: of the next piece'),
    share: z.number().min(0).max(1).default(1).describe('of the blocks, drawn block by block'),
  }),
  begin(host: BehaviourHost, { how, share }) {
    const { pieceCount } = host.torrent.geometry
    host.sessions.intercept((message) => {
      if (message.type !== 'piece' || !isDrawn(host.random, share)) return message
      return ANSWERS[how](message, pieceCount)
    })
  },
})

function longer(block: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(block.length + 1)
  bytes.set(block)
  return bytes
}
