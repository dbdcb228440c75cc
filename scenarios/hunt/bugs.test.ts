/** The hunt finds what is planted, within few seeds, and shrinks it; without it the same seeds find nothing. */
import { describe, expect, test } from 'vitest'
import { PLANTED_BUGS, type PlantedBug } from './bugs.testing.ts'
import { drawSchedule } from './draw.ts'
import { type Finding, runSchedule } from './run.ts'
import type { Schedule } from './schedule.ts'
import { shrink } from './shrink.ts'

const SEEDS_MAX = 200
const SHRINK_RUNS_MAX = 60

function runWith({ alter, plant }: PlantedBug, schedule: Schedule): Finding | null {
  const takeOut = plant?.()
  try {
    return runSchedule(schedule, alter === undefined ? {} : { alter }).finding
  } finally {
    takeOut?.()
  }
}

describe.each(PLANTED_BUGS)('$name', (bug) => {
  test('is found, by what is to find it, and shrinks to a swarm that a person can follow', () => {
    let seed = 1
    let finding = runWith(bug, drawSchedule(seed))
    while (finding === null && seed < SEEDS_MAX) finding = runWith(bug, drawSchedule(++seed))
    expect(bug.foundBy).toContain(finding?.property)
    const property = finding!.property
    const found = drawSchedule(seed)
    const small = shrink(found, (candidate) => runWith(bug, candidate)?.property === property, SHRINK_RUNS_MAX)
    expect(runWith(bug, small)?.property).toBe(property)
    expect(sizeOf(small)).toBeLessThanOrEqual(sizeOf(found))
    expect(small.clients.length + small.peers.length + small.faults.length).toBeLessThanOrEqual(5)
    // The same seed, and the same small schedule, without it.
    expect(runSchedule(found).finding).toBe(null)
    expect(runSchedule(small).finding).toBe(null)
  })
})

function sizeOf(schedule: Schedule): number {
  return JSON.stringify(schedule).length
}
