/**
 * Byte streams over TCP: `Transport` on node:net. Nagle is off; what one turn sends leaves in one system call.
 *
 * A connection is in exactly one of: connecting; open; closing (its FIN follows what is queued, then the remote's is
 * awaited); over (the reason is known, the socket is not gone yet); ended. Every way leads through the socket's one
 * 'close' event, and that calls `ended`.
 *
 * Received bytes: connections that we opened read into one buffer that all share, and lend it (`borrowed`); Node offers
 * that for no accepted socket, so these allocate each chunk and give it away (`owned`; 2.4 times the CPU a byte).
 *
 * `unsentBytes` counts what the kernel has not taken yet. While receiving is paused, the remote's end is not noticed.
 */
import net from 'node:net'
import type { Alarm, Clock } from '../ports/clock.ts'
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
} from '../ports/transport.ts'

/** How long after `close` the remote may take to read what is queued and to close its side; then it is reset. */
export const LINGER_MS = 10_000

/** Up to 16 blocks come with one read, so that up to 16 requests leave with one write. */
const RECEIVE_BYTES = 256 * 1024

/** POSIX reads when bytes are there and hands them over before it reads again: one buffer serves all connections. */
const SHARED_BUFFER = process.platform === 'win32' ? null : new Uint8Array(RECEIVE_BYTES)

const PORT_MAX = 65_535

export interface TcpOptions {
  readonly clock: Clock
  /** An IP literal that outgoing connections come from; by default the system chooses. */
  readonly localHost?: string
}

/** Throws a RangeError when `localHost` is not an IP literal. */
export function tcpTransport({ clock, localHost }: TcpOptions): Transport {
  if (localHost !== undefined && net.isIP(localHost) === 0) throw new RangeError(`not an IP address: ${localHost}`)
  return {
    connect: (remote, handler) => connect(clock, localHost, remote, handler),
    listen: (local, handler) => listen(clock, local, handler),
  }
}

function connect(clock: Clock, localHost: string | undefined, remote: PeerAddress, handler: ConnectionHandler) {
  const buffer = SHARED_BUFFER ?? new Uint8Array(RECEIVE_BYTES)
  const callback = (lengthBytes: number) => {
    connection.receive(buffer.subarray(0, lengthBytes), 'borrowed')
    return true
  }
  const socket = new net.Socket({ allowHalfOpen: true, noDelay: true, onread: { buffer, callback } })
  const connection = new TcpConnection(clock, remote, socket, CONNECTING, () => handler)
  if (net.isIP(remote.host) === 0 || !(remote.port > 0 && remote.port <= PORT_MAX)) {
    socket.destroy(new Error('not an address')) // a name would be looked up
  } else {
    socket.connect({
      host: remote.host,
      port: remote.port,
      ...(localHost !== undefined && { localAddress: localHost }),
    })
    socket.resume()
  }
  return connection
}

/** Failures to accept one connection are no concern of the listener: the remote sees its attempt fail. */
function listen(clock: Clock, local: PeerAddress, handler: ListenHandler): Listener {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true })
  let state: 'starting' | 'listening' | 'over' = 'starting'
  const fail = (code: string | undefined) => {
    if (state !== 'starting') return
    state = 'over'
    handler.failed(clock.nowMs(), { code: listenFaultCode(code), local })
  }
  server.on('error', (error: NodeJS.ErrnoException) => fail(error.code))
  server.on('listening', () => {
    if (state !== 'starting') return
    state = 'listening'
    const { address, port } = server.address() as net.AddressInfo
    handler.listening(clock.nowMs(), { host: address, port })
  })
  server.on('connection', (socket) => {
    if (state === 'listening') accept(clock, socket, handler)
    else socket.destroy()
  })
  if (net.isIP(local.host) === 0 || !(local.port >= 0 && local.port <= PORT_MAX)) {
    queueMicrotask(() => fail('EADDRNOTAVAIL'))
  } else {
    server.listen({ host: local.host, port: local.port })
  }
  return {
    close() {
      state = 'over'
      server.close()
    },
  }
}

function accept(clock: Clock, socket: net.Socket, handler: ListenHandler): void {
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined || remotePort === undefined) {
    socket.on('error', () => {}) // it was reset before it was accepted
    socket.destroy()
    return
  }
  const remote = { host: remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''), port: remotePort }
  const accepted = (connection: Connection) => handler.accepted(clock.nowMs(), connection)
  const connection = new TcpConnection(clock, remote, socket, OPEN, accepted)
  socket.on('data', (chunk) => connection.receive(chunk, 'owned'))
}

type State =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; readonly linger: Alarm }
  | { readonly kind: 'over'; readonly end: ConnectionEnd }
  | { readonly kind: 'ended' }

const CONNECTING: State = { kind: 'connecting' }
const OPEN: State = { kind: 'open' }
const ENDED: State = { kind: 'ended' }

class TcpConnection implements Connection {
  readonly remote: PeerAddress
  readonly #clock: Clock
  readonly #socket: net.Socket
  readonly #handler: ConnectionHandler
  #state: State
  #receivingPaused = false
  /** What waits for the batch that is being written, for the end of this turn, or for the connection to open. */
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** The one batch that the socket has; 0 when it has none. */
  #writingBytes = 0

  constructor(
    clock: Clock,
    remote: PeerAddress,
    socket: net.Socket,
    state: State,
    handlerOf: (connection: Connection) => ConnectionHandler,
  ) {
    this.remote = remote
    this.#clock = clock
    this.#socket = socket
    this.#state = state
    socket.on('connect', () => this.#opened())
    socket.on('end', () => this.#remoteClosed())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error.code))
    socket.on('close', () => this.#gone())
    this.#handler = handlerOf(this)
  }

  get unsentBytes(): number {
    return this.#queuedBytes + this.#writingBytes
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#state.kind !== 'open' && this.#state.kind !== 'connecting') return
    for (const bytes of parts) {
      if (bytes.length === 0) continue
      this.#queue.push(bytes)
      this.#queuedBytes += bytes.length
      if (this.#queue.length === 1 && this.#state.kind === 'open') queueMicrotask(this.#flush)
    }
  }

  close(): void {
    if (this.#state.kind === 'connecting') {
      this.#leave('closed')
      this.#socket.destroy()
    } else if (this.#state.kind === 'open') {
      const linger = this.#clock.alarm(() => this.reset())
      linger.set(this.#clock.nowMs() + LINGER_MS)
      this.#state = { kind: 'closing', linger }
      this.#socket.resume() // unread bytes would turn the FIN into a RST, and hide the remote's FIN
      if (this.unsentBytes === 0) this.#socket.end()
    }
  }

  reset(): void {
    const { kind } = this.#state
    if (kind === 'over' || kind === 'ended') return
    this.#leave('closed')
    // Before it is open there is nothing to reset. Between `end` and its FIN libuv cannot; then the queue is empty.
    const shutting = this.#socket.writableEnded && !this.#socket.writableFinished
    if (kind === 'connecting' || shutting) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  pauseReceiving(): void {
    this.#receivingPaused = true
    if (this.#state.kind === 'open') this.#socket.pause()
  }

  resumeReceiving(): void {
    this.#receivingPaused = false
    if (this.#state.kind === 'open') this.#socket.resume()
  }

  receive(chunk: Uint8Array, ownership: Ownership): void {
    if (this.#state.kind === 'open') this.#handler.received(this.#clock.nowMs(), chunk, ownership)
  }

  #opened(): void {
    if (this.#state.kind !== 'connecting') return
    this.#state = OPEN
    // The first resume starts to read a tick later, paused again by then or not. No byte comes before both ticks.
    this.#socket.resume()
    process.nextTick(() => {
      if (this.#receivingPaused && this.#state.kind === 'open') this.#socket.pause()
    })
    this.#handler.opened(this.#clock.nowMs())
    this.#flush()
  }

  /** Writes all that is queued as one batch, unless one is under way: then its completion comes back here. */
  readonly #flush = (): void => {
    if (this.#queue.length === 0 || this.#writingBytes > 0) return
    if (this.#state.kind !== 'open' && this.#state.kind !== 'closing') return
    const batch = this.#queue
    this.#queue = []
    this.#writingBytes = this.#queuedBytes
    this.#queuedBytes = 0
    this.#socket.cork()
    const last = batch.pop()!
    for (const bytes of batch) this.#socket.write(bytes)
    this.#socket.write(last, this.#flushed)
    this.#socket.uncork()
  }

  readonly #flushed = (error?: Error | null): void => {
    if (error || (this.#state.kind !== 'open' && this.#state.kind !== 'closing')) return
    this.#writingBytes = 0
    if (this.#queue.length > 0) this.#flush()
    else if (this.#state.kind === 'closing') this.#socket.end()
    else this.#handler.drained(this.#clock.nowMs())
  }

  #remoteClosed(): void {
    if (this.#state.kind !== 'open') return
    this.#leave('fin')
    this.#socket.destroy()
  }

  #failed(code: string | undefined): void {
    if (this.#state.kind === 'open' || this.#state.kind === 'connecting') this.#leave(endOf(code))
  }

  #leave(end: ConnectionEnd): void {
    if (this.#state.kind === 'closing') this.#state.linger.set(null)
    this.#state = { kind: 'over', end }
    this.#queue = []
    this.#queuedBytes = 0
    this.#writingBytes = 0
  }

  #gone(): void {
    const end = this.#state.kind === 'over' ? this.#state.end : 'closed'
    this.#leave(end)
    this.#state = ENDED
    this.#handler.ended(this.#clock.nowMs(), end)
  }
}

function endOf(code: string | undefined): ConnectionEnd {
  if (code === 'ECONNREFUSED') return 'refused'
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'unreachable'
}

function listenFaultCode(code: string | undefined): ListenFault['code'] {
  if (code === 'EADDRINUSE') return 'in-use'
  return code === 'EACCES' || code === 'EPERM' ? 'not-permitted' : 'not-available'
}
