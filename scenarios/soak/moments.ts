/**
 * When a client is to die: kinds of moments, dealt so that every kind comes up in each eight, and what else of it is
 * left to chance drawn from the seed. Times are in ms.
 *
 * `share`: of the time that the phase took before, so that a fast machine and a slow one are hit alike.
 */
import type { Alarm, Clock } from '../../client/ports/clock.ts'
import type { Random } from '../../client/ports/random.ts'

export type Moment =
  /** While the program is loaded and its folders and files are made. */
  | { readonly kind: 'start'; readonly share: number }
  /** While what is on the disk is looked at. */
  | { readonly kind: 'verification'; readonly share: number }
  /** So long after the first block. */
  | { readonly kind: 'mid-piece'; readonly afterMs: number }
  /** When the resume state is written for the nth time. */
  | { readonly kind: 'state-write'; readonly nth: number; readonly afterMs: number }
  /** When so little is left to be sent. */
  | { readonly kind: 'end'; readonly leftBytes: number; readonly afterMs: number }

export type MomentKind = Moment['kind']

const DECK: readonly MomentKind[] = [
  'start',
  'verification',
  'mid-piece',
  'mid-piece',
  'mid-piece',
  'state-write',
  'state-write',
  'end',
]

const MID_PIECE_MS_MAX = 2_000
/** To make a file, write it and rename it takes about one. */
const STATE_WRITE_MS_MAX = 3
const STATE_WRITES_MAX = 3
/** Some of them before the last block, some after it: last pieces stored, trackers told, files closed. */
const END_BYTES_MAX = 512 * 1024
const END_MS_MAX = 120

/** Without end. */
export function* moments(random: Random): Generator<Moment, never> {
  for (;;) {
    const deck = [...DECK]
    while (deck.length > 0) yield momentOf(deck.splice(random.below(deck.length), 1)[0]!, random)
  }
}

function momentOf(kind: MomentKind, random: Random): Moment {
  switch (kind) {
    case 'start':
    case 'verification':
      return { kind, share: random.below(1_000) / 1_000 }
    case 'mid-piece':
      return { kind, afterMs: random.below(MID_PIECE_MS_MAX) }
    case 'state-write':
      return { kind, nth: 1 + random.below(STATE_WRITES_MAX), afterMs: random.below(STATE_WRITE_MS_MAX) }
    case 'end': {
      const leftBytes = random.below(2) === 0 ? 0 : random.below(END_BYTES_MAX)
      return { kind, leftBytes, afterMs: random.below(END_MS_MAX) }
    }
  }
}

/** For one that did not come in a whole download: again and again sooner, until it must come. */
export function sooner(moment: Moment): Moment {
  switch (moment.kind) {
    case 'start':
    case 'verification':
      return { ...moment, share: moment.share / 2 }
    case 'mid-piece':
    case 'end':
      return { ...moment, afterMs: Math.floor(moment.afterMs / 2) }
    case 'state-write':
      return { ...moment, nth: Math.max(1, moment.nth - 1), afterMs: 0 }
  }
}

/** How long the phases took the last time. */
export interface Timings {
  startMs: number
  verificationMs: number
}

/** Waits for a moment by what the session is seen to do, then calls `come`, once. */
export class MomentWatch {
  readonly #moment: Moment
  readonly #timings: Readonly<Timings>
  readonly #alarm: Alarm
  #stateWrites = 0
  #isSet = false

  constructor(moment: Moment, timings: Readonly<Timings>, clock: Clock, come: () => void) {
    this.#moment = moment
    this.#timings = timings
    this.#alarm = clock.alarm(come)
  }

  spawned(nowMs: number): void {
    if (this.#moment.kind === 'start') this.#set(nowMs + this.#moment.share * this.#timings.startMs)
  }

  /** The torrent is known, its files are being looked at. */
  started(nowMs: number): void {
    if (this.#moment.kind === 'verification') this.#set(nowMs + this.#moment.share * this.#timings.verificationMs)
  }

  stateWrite(nowMs: number): void {
    if (this.#moment.kind !== 'state-write' || ++this.#stateWrites < this.#moment.nth) return
    this.#set(nowMs + this.#moment.afterMs)
  }

  /** A block was sent to it; so much is still to come. */
  sent(nowMs: number, leftBytes: number): void {
    if (this.#moment.kind === 'mid-piece') this.#set(nowMs + this.#moment.afterMs)
    else if (this.#moment.kind === 'end' && leftBytes <= this.#moment.leftBytes) this.#set(nowMs + this.#moment.afterMs)
  }

  close(): void {
    this.#isSet = true
    this.#alarm.set(null)
  }

  #set(atMs: number): void {
    if (this.#isSet) return
    this.#isSet = true
    this.#alarm.set(atMs)
  }
}
