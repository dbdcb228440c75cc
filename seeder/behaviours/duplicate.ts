/** The peer sends each block several times, right behind itself. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const duplicate = defineBehaviour({
  name: 'duplicate',
  summary: 'Sends each block several times.',
  options: z.strictObject({
    times: z.number().int().min(2).max(100).default(2).describe('so often in all'),
  }),
  begin(host, { times }) {
    host.sessions.intercept((message) =>
      message.type === 'piece' ? Array.from({ length: times }, () => message) : message,
    )
  },
})
