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
 * While we seed nobody gives us anything: all slots are turns of 30 s, the next one is whoever waits longest. That is
 * equal time for all, and where peers never stop asking each is served once before any is served twice.
 *
 * No more interested peers are unchoked than there are slots. Whoever stays interested is served within 30 s for each
 * other peer that is there, or comes, until then: nobody is served twice while it waits.
 * Who waits as long as another goes by the service it had so far, then by who came first. Units: ms, payload bytes.
 * Not here: sending chokes, whom to serve first among the unchoked.
 */
import { earlier } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import { ChokerLedger, type ChokerPeer, ROUND_MS, TURN_MS, type Unchoke, type UnchokeReason } from './choker-ledger.ts'

export type { ChokerPeer, Unchoke, UnchokeReason } from './choker-ledger.ts'

export type ChokerMode = 'leeching' | 'seeding'

export class Choker {
  readonly #regularSlots: number
  /** In the order they came. */
  readonly #ledgers = new Map<PeerKey, ChokerLedger>()
  /** The same, while it decides. */
  #all: readonly ChokerLedger[] = []
  #decision = 0
  #nextRoundMs: number | null = null
  #deadlineMs: number | null = null

  /** Beside the optimistic one. */
  constructor(regularSlots: number) {
    this.#regularSlots = regularSlots
  }

  /**
   * All open connections as they are now; who is missing is gone. Call it when `deadlineMs` has come, when somebody came
   * or went, when interest or a snub changed, and when the mode did: any time is right, and without a change nothing is
   * changed. Gives who is unchoked; everybody else is choked.
   */
  decide(nowMs: number, peers: Iterable<ChokerPeer>, mode: ChokerMode): ReadonlyMap<PeerKey, Unchoke> {
    this.#update(nowMs, peers)
    if (mode === 'seeding') this.#takeTurns(nowMs)
    else this.#titForTat(nowMs)
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
    for (const peer of peers) {
      let ledger = this.#ledgers.get(peer.key)
      if (ledger === undefined) {
        ledger = new ChokerLedger(nowMs, peer)
        this.#ledgers.set(peer.key, ledger)
      }
      ledger.peer = peer
      ledger.seenIn = decision
      count++
    }
    if (count < this.#ledgers.size) {
      for (const [key, { seenIn }] of this.#ledgers) if (seenIn !== decision) this.#ledgers.delete(key)
    }
    this.#all = [...this.#ledgers.values()]
    for (const ledger of this.#holders('regular', 'optimistic')) if (!ledger.wants) ledger.choke(nowMs)
  }

  // While we seed.

  #takeTurns(nowMs: number): void {
    for (const ledger of this.#holders('ready')) ledger.choke(nowMs)
    for (const ledger of this.#holders('optimistic')) ledger.unchoke(nowMs, 'regular')
    while (this.#giveTurn(nowMs)) {}
  }

  /** One slot, free or long held, to one that waits; false where there is none, until the deadline that this sets. */
  #giveTurn(nowMs: number): boolean {
    const slots = this.#regularSlots + 1
    // Who has just been served ends nobody's turn: where several are over, they would push each other out in a circle.
    const pauseMs = TURN_MS / slots
    const holders = this.#holders('regular')
    let waiting = this.#waiting()
    this.#deadlineMs = null
    if (waiting.length === 0) return false
    if (holders.length >= slots) {
      const oldest = holders.reduce((a, b) => (b.turnEndsMs < a.turnEndsMs ? b : a))
      const pausedMs = Math.min(...waiting.map((ledger) => ledger.mayBeServedMs(pauseMs)))
      this.#deadlineMs = Math.max(oldest.turnEndsMs, pausedMs)
      if (nowMs < this.#deadlineMs) return false
      oldest.choke(nowMs)
      waiting = waiting.filter((ledger) => ledger.mayBeServedMs(pauseMs) <= nowMs)
    }
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
    this.#optimisticTurn(nowMs)
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

  #optimisticTurn(nowMs: number): void {
    const waiting = this.#waiting()
    const [holder] = this.#holders('optimistic')
    let endsMs = holder?.turnEndsMs ?? nowMs
    if (waiting.length > 0 && endsMs <= nowMs) {
      holder?.choke(nowMs)
      longestWait(nowMs, waiting).unchoke(nowMs, 'optimistic')
      endsMs = nowMs + TURN_MS
    }
    const isAwaited = this.#waiting().length > 0
    const isWanted = this.#all.some((ledger) => ledger.wants)
    this.#deadlineMs = isWanted ? earlier(this.#nextRoundMs, isAwaited ? endsMs : null) : null
  }

  // Who stands where.

  #holders(...reasons: readonly UnchokeReason[]): ChokerLedger[] {
    return this.#all.filter(({ unchoked }) => unchoked !== null && reasons.includes(unchoked.why))
  }

  /** Those who may be served and are not. */
  #waiting(): ChokerLedger[] {
    return this.#all.filter((ledger) => ledger.wants && ledger.unchoked === null)
  }
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
    turn: ledger.unchoked?.why === 'regular' && nowMs < ledger.turnEndsMs ? 1 : 0,
  }))
  ranks.sort((a, b) => b.rate - a.rate || b.turn - a.turn || a.ledger.compareWait(b.ledger, nowMs))
  return ranks.slice(0, countMax).map(({ ledger }) => ledger)
}
