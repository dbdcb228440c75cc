/** The peer sends blocks that nobody has asked for: drawn from all that the content has, right or wrong. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'
import { drawBlock } from '../draw.ts'
import { atRate, rateOptions } from '../rate.ts'

export const unsolicited = defineBehaviour({
  name: 'unsolicited',
  summary: 'Sends blocks that nobody asked for.',
  options: z.strictObject({
    ...rateOptions({ perSecond: 20, count: 1_000 }),
    content: z.enum(['right', 'wrong']).default('right').describe('the bytes of the block, or all of them inverted'),
  }),
  begin(host, { content, ...rate }) {
    atRate(host, rate, (session) => {
      const message = host.block(drawBlock(host.random, host.torrent.geometry))
      session.send(content === 'right' ? message : { ...message, block: message.block.map((byte) => byte ^ 0xff) })
    })
  },
})
