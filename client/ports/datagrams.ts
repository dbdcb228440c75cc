/**
 * Datagrams, as UDP trackers need them: whole or not at all, in any order, maybe lost. `client/node` gives UDP,
 * `simulator` gives the delays and losses of simulated links.
 *
 * No method calls a handler back during the call. Bytes that were sent belong to the port from then on, bytes that were
 * received to the receiver.
 */
import type { ListenFault, PeerAddress } from './transport.ts'

/** What fits into a datagram over IPv4. A longer one is lost. */
export const DATAGRAM_BYTES_MAX = 65_507

export interface Datagrams {
  /** A socket that speaks with one remote, and hears nobody else. */
  connect(remote: DatagramRemote, handler: DatagramHandler): DatagramSocket
  /** A socket that hears everybody. Port 0 means any free one. */
  listen(local: PeerAddress, handler: DatagramListenHandler): DatagramListener
}

export interface DatagramRemote {
  /** A name, which is looked up, or an IP literal without brackets. */
  readonly host: string
  readonly port: number
}

export interface DatagramFault {
  /** `refused`: nobody listens there. `unreachable`: no such name, address or way to it. */
  readonly code: 'refused' | 'unreachable'
  readonly detail: string
}

export interface DatagramHandler {
  /** The remote's address is known: from now on it can be spoken with. */
  opened(nowMs: number, remote: PeerAddress): void
  received(nowMs: number, bytes: Uint8Array): void
  /** The socket is over; the last call. */
  failed(nowMs: number, fault: DatagramFault): void
}

export interface DatagramSocket {
  /** Before it is open, and after its end, nothing is sent. */
  send(bytes: Uint8Array): void
  /** After that the handler is not called. */
  close(): void
}

export interface DatagramListenHandler {
  /** Ready. `local` has the port that was bound. */
  listening(nowMs: number, local: PeerAddress): void
  /** Could not listen; the last call. */
  failed(nowMs: number, fault: ListenFault): void
  received(nowMs: number, bytes: Uint8Array, from: PeerAddress): void
}

export interface DatagramListener {
  send(bytes: Uint8Array, to: PeerAddress): void
  /** After that the handler is not called. */
  close(): void
}
