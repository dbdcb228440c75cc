/** The peer dials instead of being dialled. It goes on listening too. */
import { z } from 'zod'
import { addressOption, parseAddress } from '../address.ts'
import { defineBehaviour } from '../behaviour.ts'

export const dial = defineBehaviour({
  name: 'dial',
  summary: 'Dials the client.',
  options: z.strictObject({
    address: addressOption.optional().describe('IP:PORT; left out: the client that the peer was started for'),
    connections: z.number().int().min(1).max(1_000).default(1).describe('so many at once'),
    againAfterMs: z.number().nonnegative().optional().describe('each anew so long after its end; left out: never'),
  }),
  begin(host, { address, connections, againAfterMs }) {
    const remote = address === undefined ? null : parseAddress(address)
    const dialled = new Set<object>()
    const dialOnce = (): void => {
      dialled.add(host.dial(remote))
    }
    host.sessions.onEnded((session) => {
      if (dialled.delete(session) && againAfterMs !== undefined) host.inMs(againAfterMs, dialOnce)
    })
    for (let each = 0; each < connections; each++) dialOnce()
  },
})
