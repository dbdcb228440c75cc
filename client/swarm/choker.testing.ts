/** A choker among peers that a test moves, and time that passes from one deadline to the next. */
import { Choker, type ChokerMode, type ChokerPeer, type Unchoke, type UnchokeReason } from './choker.ts'

type Peer = { -readonly [Name in keyof ChokerPeer]: ChokerPeer[Name] }

/** It never stops asking. */
const BUSY = Number.POSITIVE_INFINITY
const STRANGER = { isInterested: true, isSnubbed: false, isUploadOnly: false, downloadedBytes: 0, busyMs: BUSY }

export class ChokerStage {
  readonly peers = new Map<number, Peer>()
  readonly choker: Choker
  mode: ChokerMode = 'leeching'
  seedTurnMs: number | undefined
  nowMs = 0
  /** For how long each has been unchoked while it was interested. */
  readonly servedMs = new Map<number, number>()
  /** What each gives us, always. */
  readonly givesBytesPerSecond = new Map<number, number>()
  #unchoked: ReadonlyMap<number, Unchoke> = new Map()

  constructor(regularSlots: number) {
    this.choker = new Choker(regularSlots)
  }

  /** Decides too, as after everything that changes something. */
  come(...keys: readonly number[]): void {
    for (const key of keys) this.peers.set(key, { key, ...STRANGER })
    this.decide()
  }

  go(...keys: readonly number[]): void {
    for (const key of keys) this.peers.delete(key)
    this.decide()
  }

  change(key: number, to: Partial<ChokerPeer>): void {
    Object.assign(this.peers.get(key)!, to)
    this.decide()
  }

  /** Time passes, with a decision at each deadline on the way and one at the end. */
  runTo(endMs: number): void {
    while (this.nowMs < endMs) {
      const deadlineMs = this.choker.deadlineMs() ?? Number.POSITIVE_INFINITY
      if (deadlineMs <= this.nowMs) throw new Error(`at ${this.nowMs} ms it would decide at ${deadlineMs} ms`)
      this.#pass(Math.min(endMs, deadlineMs))
      this.decide()
    }
  }

  decide(): void {
    const unchoked = this.choker.decide(this.nowMs, this.peers.values(), this.mode, this.seedTurnMs)
    this.#unchoked = new Map(unchoked)
  }

  /** In ascending order. */
  with(...reasons: readonly UnchokeReason[]): number[] {
    const keys = [...this.#unchoked].filter(([, { why }]) => reasons.includes(why)).map(([key]) => key)
    return keys.toSorted((a, b) => a - b)
  }

  sinceMs(key: number): number | undefined {
    return this.#unchoked.get(key)?.sinceMs
  }

  get served(): number[] {
    return [...this.#unchoked.keys()].filter((key) => this.peers.get(key)!.isInterested)
  }

  #pass(toMs: number): void {
    const passedMs = toMs - this.nowMs
    for (const key of this.served) this.servedMs.set(key, (this.servedMs.get(key) ?? 0) + passedMs)
    for (const [key, rate] of this.givesBytesPerSecond) {
      const peer = this.peers.get(key)
      if (peer !== undefined) peer.downloadedBytes += (rate * passedMs) / 1000
    }
    this.nowMs = toMs
  }
}

/** How far the worst of them is from an equal share of the time that all were served. */
export function worstDeviationMs(servedMs: readonly number[]): number {
  const shareMs = servedMs.reduce((sum, ms) => sum + ms, 0) / servedMs.length
  return Math.max(...servedMs.map((ms) => Math.abs(ms - shareMs)))
}

/** 0, 1 and so on. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
