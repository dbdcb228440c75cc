/** The peer chokes everybody, requests outstanding or not, and drops what it owes; for good, for a while, or again and again. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const choke = defineBehaviour({
  name: 'choke',
  summary: 'Chokes everybody and drops what it owes; from the start it never unchokes.',
  options: z.strictObject({
    forMs: z.number().positive().optional().describe('for so long; left out: for ever'),
    flap: z.boolean().default(false).describe('then, after as long unchoked, again'),
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
