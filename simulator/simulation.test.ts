import { describe, expect, test } from 'vitest'
import { PERFECT_LINK } from '../links/link.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

describe('a run', () => {
  test('is done the moment its condition holds, with the rest still to come', () => {
    const simulation = new Simulation()
    let ran = 0
    for (const atMs of [1, 2, 2, 3]) simulation.inMs(atMs, () => ran++)
    expect(simulation.run(() => ran === 2, 100)).toBe('done')
    expect([ran, simulation.nowMs, simulation.queue.nextNs]).toEqual([2, 2, 2_000_000])
    expect(simulation.run(() => ran === 2, 100)).toBe('done')
    expect([ran, simulation.eventCount]).toEqual([2, 2])
  })

  test('is idle when nothing is left to happen, and time stands where the last event left it', () => {
    const simulation = new Simulation()
    simulation.inMs(7, () => {})
    expect(simulation.run(() => false, 100)).toBe('idle')
    expect(simulation.nowMs).toBe(7)
  })

  test('ends at its limit: what is due then runs, what is due after does not', () => {
    const simulation = new Simulation()
    const ranMs: number[] = []
    for (const atMs of [99, 100, 100.000_001]) simulation.inMs(atMs, (nowMs) => ranMs.push(nowMs))
    expect(simulation.run(() => false, 100)).toBe('limit')
    expect(ranMs).toEqual([99, 100])
    expect(simulation.run(() => false, 101)).toBe('idle')
  })

  test('that has only cancelled events left is idle, and their time never comes', () => {
    const simulation = new Simulation()
    simulation.inMs(500, () => {}).cancel()
    simulation.inMs(5, () => {})
    expect(simulation.run(() => false, 100)).toBe('idle')
    expect([simulation.nowMs, simulation.eventCount]).toEqual([5, 1])
  })

  test('takes no time for what takes none: 100,000 events of one instant end at that instant', () => {
    const simulation = new Simulation()
    let left = 100_000
    const again = () => {
      if (--left > 0) simulation.soon(again)
    }
    simulation.soon(again)
    expect(simulation.run(() => left === 0, 0)).toBe('done')
    expect([simulation.nowMs, simulation.eventCount]).toEqual([0, 100_000])
  })
})

describe('the trace', () => {
  const traceOf = (delaysMs: readonly number[]) => {
    const simulation = new Simulation()
    for (const delayMs of delaysMs) simulation.inMs(delayMs, () => {})
    simulation.run(() => false, 1e6)
    return simulation.trace.digest()
  }

  test('is the same for the same events, and another when one of them comes a nanosecond later', () => {
    expect(traceOf([1, 2, 3])).toBe(traceOf([1, 2, 3]))
    expect(traceOf([1, 2, 3])).not.toBe(traceOf([1, 2, 3.000_001]))
    expect(traceOf([1, 2, 3])).not.toBe(traceOf([1, 2, 3, 3]))
  })

  test('holds what happened, not what was cancelled', () => {
    const simulation = new Simulation()
    simulation.inMs(2, () => {}).cancel()
    for (const delayMs of [1, 3]) simulation.inMs(delayMs, () => {})
    simulation.run(() => false, 1e6)
    expect(simulation.trace.digest()).toBe(traceOf([1, 3]))
  })
})

describe('a look-ahead', () => {
  // 10 ms is the shortest way: from the host of 5 ms to one of 15.
  const RTTS_MS = [5, 15, 20, 31, 47, 80]
  const addressOf = (host: number) => `127.0.0.${host + 1}`

  /** Every host dials every other, and answers what comes with something else, for a second; what each of them saw. */
  function gossip(lookaheadMs: number) {
    const simulation = new Simulation(lookaheadMs)
    const network = new SimulatedNetwork(simulation, { below: () => 0 })
    const seen: string[][] = RTTS_MS.map(() => [])
    for (const [host, rttMs] of RTTS_MS.entries()) {
      const link = { ...PERFECT_LINK, rttMs, upBytesPerSecond: 100_000 + host, downBytesPerSecond: 300_000 }
      const transport = network.addHost(addressOf(host), link)
      const { clock } = simulation.timelineOf(addressOf(host))
      const talk = (name: string) => {
        let connection: { send(...parts: readonly Uint8Array[]): void } | null = null
        return {
          of: (opened: typeof connection) => {
            connection = opened
          },
          opened: (nowMs: number) => connection?.send(new Uint8Array(100 + Math.round(nowMs))),
          received: (nowMs: number, chunk: Uint8Array) => {
            seen[host]!.push(`${nowMs} ${clock.nowMs()} ${name} ${chunk.length}`)
            if (nowMs < 1_000) connection?.send(new Uint8Array(1 + ((chunk.length * 7 + host) % 5_000)))
          },
          drained: () => {},
          ended: () => {},
        }
      }
      const accepted = (_: number, connection: { send(...parts: readonly Uint8Array[]): void }) => {
        const talker = talk('in')
        talker.of(connection)
        return talker
      }
      transport.listen({ host: addressOf(host), port: 1 }, { listening: () => {}, failed: () => {}, accepted })
      simulation.inMs(0.1 + host * 0.013, () => {
        for (const other of RTTS_MS.keys()) {
          if (other === host) continue
          const talker = talk(`out ${other}`)
          talker.of(transport.connect({ host: addressOf(other), port: 1 }, talker))
        }
      })
    }
    const ended = simulation.run(() => false, 2_000)
    return { seen, ended, eventCount: simulation.eventCount }
  }

  test.each([0.000_1, 1, 10])('of %d ms changes nothing for any host: each sees the same at the same times', (ms) => {
    const inOneLine = gossip(0)
    expect(inOneLine.seen.map((lines) => lines.length > 30)).toEqual(RTTS_MS.map(() => true))
    expect(gossip(ms)).toEqual(inOneLine)
  })

  test('that is longer than the shortest way is found out', () => {
    expect(() => gossip(30)).toThrow('sooner than the look-ahead allows')
  })

  test('ends a run at a multiple of it, whatever is looked at on the way', () => {
    const endOf = (looksMs: readonly number[]) => {
      const simulation = new Simulation(10)
      let ran = 0
      for (const atMs of [3, 12, 17, 24]) simulation.timelineOf('a').inMs(atMs, () => ran++)
      for (const atMs of looksMs) simulation.inMs(atMs, () => {})
      return [simulation.run(() => ran >= 2, 100), ran, simulation.nowMs >= 17]
    }
    expect(endOf([])).toEqual(['done', 3, true])
    expect(endOf([5, 12.5, 19])).toEqual(['done', 3, true])
  })
})

test('with a look-ahead, a limit between two nanoseconds is taken for the one before', () => {
  const simulation = new Simulation(10)
  let ran = 0
  // 3 024.999 998 5 ms: the event a nanosecond later is beyond the limit, and no mistake.
  for (const atMs of [3_024, 3_024.999_999]) simulation.timelineOf('a').inMs(atMs, () => ran++)
  expect(simulation.run(() => false, 3_024.999_998_5)).toBe('limit')
  expect(ran).toBe(1)
})
