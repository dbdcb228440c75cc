/** The peer shows pieces and does not give them: requests that it could serve are ignored or rejected. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'
import { isDrawn } from '../draw.ts'

export const deny = defineBehaviour({
  name: 'deny',
  summary: 'Does not serve requests that it could serve.',
  options: z.strictObject({
    how: z.enum(['ignore', 'reject']).default('ignore').describe('a reject is sent even to who does not speak fast'),
    share: z.number().min(0).max(1).default(1).describe('of the requests, drawn one by one'),
  }),
  begin(host, { how, share }) {
    host.conduct.denies = () => (isDrawn(host.random, share) ? how : null)
  },
})
