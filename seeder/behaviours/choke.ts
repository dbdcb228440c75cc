/** The peer chokes everybody, requests outstanding or not, and drops what it owes; for good, for a while, or again and again. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const choke = defineBehaviour({
  name: 'choke',
  options: z.strictObject({
    /** Left out: for ever. */
    forMs: z.number().positive().optional(),
    /** Then, after as long unchoked, again. */
    flap: z.boolean().default(false),
  }),
  begin(host, { forMs, flap }) {
    const begin = (): void => {
      host.setChoking(true)
      if (forMs === undefined) return
      host.inMs(forMs, () => {
        host.setChoking(false)
        if (flap) host.inMs(forMs, begin)
      })
    }
    begin()
  },
})
