/**
 * What the transport suite records with: handlers that write down all that happens to them and check, in every test, the
 * rules of ./transport.ts that hold always. Content is a pattern, so that any byte tells whether it is in its place.
 */
import type { Clock } from './clock.ts'
import type {
  Connection,
  ConnectionEnd,
  ConnectionHandler,
  Listener,
  ListenFault,
  ListenHandler,
  Ownership,
  PeerAddress,
  Transport,
} from './transport.ts'

/** Byte i of every stream is `i % PATTERN_PERIOD`; PATTERN is a whole number of periods, to be sent again and again. */
const PATTERN_PERIOD = 251
export const PATTERN = Uint8Array.from({ length: PATTERN_PERIOD * 4096 }, (_, index) => index % PATTERN_PERIOD)

/** Bytes `from` to `to` of the pattern. */
export function pattern(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, index) => (from + index) % PATTERN_PERIOD)
}

/** What breaks a rule that holds always; a test ends with it empty. */
export class Rules {
  readonly broken: string[] = []
  #callDepth = 0

  /** Runs one call of the transport; any handler that is called meanwhile breaks the first rule. */
  call<Result>(run: () => Result): Result {
    this.#callDepth++
    try {
      return run()
    } finally {
      this.#callDepth--
    }
  }

  /** Runs what a handler does; the transport's calls that it makes are calls again. */
  handler<Result>(what: string, run: () => Result): Result {
    if (this.#callDepth > 0) this.broken.push(`${what} was called during a call`)
    return run()
  }
}

/** One end of a connection: what it got, and hooks for what a test wants done there. */
export class Side implements ConnectionHandler {
  /** `opened`, `received`, `drained`, `ended: WHY`; runs of `received` are one entry. */
  readonly log: string[] = []
  receivedBytes = 0
  drains = 0
  end: ConnectionEnd | null = null
  onOpened: () => void = () => {}
  onReceived: (chunk: Uint8Array, ownership: Ownership) => void = () => {}
  readonly #clock: Clock
  readonly #rules: Rules
  readonly #name: string
  #connection: Connection | null = null
  #lastMs = Number.NEGATIVE_INFINITY
  readonly #kept: { readonly chunk: Uint8Array; readonly from: number }[] = []

  constructor(name: string, clock: Clock, rules: Rules) {
    this.#name = name
    this.#clock = clock
    this.#rules = rules
  }

  get connection(): Connection {
    if (this.#connection === null) throw new Error(`${this.#name} has no connection yet`)
    return this.#connection
  }

  attach(connection: Connection): this {
    this.#connection = connection
    return this
  }

  send(...parts: readonly Uint8Array[]): void {
    this.#rules.call(() => this.connection.send(...parts))
  }

  /** Sends the pattern `times` times: about as many MB. */
  sendPattern(times: number): void {
    for (let time = 0; time < times; time++) this.send(PATTERN)
  }

  close(): void {
    this.#rules.call(() => this.connection.close())
  }

  reset(): void {
    this.#rules.call(() => this.connection.reset())
  }

  pause(): void {
    this.#rules.call(() => this.connection.pauseReceiving())
  }

  resume(): void {
    this.#rules.call(() => this.connection.resumeReceiving())
  }

  opened(nowMs: number): void {
    this.#note(nowMs, 'opened', () => this.onOpened())
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    this.#note(nowMs, 'received', () => {
      if (chunk.length === 0) this.#rules.broken.push(`${this.#name} received an empty chunk`)
      this.#checkPattern(chunk, this.receivedBytes)
      if (ownership === 'owned') this.#kept.push({ chunk, from: this.receivedBytes })
      this.receivedBytes += chunk.length
      this.onReceived(chunk, ownership)
    })
  }

  drained(nowMs: number): void {
    this.drains++
    if (this.connection.unsentBytes !== 0) this.#rules.broken.push(`${this.#name} drained with bytes unsent`)
    this.#note(nowMs, 'drained', () => {})
  }

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#note(nowMs, `ended: ${end}`, () => {})
    this.end = end
    if (this.connection.unsentBytes !== 0) this.#rules.broken.push(`${this.#name} ended with bytes unsent`)
  }

  /** Chunks that were given away are still what they were. */
  checkKept(): void {
    for (const { chunk, from } of this.#kept) this.#checkPattern(chunk, from)
  }

  #checkPattern(chunk: Uint8Array, from: number): void {
    let expected = from % PATTERN_PERIOD
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] !== expected) {
        this.#rules.broken.push(`${this.#name}: byte ${from + index} is wrong`)
        return
      }
      expected = expected + 1 === PATTERN_PERIOD ? 0 : expected + 1
    }
  }

  #note(nowMs: number, what: string, act: () => void): void {
    if (this.end !== null) this.#rules.broken.push(`${this.#name}: ${what} after the end`)
    if (nowMs < this.#lastMs || nowMs > this.#clock.nowMs()) this.#rules.broken.push(`${this.#name}: time ${nowMs}`)
    this.#lastMs = nowMs
    if (what !== 'received' || this.log.at(-1) !== 'received') this.log.push(what)
    this.#rules.handler(`${this.#name} ${what}`, act)
  }
}

/** A listener that writes down what it is told and makes a `Side` of every connection. */
export class Listening implements ListenHandler {
  readonly sides: Side[] = []
  local: PeerAddress | null = null
  fault: ListenFault | null = null
  onAccepted: (side: Side) => void = () => {}
  readonly #clock: Clock
  readonly #rules: Rules
  readonly #listener: Listener

  constructor(transport: Transport, local: PeerAddress, clock: Clock, rules: Rules) {
    this.#clock = clock
    this.#rules = rules
    this.#listener = rules.call(() => transport.listen(local, this))
  }

  close(): void {
    this.#rules.call(() => this.#listener.close())
  }

  listening(_nowMs: number, local: PeerAddress): void {
    this.#rules.handler('listening', () => {
      if (this.local !== null || this.fault !== null) this.#rules.broken.push('listening is not the first call')
      this.local = local
    })
  }

  failed(_nowMs: number, fault: ListenFault): void {
    this.#rules.handler('failed', () => {
      if (this.local !== null || this.fault !== null) this.#rules.broken.push('failed is not the only call')
      this.fault = fault
    })
  }

  accepted(_nowMs: number, connection: Connection): ConnectionHandler {
    return this.#rules.handler('accepted', () => {
      const side = new Side(`accepted ${this.sides.length}`, this.#clock, this.#rules).attach(connection)
      this.sides.push(side)
      this.onAccepted(side)
      return side
    })
  }
}
