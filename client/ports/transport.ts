/**
 * Byte streams between peers. `client/node` gives TCP, `simulator` gives simulated links; `links` decorates either.
 *
 * No method calls a handler back during the call: a connect that fails at once still fails in a later call.
 */
export interface PeerAddress {
  /** An IPv4 or IPv6 literal, never a name. */
  readonly host: string
  readonly port: number
  /** As `formatAddress` writes it, where that was written once for all who hear of it. */
  readonly text?: string
}

/**
 * Who may keep the bytes of a chunk. `owned`: the receiver may keep views on it. `borrowed`: valid until the call
 * returns; what must stay is copied.
 */
export type Ownership = 'owned' | 'borrowed'

/**
 * Why a connection ended. `closed` is our own doing. `fin`, the remote's close, ends both directions: what is queued for
 * it is dropped.
 */
export type ConnectionEnd = 'fin' | 'reset' | 'refused' | 'unreachable' | 'closed'

/** After our own `close` or `reset` only `ended` is called. */
export interface ConnectionHandler {
  /** A connection that we asked for is open. Not called for accepted ones: they are open from the start. */
  opened(nowMs: number): void
  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void
  /** All that was sent has left: `unsentBytes` is 0 again after it was not. */
  drained(nowMs: number): void
  /** The last call, exactly once, whoever ended it. */
  ended(nowMs: number, end: ConnectionEnd): void
}

export interface Connection {
  readonly remote: PeerAddress
  /** Bytes handed to `send` that have not left this host yet; 0 after the end. */
  readonly unsentBytes: number
  /**
   * Queues parts, joined (a header and its block leave as one, uncopied), before it is open too; after `close`, `reset`
   * or the end it does nothing. They belong to the transport from here on: the caller never changes them again.
   */
  send(...parts: readonly Uint8Array[]): void
  /** FIN, after what is queued; before it is open: gives up. */
  close(): void
  /** RST, now; what is queued is dropped. */
  reset(): void
  /** Back-pressure: while paused nothing is received, and the sender is slowed down. */
  pauseReceiving(): void
  resumeReceiving(): void
}

export interface ListenHandler {
  /** Ready. `local` has the port that was bound. */
  listening(nowMs: number, local: PeerAddress): void
  /** Could not listen; the last call. */
  failed(nowMs: number, fault: ListenFault): void
  /** Somebody connected. What is returned handles the connection. */
  accepted(nowMs: number, connection: Connection): ConnectionHandler
}

export interface ListenFault {
  readonly code: 'in-use' | 'not-permitted' | 'not-available'
  readonly local: PeerAddress
}

export interface Listener {
  close(): void
}

export interface Transport {
  connect(remote: PeerAddress, handler: ConnectionHandler): Connection
  /** Port 0 means any free one. */
  listen(local: PeerAddress, handler: ListenHandler): Listener
}

/** `1.2.3.4:6881` or `[::1]:6881`. */
export function formatAddress(address: PeerAddress): string {
  if (address.text !== undefined) return address.text
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** For a connection that is ended at once: nobody wants to hear of it. */
export const NO_HANDLER: ConnectionHandler = { opened() {}, received() {}, drained() {}, ended() {} }
