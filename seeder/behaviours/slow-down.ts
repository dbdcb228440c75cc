/** The peer's uplink changes its rate, its delay, or both. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const slowDown = defineBehaviour({
  name: 'slow-down',
  summary: 'Changes the link of its host at once.',
  options: z
    .strictObject({
      upBytesPerSecond: z.number().positive().optional().describe('its uplink; blocks still arrive whole'),
      rttMs: z.number().nonnegative().optional().describe('the round trip to it'),
    })
    .refine((options) => Object.keys(options).length > 0, 'expected upBytesPerSecond, rttMs or both'),
  begin(host, { upBytesPerSecond, rttMs }) {
    host.changeLink({
      ...(upBytesPerSecond === undefined ? {} : { upBytesPerSecond }),
      ...(rttMs === undefined ? {} : { rttMs }),
    })
  },
})
