/**
 * The hunt as part of the tests: some seeds find nothing, a run is a function of its seed, and what once failed does not
 * fail again. `npm run hunt` does more of it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ClientEvent } from '../../client/ports/events.ts'
import { drawSchedule } from './draw.ts'
import { parseRegression } from './regression.ts'
import { runSchedule } from './run.ts'
import { type Fault, parseSchedule } from './schedule.ts'

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1)
const REGRESSIONS = fileURLToPath(new URL('regressions/', import.meta.url))

/** Each must have happened, else the seeds are no test of anything. */
const SEEN: readonly ClientEvent['type'][] = [
  'completed',
  'endgame',
  'metadata-received',
  'paused',
  'peer-banned',
  'peer-choked',
  'peer-exchanged',
  'peer-snubbed',
  'piece-failed',
  'storage-failed',
  'verified-on-disk',
  'we-choked',
  'web-seed-failed',
]

test('60 seeds find nothing, every download ends in less than half of its bound, and much happens', () => {
  const seen = new Set<ClientEvent['type']>()
  for (const seed of SEEDS) {
    const observe = (_: number, __: unknown, { type }: ClientEvent) => seen.add(type)
    const { finding, livenessMs, livenessMaxMs } = runSchedule(drawSchedule(seed), { observe })
    expect(finding, `seed ${seed}`).toBe(null)
    expect(livenessMs, `seed ${seed}`).toBeLessThan(livenessMaxMs / 2)
  }
  expect(SEEN.filter((type) => !seen.has(type))).toEqual([])
})

test('the same seed does the same, to the event', () => {
  for (const seed of SEEDS.slice(0, 10)) {
    const [once, again] = [runSchedule(drawSchedule(seed)), runSchedule(drawSchedule(seed))]
    expect(again).toEqual(once)
    expect(once.trace).not.toBe(runSchedule({ ...drawSchedule(seed), seed: seed + 1_000 }).trace)
  }
})

describe('what is drawn', () => {
  const schedules = Array.from({ length: 300 }, (_, seed) => drawSchedule(seed))

  test('is a schedule, and stays one as JSON', () => {
    for (const schedule of schedules) expect(parseSchedule(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule)
  })

  test('is of every kind, and leaves most kinds out of any one swarm', () => {
    const kinds = schedules.map(({ faults }) => new Set<Fault['kind']>(faults.map(({ kind }) => kind)))
    const all = new Set(kinds.flatMap((each) => [...each]))
    expect(all).toEqual(
      new Set(['partition', 'clog', 'crash', 'quit', 'pause', 'disk', 'jump', 'drift', 'reset', 'tracker']),
    )
    expect(Math.max(...kinds.map(({ size }) => size))).toBeLessThan(all.size)
    expect(kinds.filter(({ size }) => size === 0).length).toBeGreaterThan(10)
  })
})

describe('what once failed', () => {
  const names = readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json'))

  test.each(names)('%s does not fail again', (name) => {
    const { schedule } = parseRegression(readFileSync(`${REGRESSIONS}${name}`, 'utf8'))
    expect(runSchedule(schedule).finding).toBe(null)
  })

  test('is there to be looked at', () => expect(names.length).toBeGreaterThan(0))
})
