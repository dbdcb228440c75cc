/** The peer lies about bytes: one block, some, or all have one byte inverted. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'
import { isDrawn } from '../draw.ts'

export const corrupt = defineBehaviour({
  name: 'corrupt',
  summary: 'Inverts one byte of blocks that it sends.',
  options: z.strictObject({
    share: z.number().min(0).max(1).default(1).describe('of the blocks, drawn block by block; 1: every block'),
    blocks: z.number().int().positive().optional().describe('at most so many; 1: one block only'),
  }),
  begin(host, { share, blocks = Number.POSITIVE_INFINITY }) {
    let left = blocks
    host.sessions.intercept((message) => {
      if (message.type !== 'piece' || message.block.length === 0 || left === 0) return message
      if (!isDrawn(host.random, share)) return message
      left--
      const block = message.block.slice()
      block[host.random.below(block.length)]! ^= 0xff
      return { ...message, block }
    })
  },
})
