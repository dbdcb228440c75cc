/** The peer breaks off in the middle of a block's bytes: the next block of every connection is its last, and never whole. */
import { z } from 'zod'
import { encodeMessage } from '../../client/wire/messages.ts'
import { defineBehaviour } from '../behaviour.ts'

/** Of a block, all of them in its message: at least one byte is sent and one is missing. */
export const cutBlock = defineBehaviour({
  name: 'cut-block',
  summary: 'Ends every connection in the middle of the bytes of its next block.',
  options: z.strictObject({
    how: z.enum(['fin', 'reset']).default('fin').describe('how the connection ends there'),
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('of the block, sent before the end; one byte at least, and never all'),
  }),
  begin(host, { how, share }) {
    host.sessions.intercept((message) => {
      if (message.type !== 'piece') return message
      const frame = encodeMessage(message)
      const wholeBytes = message.block.length
      const missingBytes = Math.max(1, Math.min(wholeBytes - 1, Math.round(wholeBytes * (1 - share))))
      return [
        { type: 'bytes', bytes: frame.subarray(0, frame.length - missingBytes) },
        { type: 'end', ending: how },
      ]
    })
  },
})
