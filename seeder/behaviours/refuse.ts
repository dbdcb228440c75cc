/** The peer takes nobody: its port is closed, or a connection is reset the moment it opens. Those it has, it keeps. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const refuse = defineBehaviour({
  name: 'refuse',
  summary: 'Takes no new connection.',
  options: z.strictObject({
    how: z.enum(['port-closed', 'reset']).default('port-closed').describe('nobody listens, or who comes is thrown out'),
  }),
  begin(host, { how }) {
    if (how === 'port-closed') host.setListening(false)
    else host.sessions.onConnected((session) => session.reset())
  },
})
