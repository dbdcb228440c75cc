import { describe, expect, test } from 'vitest'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { Simulation } from '../../simulator/simulation.ts'
import { type Moment, MomentWatch, moments, sooner } from './moments.ts'

function dealt(count: number, seed: number): Moment[] {
  const deal = moments(seededRandom(seed, -1, PURPOSE.behaviour))
  return Array.from({ length: count }, () => deal.next().value)
}

describe('moments', () => {
  test('of every eight, each kind comes up: 1 start, 1 verification, 3 mid-piece, 2 state-write, 1 end', () => {
    for (let eight = 0; eight < 10; eight++) {
      const kinds = dealt(80, 7)
        .slice(eight * 8, eight * 8 + 8)
        .map(({ kind }) => kind)
      const thrice = ['mid-piece', 'mid-piece', 'mid-piece']
      expect(kinds.toSorted()).toEqual(['end', ...thrice, 'start', 'state-write', 'state-write', 'verification'])
    }
  })

  test('are the same for one seed, and others for another', () => {
    expect(dealt(50, 3)).toEqual(dealt(50, 3))
    expect(dealt(50, 3)).not.toEqual(dealt(50, 4))
  })

  test('half of the ends come when nothing is left to be sent', () => {
    const ends = dealt(800, 1).filter((moment) => moment.kind === 'end')
    const share = ends.filter(({ leftBytes }) => leftBytes === 0).length / ends.length
    // 100 coins: 5 standard deviations are 25 %.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.25)
  })
})

test('a moment that did not come is made sooner, down to the soonest of its kind', () => {
  for (const moment of dealt(80, 5)) {
    let last: Moment = moment
    for (let download = 0; download < 20; download++) last = sooner(last)
    expect(last.kind).toBe(moment.kind)
    if (last.kind === 'state-write') expect([last.nth, last.afterMs]).toEqual([1, 0])
    else if (last.kind === 'start' || last.kind === 'verification') expect(last.share).toBeLessThan(1e-5)
    else expect(last.afterMs).toBe(0)
  }
})

describe('a moment comes', () => {
  /** What a session does: starts at 0, knows its torrent at 300, gets a block each 100 ms from 600 on, writes states. */
  function comesAt(moment: Moment): number[] {
    const simulation = new Simulation()
    const came: number[] = []
    const timings = { startMs: 400, verificationMs: 200 }
    const watch = new MomentWatch(moment, timings, simulation.clock, () => came.push(simulation.nowMs))
    watch.spawned(0)
    simulation.inMs(300, (nowMs) => watch.started(nowMs))
    for (const atMs of [1_400, 2_200, 3_000]) simulation.inMs(atMs, (nowMs) => watch.stateWrite(nowMs))
    for (let block = 0; block < 30; block++) {
      simulation.inMs(600 + block * 100, (nowMs) => watch.sent(nowMs, (29 - block) * 1_000))
    }
    simulation.run(() => false, 10_000)
    return came
  }

  test.each<[string, Moment, number[]]>([
    ['in the start', { kind: 'start', share: 0.5 }, [200]],
    ['in the verification', { kind: 'verification', share: 0.25 }, [350]],
    ['so long after the first block', { kind: 'mid-piece', afterMs: 333 }, [933]],
    ['at the second state', { kind: 'state-write', nth: 2, afterMs: 2 }, [2_202]],
    ['never, where there is no fourth state', { kind: 'state-write', nth: 4, afterMs: 0 }, []],
    ['near the end', { kind: 'end', leftBytes: 2_500, afterMs: 10 }, [3_310]],
    ['after the last block', { kind: 'end', leftBytes: 0, afterMs: 50 }, [3_550]],
  ])('%s, once', (_, moment, expected) => {
    expect(comesAt(moment)).toEqual(expected)
  })

  test('not when the session is over before', () => {
    const simulation = new Simulation()
    const timings = { startMs: 400, verificationMs: 200 }
    const watch = new MomentWatch({ kind: 'start', share: 1 }, timings, simulation.clock, () => expect.fail('came'))
    watch.spawned(0)
    watch.close()
    watch.sent(1, 0)
    expect(simulation.run(() => false, 10_000)).toBe('idle')
  })
})
