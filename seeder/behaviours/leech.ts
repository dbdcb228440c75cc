/** The peer downloads too: it is interested in what others have and it lacks, asks for it in order, and counts what comes. */
import { z } from 'zod'
import { defineBehaviour } from '../behaviour.ts'

export const leech = defineBehaviour({
  name: 'leech',
  summary: 'Downloads from those it is connected to, and counts what it gets and when it is unchoked.',
  options: z.strictObject({
    depth: z.number().int().min(1).max(2_000).default(16).describe('requests outstanding at each connection'),
    keep: z
      .boolean()
      .default(true)
      .describe('whole pieces it then has, tells and serves; false: takes whatever others have, again and again'),
  }),
  begin(host, { depth, keep }) {
    host.conduct.leech = { depth, keep }
    host.sessions.onOpen((session) => session.leeching.ask())
  },
})
