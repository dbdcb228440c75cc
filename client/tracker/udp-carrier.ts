/**
 * Carries questions to UDP trackers through the Datagrams port, one at a time, and the answers back. BEP 15. Its owner
 * calls it at its deadline, and looks for an outcome and a new deadline after that and when it is touched.
 *
 * After an answer the socket stays open as long as its connection id is good: what is asked next of the same tracker, as
 * `completed` and `stopped` are, goes out from the same port with the same id, which many trackers bind to both.
 */
import type { DatagramFault, DatagramSocket, Datagrams } from '../ports/datagrams.ts'
import type { Random } from '../ports/random.ts'
import { exchangeFault } from './announce-outcome.ts'
import { type UdpConnection, UdpExchange, type UdpOutcome, type UdpQuestion } from './udp-exchange.ts'
import type { AddressFamily } from './udp-responses.ts'

export interface UdpPorts {
  readonly datagrams: Datagrams
  /** Transaction ids: what keeps forged answers out. */
  readonly random: Random
  /** Something came of what is under way. Never called during a call. */
  readonly touched: (nowMs: number) => void
}

export interface UdpAsk {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly question: UdpQuestion
}

/** A socket to a tracker. */
interface Line {
  readonly host: string
  readonly port: number
  readonly socket: DatagramSocket
  /** Null until it is open. */
  family: AddressFamily | null
  connection: UdpConnection | null
}

export class UdpCarrier {
  readonly #ports: UdpPorts
  #line: Line | null = null
  #underWay: UdpExchange | null = null
  #outcome: UdpOutcome | null = null

  constructor(ports: UdpPorts) {
    this.#ports = ports
  }

  /** What is under way is given up. */
  ask(nowMs: number, { host, port, timeoutMs, question }: UdpAsk): void {
    this.#giveUp()
    const line = this.#line?.host === host && this.#line.port === port ? this.#line : this.#open(host, port)
    this.#underWay = new UdpExchange(nowMs, question, timeoutMs, line.connection, this.#ports.random)
    if (line.family !== null) this.#underWay.opened(nowMs, line.family)
    this.#settle()
  }

  get isBusy(): boolean {
    return this.#underWay !== null || this.#outcome !== null
  }

  /** What came of what was asked last, once. */
  takeOutcome(): UdpOutcome | null {
    const outcome = this.#outcome
    this.#outcome = null
    return outcome
  }

  handleDeadline(nowMs: number): void {
    this.#underWay?.handleDeadline(nowMs)
    this.#settle()
    if (this.#underWay === null && this.#line !== null && (this.#line.connection?.untilMs ?? 0) <= nowMs) this.#hangUp()
  }

  /** Of what is under way; when nothing is, from when on the open socket is good for nothing. */
  deadlineMs(): number | null {
    return this.#underWay === null ? (this.#line?.connection?.untilMs ?? null) : this.#underWay.deadlineMs()
  }

  /** Gives up what is under way. */
  cancel(): void {
    this.#giveUp()
    this.#keepOrClose()
  }

  /** Gives up what is under way; nothing is left open. */
  close(): void {
    this.#underWay = null
    this.#outcome = null
    this.#hangUp()
  }

  /** What was reached stays. */
  #giveUp(): void {
    if (this.#line !== null && this.#underWay !== null) this.#line.connection = this.#underWay.connection
    this.#underWay = null
    this.#outcome = null
  }

  #open(host: string, port: number): Line {
    this.#hangUp()
    const heard = (nowMs: number, act: () => void) => {
      if (this.#line !== line) return
      const beforeMs = this.deadlineMs()
      act()
      this.#settle()
      // Not for every forged datagram.
      if (this.#outcome !== null || this.deadlineMs() !== beforeMs) this.#ports.touched(nowMs)
    }
    const socket = this.#ports.datagrams.connect(
      { host, port },
      {
        opened: (nowMs, remote) =>
          heard(nowMs, () => {
            line.family = remote.host.includes(':') ? 'ipv6' : 'ipv4'
            this.#underWay?.opened(nowMs, line.family)
          }),
        received: (nowMs, bytes) => heard(nowMs, () => this.#underWay?.received(nowMs, bytes)),
        failed: (nowMs, fault) => heard(nowMs, () => this.#failed(fault)),
      },
    )
    const line: Line = { host, port, socket, family: null, connection: null }
    this.#line = line
    return line
  }

  #settle(): void {
    const exchange = this.#underWay
    if (exchange === null) return
    for (let datagram = exchange.nextDatagram(); datagram !== null; datagram = exchange.nextDatagram()) {
      this.#line?.socket.send(datagram)
    }
    const { outcome } = exchange
    if (outcome === null) return
    this.cancel()
    this.#outcome = outcome
  }

  #failed({ code, detail }: DatagramFault): void {
    if (this.#underWay !== null) this.#outcome = exchangeFault(code, detail)
    this.#underWay = null
    this.#hangUp()
  }

  /** A line without a connection saves nothing to the next question. */
  #keepOrClose(): void {
    if ((this.#line?.connection ?? null) === null) this.#hangUp()
  }

  #hangUp(): void {
    this.#line?.socket.close()
    this.#line = null
  }
}
