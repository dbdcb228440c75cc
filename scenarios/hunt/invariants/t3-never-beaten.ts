/**
 * T3, the minimum distribution time, is never beaten; and more than that: no host has sent by any moment more than its
 * uplink carries until then, nor received more than its downlink does. Summed over the hosts that is T3, capacities
 * integrated where links change. A downlink is up to one unit of each connection ahead of a fluid one.
 */
import { UNIT_BYTES_MAX } from '../../../links/unit.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 't3-never-beaten'
/** Times are whole nanoseconds. */
const ROUNDING_BYTES = 2

export function t3NeverBeaten(world: HuntWorld): Invariant {
  const up = new Map<string, number>()
  const down = new Map<string, number>()
  const connections = new Map<string, number>()
  const add = (counts: Map<string, number>, host: string, bytes: number) =>
    counts.set(host, (counts.get(host) ?? 0) + bytes)
  const check = (nowMs: number): void => {
    for (const [host, bytes] of up) compare(host, bytes, nowMs, 'upBytesPerSecond')
    for (const [host, bytes] of down) compare(host, bytes, nowMs, 'downBytesPerSecond')
  }
  return {
    received: (wire, bytes) => {
      if (wire.receivedBytes === bytes) add(connections, wire.host, 1)
      add(up, wire.remote.host, bytes)
      add(down, wire.host, bytes)
    },
    everySecond: check,
    event: (_, __, { type }) => {
      if (type === 'completed') check(world.simulation.nowMs)
    },
  }

  function compare(host: string, bytes: number, nowMs: number, field: 'upBytesPerSecond' | 'downBytesPerSecond'): void {
    const ahead = field === 'upBytesPerSecond' ? ROUNDING_BYTES : UNIT_BYTES_MAX * (connections.get(host) ?? 0)
    const carried = capacity(host, nowMs, field) + ahead
    if (bytes <= carried) return
    const way = field === 'upBytesPerSecond' ? 'sent' : 'received'
    const most = Math.round(carried)
    throw new Violation(
      PROPERTY,
      `${world.network.nameOf(host) ?? host} has ${way} ${bytes} bytes, its link carried ${most}`,
    )
  }

  function capacity(host: string, nowMs: number, field: 'upBytesPerSecond' | 'downBytesPerSecond'): number {
    const spans = world.network.links.get(host) ?? []
    let bytes = 0
    for (const [index, { sinceMs, link }] of spans.entries()) {
      const untilMs = spans[index + 1]?.sinceMs ?? nowMs
      const rate = link[field]
      if (rate === null) return Number.POSITIVE_INFINITY
      bytes += (rate * (untilMs - sinceMs)) / 1_000
    }
    return bytes
  }
}
