/** The peer stays, and chokes nobody, but sends no block, for good or for a while; what it owes it then sends. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const stall = defineBehaviour({
  name: 'stall',
  options: z.strictObject({
    /** Left out: for ever. */
    forMs: z.number().nonnegative().optional(),
  }),
  begin(host, { forMs }) {
    host.setServing(false)
    if (forMs !== undefined) host.inMs(forMs, () => host.setServing(true))
  },
})
