/** The peer vanishes: every connection ends, and none is taken, for good or for a while. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const drop = defineBehaviour({
  name: 'drop',
  options: z.strictObject({
    /** `fin` after the block that is leaving, `reset` in the middle of it. */
    how: z.enum(['fin', 'reset']).default('fin'),
    /** Left out: never. */
    comeBackAfterMs: z.number().nonnegative().optional(),
  }),
  begin(host, { how, comeBackAfterMs }) {
    host.setListening(false)
    for (const upload of host.uploads()) {
      if (how === 'fin') upload.close()
      else upload.reset()
    }
    if (comeBackAfterMs !== undefined) host.inMs(comeBackAfterMs, () => host.setListening(true))
  },
})
