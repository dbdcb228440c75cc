import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { clockCompliance, pass } from '../ports/clock.compliance.ts'
import type { Clock } from '../ports/clock.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock, preciseClock, SPIN_MS } from './clock.ts'

const world = (clock: Clock) => () => ({ clock, run: runEventLoop, close: () => {} })

clockCompliance('node', world(nodeClock()))
clockCompliance('node, precise', world(preciseClock()))

test.each(['nodeClock', 'preciseClock'])('a disarmed alarm of %s does not keep the process alive', (name) => {
  const clockUrl = new URL('./clock.ts', import.meta.url).href
  const script = `import { ${name} } from '${clockUrl}'
    const clock = ${name}()
    const far = clock.alarm(() => {})
    far.set(clock.nowMs() + 600_000)
    const near = clock.alarm(() => far.set(null))
    near.set(clock.nowMs() + 5)`
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 })
})

test('a deadline farther than a timeout can be is slept in parts, not in steps of 1 ms with a warning', async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(warning.name)
  process.on('warning', onWarning)
  const clock = nodeClock()
  const alarm = clock.alarm(() => {})
  alarm.set(clock.nowMs() + 2 ** 32)
  await pass({ clock, run: runEventLoop }, 5)
  alarm.set(null)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

describe('preciseClock', () => {
  test('tells how late each wake was', async () => {
    const lateMs: number[] = []
    const clock = preciseClock({ onWake: (latenessMs) => lateMs.push(latenessMs) })
    let wokenMs = 0
    const alarm = clock.alarm((nowMs) => {
      wokenMs = nowMs
    })
    const deadlineMs = clock.nowMs() + 4
    alarm.set(deadlineMs)
    await runEventLoop(() => wokenMs > 0)
    expect(lateMs).toEqual([wokenMs - deadlineMs])
  })

  test('spins only at the end of a wait', async () => {
    let lateMs = 0
    const clock = preciseClock({
      onWake: (latenessMs) => {
        lateMs = latenessMs
      },
    })
    expect(clock.spunMs()).toBe(0)
    const alarm = clock.alarm(() => {})
    alarm.set(clock.nowMs() + 40)
    await runEventLoop(() => lateMs > 0)
    // Sleeps are whole ms, and a timeout may fire up to 1 ms early: spinning begins at most 2 ms before its time.
    expect(clock.spunMs()).toBeLessThanOrEqual(SPIN_MS + 2 + lateMs + 1)
    const spunMs = clock.spunMs()
    await pass({ clock: nodeClock(), run: runEventLoop }, 3)
    expect(clock.spunMs()).toBe(spunMs)
  })

  test('serves I/O while it spins', async () => {
    const clock = preciseClock()
    let read = false
    const alarm = clock.alarm((nowMs) => {
      if (!read) alarm.set(nowMs + SPIN_MS / 2)
    })
    alarm.set(clock.nowMs())
    readFile(new URL(import.meta.url)).then(() => {
      read = true
    })
    await runEventLoop(() => read)
    expect(clock.spunMs()).toBeGreaterThan(0)
  })
})
