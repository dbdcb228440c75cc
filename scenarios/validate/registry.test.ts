/** What is true of every check, and that planted results which contradict theory fail it. */
import { describe, expect, test } from 'vitest'
import { mbitToBytesPerSecond } from '../../links/link.ts'
import type { RunResult } from '../runtimes/runtime.ts'
import type { Effort, SettingRun, TheoryCheck } from './check.ts'
import { CHECKS } from './registry.ts'
import { plantedClients, plantedResult } from './results.testing.ts'
import { judge, overall } from './verdict.ts'

const EFFORTS: readonly Effort[] = ['quick', 'full']

describe.each(CHECKS.map((check) => [check.id, check] as const))('%s', (id, check) => {
  test.each(EFFORTS)('%s: settings have names of their own, and plans are data', (effort) => {
    const settings = check.settings(effort)
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length)
    for (const { plan } of settings) {
      const made = plan(7)
      expect(JSON.parse(JSON.stringify(made))).toEqual(made)
      expect(plan(7)).toEqual(made)
    }
  })

  test('its file is called as it is, and nothing run is nothing passed', () => {
    expect(check.name).toMatch(new RegExp(`^t${id.slice(1).padStart(2, '0')}-[a-z-]+$`))
    const findings = check.findings(new Map(), 'quick')
    expect(findings.length).toBeGreaterThan(0)
    expect(new Set(findings.map(({ figure }) => figure)).size).toBe(findings.length)
    expect(overall(findings.map((finding) => judge(finding, [], false).verdict))).toBe('not run')
  })
})

test('there is one of each number', () => {
  expect(CHECKS.map(({ id }) => id)).toEqual(['T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T9', 'T10', 'T13'])
})

function checkNamed(id: string): TheoryCheck {
  return CHECKS.find((check) => check.id === id)!
}

/** The check's verdicts on results that are planted, one a setting. */
function verdicts(check: TheoryCheck, result: (run: Pick<SettingRun, 'plan'>, name: string) => RunResult) {
  const runs = check.settings('quick').map(({ name, plan }): [string, SettingRun[]] => {
    const made = plan(1)
    return [name, [{ seed: 1, plan: made, result: result({ plan: made }, name) }]]
  })
  return check.findings(new Map(runs), 'quick').map((finding) => judge(finding, [], true).verdict)
}

test('T1: 20 Mbit/s, 50 ms are 2.317 Mbit/s with one request, and not 2.34', () => {
  const planted = (mbit: number) => verdicts(checkNamed('T1'), () => plantedResult({}, mbitToBytesPerSecond(mbit)))[0]
  expect([planted(2.317), planted(2.34)]).toEqual(['pass', 'fail'])
})

test('T2: throughput beyond the downlink is a fault of the shaper', () => {
  const planted = (mbit: number) => verdicts(checkNamed('T2'), () => plantedResult({}, mbitToBytesPerSecond(mbit)))[3]
  expect([planted(79.94), planted(81)]).toEqual(['pass', 'fail'])
})

test('T3, T4: nobody may be too fast', () => {
  const planted = (id: string, seconds: number) =>
    verdicts(checkNamed(id), ({ plan }) => plantedResult({ clients: plantedClients(plan, seconds) }))
  expect(planted('T3', 1_000)).not.toContain('fail')
  // The least time of the smallest swarm is 6.7 s.
  expect(planted('T3', 6)).not.toContain('pass')
  expect(planted('T4', 1_000)).toEqual(['pass'])
  // 8 MiB at 8 Mbit/s less headers take 8.396 s; 20 leechers and 32 pieces 1.125 times as long.
  expect([planted('T4', 9.44), planted('T4', 9.45)]).toEqual([['fail'], ['pass']])
})

test('T10: a swarm that is 20 % slower at 400 ms is too slow', () => {
  const planted = (far: number) =>
    verdicts(checkNamed('T10'), ({ plan }, name) =>
      plantedResult({ clients: plantedClients(plan, name === 'RTT 400 ms' ? far : 100) }),
    )
  expect([planted(114), planted(120)]).toEqual([
    ['pass', 'pass'],
    ['pass', 'fail'],
  ])
})

test('T13: one of twenty may be 1.5 s off, not 110 s as with random draws', () => {
  const planted = (offSeconds: number) =>
    verdicts(checkNamed('T13'), ({ plan }) => {
      const clients = plantedClients(plan, 0, (index) =>
        index === 3 ? { unchokedBySeedsSeconds: 90 + offSeconds } : {},
      )
      return plantedResult({ clients })
    })
  expect([planted(1), planted(110)]).toEqual([['pass'], ['fail']])
})

describe('T5', () => {
  const T5 = checkNamed('T5')

  /** Everybody takes so long; the samples say so too, unless they are `shifted`. */
  const planted = (seconds: number, shifted = 0) =>
    verdicts(T5, ({ plan }) => {
      const clients = plantedClients(plan, seconds, () => ({}))
      const leeching = (atSeconds: number) =>
        clients.filter(
          (each) => !each.isSeed && each.arrivedSeconds <= atSeconds && atSeconds < each.arrivedSeconds + seconds,
        )
      const swarm = Array.from({ length: plan.endMs! / 1000 }, (_, second) => ({
        tMs: second * 1000,
        leechers: leeching(second).length + shifted,
        seeds: 0,
        rarestCopies: 1,
        meanCopies: 1,
      }))
      return plantedResult({ clients, swarm })
    })

  test('32 s where 32 s are predicted', () => {
    expect(planted(32)[0]).toBe('pass')
    // 40 s are those of η = 0.8, 28.8 s are 10 % below the model.
    expect(planted(40.1)[0]).toBe('fail')
    expect(planted(28.7)[0]).toBe('fail')
  })

  test('Little’s law: a count that is one too many is found', () => {
    expect(planted(32).at(-1)).toBe('pass')
    expect(planted(32, 1).at(-1)).toBe('fail')
  })
})
