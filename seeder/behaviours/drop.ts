/** The peer vanishes: every connection ends, and none is taken, for good or for a while. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const drop = defineBehaviour({
  name: 'drop',
  summary: 'Vanishes: every connection ends and none is taken.',
  options: z.strictObject({
    how: z.enum(['fin', 'reset']).default('fin').describe('after the block that is leaving, or without it'),
    comeBackAfterMs: z.number().nonnegative().optional().describe('left out: never'),
  }),
  begin(host, { how, comeBackAfterMs }) {
    host.setListening(false)
    for (const session of host.sessions.all) {
      if (how === 'fin') session.close()
      else session.reset()
    }
    if (comeBackAfterMs !== undefined) host.inMs(comeBackAfterMs, () => host.setListening(true))
  },
})
