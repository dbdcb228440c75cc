/**
 * Choker: who may download from us. BEP 3 with what was learnt since; pure, and as good as it is told.
 *
 * Why a peer is unchoked is one of these:
 * - `regular`. While we download: tit for tat. The peers that give us most have the regular slots; of those that give
 *   alike (nothing, at the start) one has its slot for 30 s, then whoever waits longest. All slots are settled anew every
 *   10 s; in between whoever has one keeps it, and one that is free (its peer gone, no longer interested, snubbed) goes to
 *   the best of the others at once.
 * - `optimistic`. One slot more goes to whoever waits longest, whatever it gives, for 30 s where somebody else waits. A
 *   newcomer counts as waiting three times as long. Peers that snub us (they owe us blocks and send none) get only this.
 * - `ready`. Not interested, but faster than one that has a regular slot: it is unchoked beside the slots, so that it can
 *   ask the moment it is interested, and then the slowest loses its slot to it. Chosen every 10 s, no more than slots.
 * While we seed nobody gives us anything: all slots are turns of one length (the owner's), the next one is whoever waits
 * longest. That is equal time for all, and where peers never stop asking each is served once before any is served twice.
 *
 * No more interested peers are unchoked than there are slots, but for *idle* ones, which ask for nothing: as many others
 * are served besides, lest the uplink be left to peers that want one piece, and have asked another for it. Whoever stays
 * interested is served within 30 s for each other peer that is there, or comes, until then: nobody is served twice while
 * it waits.
 * Who waits as long as another goes by the service it had so far, then by who came first. Units: ms, payload bytes.
 * Not here: sending chokes, whom to serve first among the unchoked.
 */
import { earlier } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import { ChokerLedger, type ChokerPeer, ROUND_MS, TURN_MS, type Unchoke, type UnchokeReason } from './choker-ledger.ts'

export type { ChokerPeer, Unchoke, UnchokeReason } from './choker-ledger.ts'

/** Idle peers for each slot, at most: they may all ask again at once. */
const IDLE_PER_SLOT_MAX = 4

export type ChokerMode = 'leeching' | 'seeding'

export class Choker {
  readonly #regularSlots: number
  /** In the order they came. */
  readonly #ledgers = new Map<PeerKey, ChokerLedger>()
  /** The same, while it decides. */
  #all: ChokerLedger[] = []
  #decision = 0
  #isFull = false
  #nextRoundMs: number | null = null
  #deadlineMs: number | null = null

  /** Beside the optimistic one. */
  constructor(regularSlots: number) {
    this.#regularSlots = regularSlots
  }

  /** Whoever is not served and becomes interested has to wait: nothing is free for it before `deadlineMs`. */
  get isFull(): boolean {
    return this.#isFull
  }

  /**
   * All open connections as they are now; who is missing is gone. Call it when `deadlineMs` has come, when somebody came
   * or went, when interest or a snub changed, and when the mode did: any time is right, and without a change nothing is
   * changed. `seedTurnMs`: the turns of a seed. Gives who is unchoked; everybody else is choked.
   */
  decide(
    nowMs: number,
    peers: Iterable<ChokerPeer>,
    mode: ChokerMode,
    seedTurnMs = TURN_MS,
  ): ReadonlyMap<PeerKey, Unchoke> {
    this.#update(nowMs, peers)
    if (mode === 'seeding') this.#takeTurns(nowMs, seedTurnMs)
    else this.#titForTat(nowMs)
    this.#isFull = this.#waiting().some(({ peer }) => !peer.isSnubbed)
    const unchoked = new Map<PeerKey, Unchoke>()
    for (const ledger of this.#all) if (ledger.unchoked !== null) unchoked.set(ledger.peer.key, ledger.unchoked)
    return unchoked
  }

  /** When time alone changes something; null while it does not. */
  deadlineMs(): number | null {
    return this.#deadlineMs
  }

  #update(nowMs: number, peers: Iterable<ChokerPeer>): void {
    const decision = ++this.#decision
    let count = 0
    let hasNew = false
    for (const peer of peers) {
      let ledger = this.#ledgers.get(peer.key)
      if (ledger === undefined) {
        ledger = new ChokerLedger(nowMs, peer)
        this.#ledgers.set(peer.key, ledger)
        hasNew = true
      }
      ledger.peer = peer
      ledger.seenIn = decision
      count++
    }
    const hasGone = count < this.#ledgers.size
    if (hasGone) for (const [key, { seenIn }] of this.#ledgers) if (seenIn !== decision) this.#ledgers.delete(key)
    if (hasNew || hasGone) this.#all = [...this.#ledgers.values()]
    for (const ledger of this.#served()) if (!ledger.wants) ledger.choke(nowMs)
  }

  // While we seed.

  #takeTurns(nowMs: number, turnMs: number): void {
    for (const ledger of this.#holders('ready')) ledger.choke(nowMs)
    for (const ledger of this.#holders('optimistic')) ledger.unchoke(nowMs, 'regular')
    while (this.#giveTurn(nowMs, turnMs)) {}
  }

  /** One slot, free or long held, to one that waits; false where there is none, until the deadline that this sets. */
  #giveTurn(nowMs: number, turnMs: number): boolean {
    const slots = this.#regularSlots + 1
    // Who has just been served ends nobody's turn: where several are over, they would push each other out in a circle.
    const pauseMs = turnMs / slots
    const holders = this.#holders('regular')
    const surplus = holders.length - slots - this.#idleCount(nowMs)
    let waiting = this.#waiting()
    // Where idle ones ask again there may be too many, though nobody waits.
    this.#deadlineMs = holders.length > slots ? this.#nextIdleMs(nowMs) : null
    if (surplus < 0 && waiting.length === 0) return false
    if (surplus > 0 || (surplus === 0 && waiting.length > 0)) {
      const oldest = longestServed(holders)
      const pausedMs = Math.min(...waiting.map((ledger) => ledger.mayBeServedMs(pauseMs)))
      const overMs = surplus > 0 ? oldest.turnEndsMs(turnMs) : Math.max(oldest.turnEndsMs(turnMs), pausedMs)
      this.#deadlineMs = earlier(overMs, this.#nextIdleMs(nowMs))
      if (nowMs < overMs) return false
      oldest.choke(nowMs)
      if (surplus > 0) return true
      waiting = waiting.filter((ledger) => ledger.mayBeServedMs(pauseMs) <= nowMs)
    }
    if (waiting.length === 0) return false
    longestWait(nowMs, waiting).unchoke(nowMs, 'regular')
    return true
  }

  // While we download.

  #titForTat(nowMs: number): void {
    const isRound = this.#nextRoundMs === null || nowMs >= this.#nextRoundMs
    const regular = this.#bestGivers(nowMs, isRound)
    for (const ledger of this.#holders('regular')) if (!regular.includes(ledger)) ledger.choke(nowMs)
    for (const ledger of regular) ledger.unchoke(nowMs, 'regular')
    this.#makeReady(nowMs, regular, isRound)
    if (isRound) this.#endRound(nowMs)
    this.#optimisticTurns(nowMs, isRound)
  }

  /** Who has the regular slots, the best first. Between rounds those who have one go first, and those who were ready to. */
  #bestGivers(nowMs: number, isRound: boolean): ChokerLedger[] {
    const contenders = this.#all.filter((ledger) => ledger.wants && !ledger.peer.isSnubbed)
    if (isRound) return best(nowMs, contenders, this.#regularSlots)
    const isFirst = ({ unchoked }: ChokerLedger) => unchoked?.why === 'regular' || unchoked?.why === 'ready'
    const first = best(nowMs, contenders.filter(isFirst), this.#regularSlots)
    const freeCount = this.#regularSlots - first.length
    if (freeCount === 0) return first
    const others = contenders.filter((ledger) => !isFirst(ledger))
    return [...first, ...best(nowMs, others, freeCount)]
  }

  #makeReady(nowMs: number, regular: readonly ChokerLedger[], isRound: boolean): void {
    const mayBe = ({ peer }: ChokerLedger) => !peer.isInterested && !peer.isUploadOnly && !peer.isSnubbed
    const before = this.#holders('ready')
    if (!isRound) {
      for (const ledger of before) if (!mayBe(ledger)) ledger.choke(nowMs)
      return
    }
    // Where a slot is free nobody needs to be ready: whoever is interested gets it at once.
    const slowest = regular.length < this.#regularSlots ? undefined : regular.at(-1)
    const slowestRate = slowest?.rateBytesPerSecond(nowMs) ?? Number.POSITIVE_INFINITY
    const faster = this.#all.filter((ledger) => mayBe(ledger) && ledger.rateBytesPerSecond(nowMs) > slowestRate)
    const ready = best(nowMs, faster, this.#regularSlots)
    for (const ledger of before) if (!ready.includes(ledger)) ledger.choke(nowMs)
    for (const ledger of ready) ledger.unchoke(nowMs, 'ready')
  }

  #endRound(nowMs: number): void {
    for (const ledger of this.#all) ledger.roundOver(nowMs)
    const nextMs = (this.#nextRoundMs ?? nowMs) + ROUND_MS
    this.#nextRoundMs = nextMs > nowMs ? nextMs : nowMs + ROUND_MS
  }

  /** One slot, and as many more as peers leave unused; between rounds nobody is choked where fewer are left. */
  #optimisticTurns(nowMs: number, isRound: boolean): void {
    const slots = 1 + this.#idleCount(nowMs)
    let holders = this.#holders('optimistic')
    for (; isRound && holders.length > slots; holders = this.#holders('optimistic')) longestServed(holders).choke(nowMs)
    const oldest = holders.length < slots ? null : longestServed(holders)
    if (oldest !== null && oldest.turnEndsMs(TURN_MS) <= nowMs) this.#passOn(nowMs, oldest)
    for (let free = slots - holders.length; free > 0 && this.#waiting().length > 0; free--) {
      longestWait(nowMs, this.#waiting()).unchoke(nowMs, 'optimistic')
    }
    this.#deadlineMs = this.#all.some((ledger) => ledger.wants) ? this.#nextRoundMs : null
    holders = this.#holders('optimistic')
    if (this.#waiting().length === 0 || holders.length === 0) return
    this.#deadlineMs = earlier(this.#deadlineMs, longestServed(holders).turnEndsMs(TURN_MS))
    this.#deadlineMs = earlier(this.#deadlineMs, this.#nextIdleMs(nowMs))
  }

  #passOn(nowMs: number, holder: ChokerLedger): void {
    const waiting = this.#waiting()
    if (waiting.length === 0) return
    holder.choke(nowMs)
    longestWait(nowMs, waiting).unchoke(nowMs, 'optimistic')
  }

  // Idle ones.

  #idleCount(nowMs: number): number {
    let count = 0
    for (const { idleFromMs } of this.#served()) if (idleFromMs <= nowMs) count++
    return Math.min(count, IDLE_PER_SLOT_MAX * (this.#regularSlots + 1))
  }

  /** When another of those that are served may be idle. */
  #nextIdleMs(nowMs: number): number | null {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { idleFromMs } of this.#served()) if (idleFromMs > nowMs) nextMs = Math.min(nextMs, idleFromMs)
    return nextMs === Number.POSITIVE_INFINITY ? null : nextMs
  }

  // Who stands where.

  #holders(why: UnchokeReason): ChokerLedger[] {
    return this.#all.filter(({ unchoked }) => unchoked?.why === why)
  }

  #served(): ChokerLedger[] {
    return this.#all.filter(({ unchoked }) => unchoked !== null && unchoked.why !== 'ready')
  }

  /** Those who may be served and are not. */
  #waiting(): ChokerLedger[] {
    return this.#all.filter((ledger) => ledger.wants && ledger.unchoked === null)
  }
}

/** Of some. */
function longestServed(ledgers: readonly ChokerLedger[]): ChokerLedger {
  return ledgers.reduce((a, b) => (b.turnEndsMs(0) < a.turnEndsMs(0) ? b : a))
}

/** Of some; where two wait as long, who had less service so far, then who came first. */
function longestWait(nowMs: number, ledgers: readonly ChokerLedger[]): ChokerLedger {
  return ledgers.reduce((a, b) => (a.compareWait(b, nowMs) > 0 ? b : a))
}

/** So many: who gives most first, then who has a regular slot and its turn is not over, then who waits longest. */
function best(nowMs: number, ledgers: readonly ChokerLedger[], countMax: number): ChokerLedger[] {
  const ranks = ledgers.map((ledger) => ({
    ledger,
    rate: ledger.rateBytesPerSecond(nowMs),
    turn: ledger.unchoked?.why === 'regular' && nowMs < ledger.turnEndsMs(TURN_MS) ? 1 : 0,
  }))
  ranks.sort((a, b) => b.rate - a.rate || b.turn - a.turn || a.ledger.compareWait(b.ledger, nowMs))
  return ranks.slice(0, countMax).map(({ ledger }) => ledger)
}
