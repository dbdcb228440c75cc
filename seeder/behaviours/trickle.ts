/** The peer sends everything a few bytes at a time, from the next message on. Unlike a slow link it never sends one whole. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const trickle = defineBehaviour({
  name: 'trickle',
  summary: 'Sends everything a few bytes at a time.',
  options: z.strictObject({
    bytes: z.number().int().min(1).max(65_536).default(1).describe('so many at a time'),
    everyMs: z.number().min(1).default(1_000).describe('then a pause'),
  }),
  begin(host, pace) {
    host.sessions.onOpen((session) => session.setPace(pace))
  },
})
