/**
 * What one client of ours did, as counters: thousands of them run in one process, for millions of blocks. Made from its
 * events alone, and so the same in every runtime.
 */
import type { ClientEvent, Events } from '../../client/ports/events.ts'
import type { ClientPlan } from '../engine/swarm-plan.ts'
import type { ClientResult } from './runtime.ts'

/** Of a peer, as `Directory` has it. */
export interface ClientsByAddress {
  clientAt(address: string): number | null
  forget(address: string): void
}

/** What a ledger says when all is over; times are of whoever counted. Plain data. */
export interface LedgerPage {
  readonly arrivedMs: number | null
  readonly completedMs: number | null
  readonly firstPieceMs: number | null
  readonly leftMs: number | null
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly fromSeedsBytes: number
  readonly fromGroupBytes: number
  /** Of one that came as a seed: for how long it had each client unchoked that was interested. */
  readonly unchokedMs: readonly (readonly [clientIndex: number, ms: number])[]
}

/** Of a seed towards one connection. */
interface Turn {
  isUnchoked: boolean
  isInterested: boolean
  sinceMs: number
}

export class ClientLedger implements Events {
  readonly #plans: readonly ClientPlan[]
  readonly #plan: ClientPlan
  readonly #directory: ClientsByAddress
  #arrivedMs: number | null = null
  #completedMs: number | null = null
  #firstPieceMs: number | null = null
  #leftMs: number | null = null
  #sentBytes = 0
  #receivedBytes = 0
  #fromSeedsBytes = 0
  #fromGroupBytes = 0
  readonly #turns = new Map<string, Turn>()
  readonly #unchokedMs = new Map<number, number>()

  constructor(plans: readonly ClientPlan[], clientIndex: number, directory: ClientsByAddress) {
    this.#plans = plans
    this.#plan = plans[clientIndex]!
    this.#directory = directory
  }

  get isComplete(): boolean {
    return this.#completedMs !== null
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  arrived(nowMs: number): void {
    this.#arrivedMs ??= nowMs
  }

  left(nowMs: number): void {
    this.#leftMs ??= nowMs
  }

  emit(nowMs: number, event: ClientEvent): void {
    switch (event.type) {
      case 'block-received':
        if (!event.wasted) this.#received(event.peer, event.lengthBytes)
        break
      case 'block-sent':
        this.#sentBytes += event.lengthBytes
        break
      case 'piece-verified':
        this.#firstPieceMs ??= nowMs
        break
      case 'completed':
        this.#completedMs ??= nowMs
        break
      case 'we-unchoked':
      case 'we-choked':
        if (this.#plan.isSeed) this.#turn(nowMs, event.peer, { isUnchoked: event.type === 'we-unchoked' })
        break
      case 'peer-interested':
        if (this.#plan.isSeed) this.#turn(nowMs, event.peer, { isInterested: event.value })
        break
      case 'peer-closed':
        this.#closed(nowMs, event.peer)
        break
      default:
    }
  }

  /** `nowMs` is the end of the run. */
  page(nowMs: number): LedgerPage {
    for (const peer of this.#turns.keys()) this.#turn(nowMs, peer, {})
    return {
      arrivedMs: this.#arrivedMs,
      completedMs: this.#completedMs,
      firstPieceMs: this.#firstPieceMs,
      leftMs: this.#leftMs,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      fromSeedsBytes: this.#fromSeedsBytes,
      fromGroupBytes: this.#fromGroupBytes,
      unchokedMs: [...this.#unchokedMs],
    }
  }

  #received(peer: string, bytes: number): void {
    this.#receivedBytes += bytes
    const from = this.#directory.clientAt(peer)
    if (from === null) return
    const { isSeed, group } = this.#plans[from]!
    if (isSeed) this.#fromSeedsBytes += bytes
    if (group === this.#plan.group) this.#fromGroupBytes += bytes
  }

  #turn(nowMs: number, peer: string, change: Partial<Pick<Turn, 'isUnchoked' | 'isInterested'>>): void {
    const turn = this.#turns.get(peer) ?? { isUnchoked: false, isInterested: false, sinceMs: nowMs }
    if (turn.isUnchoked && turn.isInterested) {
      const client = this.#directory.clientAt(peer)
      if (client !== null) this.#unchokedMs.set(client, (this.#unchokedMs.get(client) ?? 0) + nowMs - turn.sinceMs)
    }
    this.#turns.set(peer, Object.assign(turn, change, { sinceMs: nowMs }))
  }

  #closed(nowMs: number, peer: string): void {
    if (this.#turns.has(peer)) this.#turn(nowMs, peer, {})
    this.#turns.delete(peer)
    this.#directory.forget(peer)
  }
}

/** The pages of all clients, in their order, as results that count from `startMs`. */
export function clientResults(
  plans: readonly ClientPlan[],
  pages: readonly LedgerPage[],
  startMs: number,
): ClientResult[] {
  const unchokedMs: number[] = plans.map(() => 0)
  for (const page of pages) for (const [client, ms] of page.unchokedMs) unchokedMs[client]! += ms
  return pages.map((page, index) => {
    const { group, isSeed, arrivesMs } = plans[index]!
    // A real timer may fire a fraction of a ms early.
    const arrivedMs = Math.max(page.arrivedMs ?? 0, startMs + arrivesMs)
    const sinceArrival = (atMs: number | null) => (atMs === null ? null : (atMs - arrivedMs) / 1000)
    return {
      group,
      isSeed,
      arrivedSeconds: (arrivedMs - startMs) / 1000,
      completedSeconds: isSeed ? 0 : sinceArrival(page.completedMs),
      firstPieceSeconds: isSeed ? 0 : sinceArrival(page.firstPieceMs),
      leftSeconds: page.leftMs === null ? null : (page.leftMs - startMs) / 1000,
      sentBytes: page.sentBytes,
      receivedBytes: page.receivedBytes,
      fromSeedsBytes: page.fromSeedsBytes,
      fromGroupBytes: page.fromGroupBytes,
      unchokedBySeedsSeconds: unchokedMs[index]! / 1000,
    }
  })
}
