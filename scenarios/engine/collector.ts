/** Collector: the client's events in, observations out. It never looks at a clock: events carry their time. */
import type { ClientEvent, Events } from '../../client/ports/events.ts'
import { BIN_MS, type Observations, type TimelineMark, type TimelineSample } from './observations.ts'
import type { WindowPlan } from './swarm-plan.ts'

export class Collector implements Events {
  readonly #labelOf: (address: string) => string
  readonly #window: WindowPlan | null
  #startedMs = 0
  #completedMs: number | null = null
  /** Of useful blocks, in order: when, and how many bytes. */
  readonly #arrivals: { tMs: number; bytes: number }[] = []
  readonly #bins = new Map<string, number[]>()
  readonly #marks: TimelineMark[] = []
  readonly #requests = { first: 0, again: 0, endgame: 0 }
  #wastedBytes = 0
  #hashFailures = 0
  #requestsLost = 0

  /** `labelOf` gives the name of a peer in the record. */
  constructor(labelOf: (address: string) => string, window: WindowPlan | null) {
    this.#labelOf = labelOf
    this.#window = window
  }

  emit(nowMs: number, event: ClientEvent): void {
    const tMs = nowMs - this.#startedMs
    switch (event.type) {
      case 'started':
        this.#startedMs = nowMs
        break
      case 'block-requested':
        this.#requests[event.why]++
        break
      case 'block-received':
        this.#received(tMs, event)
        break
      case 'piece-failed':
        this.#hashFailures++
        this.#mark(tMs, 'piece-failed', undefined, `piece ${event.piece}`)
        break
      case 'peer-closed':
        this.#requestsLost += event.requestsLost
        this.#mark(tMs, 'peer-closed', event.peer, event.reason)
        break
      case 'peer-choked':
        this.#requestsLost += event.requestsVoided
        this.#mark(tMs, 'peer-choked', event.peer)
        break
      case 'peer-snubbed':
        this.#requestsLost += event.requestsReassigned
        this.#mark(tMs, 'peer-snubbed', event.peer)
        break
      case 'peer-banned':
        this.#mark(tMs, 'peer-banned', event.peer, event.reason)
        break
      case 'endgame':
        this.#mark(tMs, 'endgame')
        break
      case 'completed':
        this.#completedMs = tMs
        this.#mark(tMs, 'completed')
        break
      default:
    }
  }

  /** `nowMs` is the end of the run, where it did not complete. */
  observations(nowMs: number): Observations {
    const endMs = this.#completedMs ?? nowMs - this.#startedMs
    const measured = this.#window === null ? this.#arrivals : inWindow(this.#arrivals, this.#window)
    const first = this.#arrivals[0]
    return {
      seconds: this.#window === null ? endMs / 1000 : this.#window.measuredMs / 1000,
      isComplete: this.#completedMs !== null,
      throughputBytesPerSecond: steadyRate(measured),
      timeToFirstByteSeconds: first === undefined ? null : first.tMs / 1000,
      usefulBytes: this.#arrivals.reduce((sum, arrival) => sum + arrival.bytes, 0),
      wastedBytes: this.#wastedBytes,
      hashFailures: this.#hashFailures,
      requests: { ...this.#requests },
      requestsLost: this.#requestsLost,
      samples: this.#samples(endMs),
      marks: [...this.#marks],
    }
  }

  #received(tMs: number, event: ClientEvent & { type: 'block-received' }): void {
    const bins = this.#bins.get(this.#labelOf(event.peer)) ?? []
    this.#bins.set(this.#labelOf(event.peer), bins)
    const bin = Math.floor(tMs / BIN_MS)
    bins[bin] = (bins[bin] ?? 0) + event.lengthBytes
    if (event.wasted) this.#wastedBytes += event.lengthBytes
    else this.#arrivals.push({ tMs, bytes: event.lengthBytes })
  }

  #mark(tMs: number, mark: string, address?: string, detail?: string): void {
    this.#marks.push({
      tMs,
      mark,
      ...(address === undefined ? {} : { peer: this.#labelOf(address) }),
      ...(detail === undefined ? {} : { detail }),
    })
  }

  /** Bins without a byte are left out. In the order of time, then of name. */
  #samples(endMs: number): TimelineSample[] {
    const peers = [...this.#bins].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    return Array.from({ length: Math.ceil(endMs / BIN_MS) }, (_, bin) =>
      peers.flatMap(([peer, bins]) => {
        const bytes = bins[bin] ?? 0
        return bytes === 0 ? [] : [{ tMs: bin * BIN_MS, peer, bytes }]
      }),
    ).flat()
  }
}

interface Arrival {
  readonly tMs: number
  readonly bytes: number
}

/** The arrivals of the window, cut so that first and last stand at the same place of a burst. */
function inWindow(arrivals: readonly Arrival[], window: WindowPlan): readonly Arrival[] {
  const endMs = window.warmupMs + window.measuredMs
  const inside = arrivals.filter((arrival) => arrival.tMs >= window.warmupMs && arrival.tMs <= endMs)
  const intervals = Math.max(0, inside.length - 1)
  const whole = intervals - (intervals % window.burstBlocks)
  return inside.slice(0, whole === 0 ? inside.length : whole + 1)
}

function steadyRate(arrivals: readonly Arrival[]): number | null {
  const [first, last] = [arrivals[0], arrivals.at(-1)]
  if (first === undefined || last === undefined || last.tMs <= first.tMs) return null
  const bytes = arrivals.reduce((sum, arrival) => sum + arrival.bytes, 0) - first.bytes
  return (bytes * 1000) / (last.tMs - first.tMs)
}
