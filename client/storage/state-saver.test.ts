/** What is written when, against a storage that does what the test says. Virtual time. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { FileStat, StorageFault } from '../ports/storage.ts'
import { SAVE_AFTER_MS, SAVE_RETRY_MS, SAVE_RETRY_MS_MAX, StateSaver } from './state-saver.ts'

const FULL: StorageFault = { code: 'disk-full', detail: 'x: no space' }

/** A saver and all it sees. What is claimed is a number: how many changes there were. */
class Bench {
  readonly saver: StateSaver
  /** `TIME: what`, in order. */
  readonly log: string[] = []
  nowMs = 0
  changes = 0
  #alarmMs: number | null = null
  #wake: (nowMs: number) => void = () => {}
  #statted: ((nowMs: number, files: readonly FileStat[]) => void) | null = null
  #written: ((nowMs: number, fault: StorageFault | null) => void) | null = null

  constructor() {
    this.saver = new StateSaver(
      {
        clock: {
          nowMs: () => this.nowMs,
          alarm: (wake) => {
            this.#wake = wake
            return { set: (deadlineMs) => Object.assign(this, { nextMs: deadlineMs }) }
          },
        },
        storage: {
          stat: (done) => {
            this.#statted = done
          },
          writeState: (bytes, done) => {
            if (this.#written !== null) this.#note('a second write at a time')
            this.#note(`write ${bytes[0]}`)
            this.#written = done
          },
        },
      },
      {
        encodeState: (files) => {
          expect(files).toEqual([{ lengthBytes: 1, modifiedMs: 2 }])
          return Uint8Array.of(this.changes)
        },
        stateFailed: (_, fault) => this.#note(`failed ${fault.code}`),
      },
    )
  }

  set nextMs(deadlineMs: number | null) {
    this.#alarmMs = deadlineMs
  }
  get nextMs(): number | null {
    return this.#alarmMs
  }

  change(): void {
    this.changes++
    this.saver.changed(this.nowMs)
  }

  stop(): void {
    let isCalling = true
    this.saver.stop(this.nowMs, () => this.#note(isCalling ? 'stopped during the call' : 'stopped'))
    isCalling = false
  }

  until(nowMs: number): this {
    while (this.#alarmMs !== null && this.#alarmMs <= nowMs) {
      this.nowMs = Math.max(this.nowMs, this.#alarmMs)
      this.#alarmMs = null
      this.#wake(this.nowMs)
    }
    this.nowMs = nowMs
    return this
  }

  /** The files are looked at; then the state is being written. */
  looked(): this {
    const statted = this.#statted!
    this.#statted = null
    statted(this.nowMs, [{ lengthBytes: 1, modifiedMs: 2 }])
    return this
  }

  written(fault: StorageFault | null = null): this {
    const written = this.#written!
    this.#written = null
    written(this.nowMs, fault)
    return this
  }

  take(): string[] {
    return this.log.splice(0)
  }

  #note(what: string): void {
    this.log.push(`${this.nowMs}: ${what}`)
  }
}

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

describe('changes', () => {
  test(`are written ${SAVE_AFTER_MS} ms after the first of them, all in one`, () => {
    bench.until(1_000).change()
    bench.until(1_000 + SAVE_AFTER_MS - 1).change()
    expect(bench.take()).toEqual([])
    bench
      .until(1_000 + SAVE_AFTER_MS)
      .looked()
      .written()
    expect(bench.take()).toEqual(['1800: write 2'])
    expect(bench.nextMs).toBe(null)
  })

  test('that go on for ever are written at most 1 s apart', () => {
    for (let at = 0; at <= 10_000; at += 10) {
      bench.until(at).change()
      if (bench.nextMs === null) bench.looked().written()
    }
    const times = bench.take().map((line) => Number(line.split(':')[0]))
    expect(times.length).toBeGreaterThanOrEqual(10)
    for (const [index, time] of times.entries()) {
      expect(time - (times[index - 1] ?? 0)).toBeLessThanOrEqual(1_000)
      expect(time - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(SAVE_AFTER_MS)
    }
  })

  test('that come while a state is written wait for their own time, and for its end', () => {
    bench.change()
    bench.until(800).looked()
    bench.until(900).change()
    bench.until(1_000).written()
    expect(bench.take()).toEqual(['800: write 1'])
    bench.until(1_699)
    expect(bench.take()).toEqual([])
    bench.until(1_700).looked()
    bench.change()
    bench.until(9_000).written() // a slow disk: the next is late already
    bench.until(9_000).looked().written()
    expect(bench.take()).toEqual(['1700: write 2', '9000: write 3'])
  })

  test('that come between the look at the files and the claims are in it, and not written again', () => {
    bench.change()
    bench.until(800).change()
    bench.looked().written()
    expect(bench.take()).toEqual(['800: write 2'])
    expect(bench.nextMs).toBe(null)
  })
})

describe('a write that fails', () => {
  test('is told once, tried again after 1, 2, 4… s, at most 60, and told anew when it had worked', () => {
    bench.change()
    bench.until(800)
    const waits: number[] = []
    for (let failure = 0; failure < 9; failure++) {
      bench.looked().written(FULL)
      waits.push(bench.nextMs! - bench.nowMs)
      bench.change() // does not make it more eager
      bench.until(bench.nextMs!)
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect([SAVE_RETRY_MS, SAVE_RETRY_MS_MAX]).toEqual([waits[0], waits.at(-1)])
    expect(bench.take().filter((line) => line.includes('failed'))).toEqual(['800: failed disk-full'])
    bench.looked().written()
    bench.change()
    bench.until(bench.nextMs!).looked().written(FULL)
    expect(bench.take().at(-1)).toMatch(/failed disk-full$/)
  })
})

describe('a stop', () => {
  test('with nothing to write is over at once, but not during the call', () => {
    bench.until(5).stop()
    bench.until(5)
    expect(bench.take()).toEqual(['5: stopped'])
    bench.change() // too late
    expect(bench.nextMs).toBe(null)
  })

  test('writes what is new, without waiting for its time', () => {
    bench.change()
    bench.until(5).stop()
    bench.until(5).looked()
    expect(bench.take()).toEqual(['5: write 1'])
    bench.until(7).written()
    expect(bench.take()).toEqual(['7: stopped'])
  })

  test('waits for the write under way, and writes what came since, also after the stop', () => {
    bench.change()
    bench.until(800).looked().change()
    bench.until(810).stop()
    bench.change()
    bench.until(820).written()
    bench.until(820).looked()
    expect(bench.take()).toEqual(['800: write 1', '820: write 3'])
    bench.change()
    bench.written().until(820)
    bench.looked().written()
    expect(bench.take()).toEqual(['820: write 4', '820: stopped'])
    expect(bench.nextMs).toBe(null)
  })

  test('whose write fails tells it and is over', () => {
    bench.change()
    bench.stop()
    bench.until(0).looked().change()
    bench.written(FULL)
    expect(bench.take()).toEqual(['0: write 1', '0: failed disk-full', '0: stopped'])
    expect(bench.nextMs).toBe(null)
  })

  test('during the backoff tries at once, and tells no second time', () => {
    bench.change()
    bench.until(800).looked().written(FULL)
    bench.until(900).stop()
    bench.until(900).looked().written(FULL)
    expect(bench.take()).toEqual(['800: write 1', '800: failed disk-full', '900: write 1', '900: stopped'])
  })
})
