/** The peer lies about bytes: a share of its blocks, drawn block by block, has one byte inverted. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

const DRAW = 1_000_000

export const corrupt = defineBehaviour({
  name: 'corrupt',
  options: z.strictObject({
    /** 1: every block. */
    share: z.number().min(0).max(1).default(1),
  }),
  begin(host, { share }) {
    host.intercept((message) => {
      if (message.type !== 'piece' || host.random.below(DRAW) >= share * DRAW) return message
      const block = message.block.slice()
      block[host.random.below(block.length)]! ^= 0xff
      return { ...message, block }
    })
  },
})
