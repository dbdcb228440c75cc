import { expect, test } from 'vitest'
import type { Link } from '../../../links/link.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { leecherPlan, linkOf, swarmPlan } from '../../engine/swarms.testing.ts'
import { lookaheadMs } from './lookahead.ts'

const link = (rttMs: number, more: Partial<Link> = {}): Link => ({ ...linkOf(1), rttMs, ...more })
const swarm = (rttsMs: readonly number[], change: Partial<SwarmPlan> = {}): SwarmPlan => {
  const plan = swarmPlan(rttsMs.map((rttMs) => leecherPlan({ link: link(rttMs) })))
  const others = plan.others.map((other) => (other.isSeed ? { ...other, link: link(90) } : other))
  return { ...plan, others, ...change }
}
const peer = (rttMs: number, script: SwarmPlan['seeders'][number]['script'] = []) => ({ link: link(rttMs), script })
const STEP = { when: { afterStartMs: 1 }, do: { behaviour: 'choke' } } as const

test.each<[string, SwarmPlan, number]>([
  ['half the shortest round trip: to the tracker, which is near', swarm([40, 30, 60]), 15],
  ['of scripted peers too', swarm([40, 30], { seeders: [peer(12)] }), 6],
  ['whatever becomes of the link', swarm([40], { seeders: [peer(50, [])] }), 20],
  ['none with a client alone', { ...swarm([40]), others: [] }, 0],
  ['none with a script, which may change links', swarm([40, 30], { seeders: [peer(40, [STEP])] }), 0],
  ['none with a crash', swarm([40, 30], { crash: { atBytes: 1, downMs: 1 } }), 0],
  ['none without delay', swarm([40, 0]), 0],
])('%s', (_, plan, expectedMs) => {
  expect(lookaheadMs(plan)).toBe(expectedMs)
})

test('a link that gets shorter counts as what it becomes', () => {
  const schedule = [
    { atMs: 5, rttMs: 8 },
    { atMs: 9, lossRate: 0.1 },
  ]
  expect(lookaheadMs(swarm([40], { seeders: [{ link: link(50, { schedule }), script: [] }] }))).toBe(4)
})
