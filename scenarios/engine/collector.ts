/**
 * Collector: the client's events in, observations out. It never looks at a clock: events carry their time.
 *
 * What it knows is plain data, which outlives the client: after a crash another collector carries on with it, as long as
 * both count time from the same origin.
 */
import type { ClientEvent, Events } from '../../client/ports/events.ts'
import {
  BIN_MS,
  type Observations,
  type RestartObservations,
  type TimelineMark,
  type TimelinePieces,
  type TimelineSample,
} from './observations.ts'
import type { WindowPlan } from './swarm-plan.ts'

export interface Collected {
  startedMs: number | null
  completedMs: number | null
  /** Of useful blocks, in order: when, and how many bytes. */
  readonly arrivals: Arrival[]
  usefulBytes: number
  readonly bins: Map<string, number[]>
  readonly marks: TimelineMark[]
  /** By bin. */
  readonly pieces: Map<number, { readonly pieces: number[]; piecesLeft: number }>
  readonly requests: { first: number; again: number; endgame: number }
  wastedBytes: number
  storedBytes: number
  hashFailures: number
  requestsLost: number
  announcesFailed: number
  restart: RestartObservations | null
}

function nothingCollected(): Collected {
  return {
    startedMs: null,
    completedMs: null,
    arrivals: [],
    usefulBytes: 0,
    bins: new Map(),
    marks: [],
    pieces: new Map(),
    requests: { first: 0, again: 0, endgame: 0 },
    wastedBytes: 0,
    storedBytes: 0,
    hashFailures: 0,
    requestsLost: 0,
    announcesFailed: 0,
    restart: null,
  }
}

export class Collector implements Events {
  readonly collected: Collected
  readonly #labelOf: (address: string) => string
  readonly #window: WindowPlan | null

  /** `labelOf` gives the name of a peer in the record. */
  constructor(labelOf: (address: string) => string, window: WindowPlan | null, collected = nothingCollected()) {
    this.#labelOf = labelOf
    this.#window = window
    this.collected = collected
  }

  get startedMs(): number {
    return this.collected.startedMs ?? 0
  }

  emit(nowMs: number, event: ClientEvent): void {
    const { collected } = this
    if (event.type === 'started') return this.#started(nowMs)
    const tMs = nowMs - this.startedMs
    switch (event.type) {
      case 'block-requested':
        collected.requests[event.why]++
        break
      case 'block-received':
        this.#received(tMs, event)
        break
      case 'piece-stored':
        this.#stored(tMs, event)
        break
      case 'piece-failed':
        collected.hashFailures++
        this.#mark(tMs, 'piece-failed', undefined, `piece ${event.piece}`)
        break
      case 'peer-closed':
        collected.requestsLost += event.requestsLost
        this.#mark(tMs, 'peer-closed', event.peer, event.reason)
        break
      case 'peer-choked':
        collected.requestsLost += event.requestsVoided
        this.#mark(tMs, 'peer-choked', event.peer)
        break
      case 'peer-snubbed':
        collected.requestsLost += event.requestsReassigned
        this.#mark(tMs, 'peer-snubbed', event.peer)
        break
      case 'peer-banned':
        this.#mark(tMs, 'peer-banned', event.peer, event.reason)
        break
      case 'announce-failed':
        collected.announcesFailed++
        break
      case 'verified-on-disk':
        this.#verified(tMs, event)
        break
      case 'endgame':
        this.#mark(tMs, 'endgame')
        break
      case 'completed':
        collected.completedMs = tMs
        this.#mark(tMs, 'completed')
        break
      default:
    }
  }

  /** The client is dead. What comes next is from the one that starts again. */
  crashed(nowMs: number): void {
    const { collected } = this
    const { storedBytes, usefulBytes } = collected
    const crashedSeconds = (nowMs - this.startedMs) / 1000
    this.#mark(nowMs - this.startedMs, 'crashed')
    collected.restart = {
      crashedSeconds,
      storedBytes,
      unstoredBytes: usefulBytes - storedBytes,
      restartedSeconds: crashedSeconds,
      verifySeconds: null,
      foundPieces: 0,
      trustedPieces: 0,
    }
  }

  /** `nowMs` is the end of the run, where it did not complete. */
  observations(nowMs: number): Observations {
    const { collected } = this
    const endMs = collected.completedMs ?? nowMs - this.startedMs
    const measured = this.#window === null ? collected.arrivals : inWindow(collected.arrivals, this.#window)
    const first = collected.arrivals[0]
    return {
      seconds: this.#window === null ? endMs / 1000 : this.#window.measuredMs / 1000,
      isComplete: collected.completedMs !== null,
      throughputBytesPerSecond: steadyRate(measured),
      timeToFirstByteSeconds: first === undefined ? null : first.tMs / 1000,
      usefulBytes: collected.usefulBytes,
      wastedBytes: collected.wastedBytes,
      hashFailures: collected.hashFailures,
      requests: { ...collected.requests },
      requestsLost: collected.requestsLost,
      announcesFailed: collected.announcesFailed,
      restart: collected.restart,
      samples: this.#samples(endMs),
      marks: [...collected.marks],
      pieces: [...collected.pieces].map(([bin, each]): TimelinePieces => ({ tMs: bin * BIN_MS, ...each })),
    }
  }

  #started(nowMs: number): void {
    const { collected } = this
    if (collected.restart !== null) {
      collected.restart = { ...collected.restart, restartedSeconds: (nowMs - this.startedMs) / 1000 }
      this.#mark(nowMs - this.startedMs, 'restarted')
    }
    collected.startedMs ??= nowMs
  }

  #received(tMs: number, event: ClientEvent & { type: 'block-received' }): void {
    const { collected } = this
    const bins = collected.bins.get(this.#labelOf(event.peer)) ?? []
    collected.bins.set(this.#labelOf(event.peer), bins)
    const bin = Math.floor(tMs / BIN_MS)
    bins[bin] = (bins[bin] ?? 0) + event.lengthBytes
    if (event.wasted) {
      collected.wastedBytes += event.lengthBytes
      return
    }
    collected.usefulBytes += event.lengthBytes
    collected.arrivals.push({ tMs, bytes: event.lengthBytes })
  }

  #stored(tMs: number, { piece, piecesLeft, bytes }: ClientEvent & { type: 'piece-stored' }): void {
    const { collected } = this
    collected.storedBytes += bytes
    const bin = Math.floor(tMs / BIN_MS)
    const stored = collected.pieces.get(bin) ?? { pieces: [], piecesLeft }
    collected.pieces.set(bin, stored)
    stored.pieces.push(piece)
    stored.piecesLeft = piecesLeft
  }

  /** At the first start there is nothing to find. */
  #verified(tMs: number, { pieces, trusted }: ClientEvent & { type: 'verified-on-disk' }): void {
    const { restart } = this.collected
    if (restart === null) return
    const verifySeconds = tMs / 1000 - restart.restartedSeconds
    this.collected.restart = { ...restart, verifySeconds, foundPieces: pieces, trustedPieces: trusted }
    this.#mark(tMs, 'verified-on-disk', undefined, `${pieces} pieces, ${trusted} on trust`)
  }

  #mark(tMs: number, mark: string, address?: string, detail?: string): void {
    this.collected.marks.push({
      tMs,
      mark,
      ...(address === undefined ? {} : { peer: this.#labelOf(address) }),
      ...(detail === undefined ? {} : { detail }),
    })
  }

  /** Bins without a byte are left out. In the order of time, then of name. */
  #samples(endMs: number): TimelineSample[] {
    const peers = [...this.collected.bins].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
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
