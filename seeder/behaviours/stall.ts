/** The peer stays, and chokes nobody, but sends no block, for good or for a while; what it owes it then sends. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const stall = defineBehaviour({
  name: 'stall',
  summary: 'Sends no block, chokes nobody; from the start it stalls after its unchoke.',
  options: z.strictObject({
    forMs: z.number().nonnegative().optional().describe('then it sends what it owes; left out: for ever'),
  }),
  begin(host, { forMs }) {
    host.setServing(false)
    if (forMs !== undefined) host.inMs(forMs, () => host.setServing(true))
  },
})
