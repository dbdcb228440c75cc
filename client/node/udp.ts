/**
 * Datagrams over UDP: `Datagrams` on node:dgram.
 *
 * A socket to one remote is connected, so that the kernel keeps strangers out and tells of ports where nobody listens.
 * A name may have several addresses: the first that this machine has a way to is taken, IPv4 before IPv6, since a
 * datagram that goes nowhere says nothing.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import type { Clock } from '../ports/clock.ts'
import {
  DATAGRAM_BYTES_MAX,
  type DatagramFault,
  type DatagramHandler,
  type DatagramListener,
  type DatagramListenHandler,
  type DatagramRemote,
  type DatagramSocket,
  type Datagrams,
} from '../ports/datagrams.ts'
import type { ListenFault, PeerAddress } from '../ports/transport.ts'

const PORT_MAX = 65_535
/** Of a name in the DNS, its dots included. */
const NAME_LENGTH_MAX = 253

export interface UdpOptions {
  readonly clock: Clock
  /** An IP literal that datagrams to remotes of its family come from; by default the system chooses. */
  readonly localHost?: string
}

export function udpDatagrams({ clock, localHost }: UdpOptions): Datagrams {
  return {
    connect: (remote, handler) => new ConnectedSocket(clock, localHost ?? null, remote, handler),
    listen: (local, handler) => listen(clock, local, handler),
  }
}

/** Over as soon as `#handler` is null: failed or closed, whatever comes after that is ignored. */
class ConnectedSocket implements DatagramSocket {
  readonly #clock: Clock
  readonly #localHost: string | null
  readonly #port: number
  #handler: DatagramHandler | null
  #socket: dgram.Socket | null = null
  #isOpen = false

  constructor(clock: Clock, localHost: string | null, remote: DatagramRemote, handler: DatagramHandler) {
    this.#clock = clock
    this.#localHost = localHost
    this.#port = remote.port
    this.#handler = handler
    const { host, port } = remote
    if (net.isIP(host) !== 0) setImmediate(() => this.#try([host]))
    else if (host === '' || host.length > NAME_LENGTH_MAX) setImmediate(() => this.#fail('unreachable', 'no such host'))
    else dns.lookup(host, { all: true, order: 'ipv4first' }, (error, found) => this.#lookedUp(error, found))
    if (!(port > 0 && port <= PORT_MAX)) queueMicrotask(() => this.#fail('unreachable', `no such port: ${port}`))
  }

  send(bytes: Uint8Array): void {
    if (this.#handler === null || !this.#isOpen || bytes.length > DATAGRAM_BYTES_MAX) return
    const socket = this.#socket
    socket?.send(bytes, (error) => {
      if (error !== null && socket === this.#socket) this.#broken(error)
    })
  }

  close(): void {
    this.#handler = null
    this.#socket?.close()
    this.#socket = null
  }

  #lookedUp(error: NodeJS.ErrnoException | null, found: readonly dns.LookupAddress[] | undefined): void {
    if (error === null && found !== undefined) this.#try(found.map(({ address }) => address))
    else this.#fail('unreachable', error?.code === 'ENOTFOUND' ? 'no such host' : (error?.code ?? 'no such host'))
  }

  #try([address, ...others]: readonly string[]): void {
    if (this.#handler === null) return
    if (address === undefined) return this.#fail('unreachable', 'no such host')
    const socket = dgram.createSocket(net.isIP(address) === 6 ? 'udp6' : 'udp4')
    this.#socket = socket
    const tryNext = (error: NodeJS.ErrnoException) => {
      socket.close()
      if (this.#socket !== socket) return
      this.#socket = null
      if (others.length > 0) this.#try(others)
      else this.#fail('unreachable', error.code ?? error.message)
    }
    socket.once('error', tryNext)
    const connect = () =>
      socket.connect(this.#port, address, (error?: Error) => {
        if (error !== undefined && error !== null) return tryNext(error)
        socket.off('error', tryNext)
        this.#opened(socket, address)
      })
    if (this.#localHost !== null && net.isIP(this.#localHost) === net.isIP(address)) {
      socket.bind({ address: this.#localHost, port: 0 }, connect)
    } else {
      connect()
    }
  }

  #opened(socket: dgram.Socket, host: string): void {
    if (this.#handler === null) return
    socket.on('error', (error) => this.#broken(error))
    socket.on('message', (message) => {
      const bytes = new Uint8Array(message.buffer, message.byteOffset, message.length)
      if (socket === this.#socket) this.#handler?.received(this.#clock.nowMs(), bytes)
    })
    this.#isOpen = true
    this.#handler.opened(this.#clock.nowMs(), { host, port: this.#port })
  }

  #broken(error: NodeJS.ErrnoException): void {
    // Longer than this system takes: lost.
    if (error.code === 'EMSGSIZE') return
    if (error.code === 'ECONNREFUSED') this.#fail('refused', 'nobody listens there')
    else this.#fail('unreachable', error.code ?? error.message)
  }

  #fail(code: DatagramFault['code'], detail: string): void {
    const handler = this.#handler
    this.close()
    handler?.failed(this.#clock.nowMs(), { code, detail })
  }
}

function listen(clock: Clock, local: PeerAddress, handler: DatagramListenHandler): DatagramListener {
  const isIpv6 = net.isIP(local.host) === 6
  const socket = dgram.createSocket({ type: isIpv6 ? 'udp6' : 'udp4' })
  let state: 'starting' | 'listening' | 'over' = 'starting'
  const fail = (code: string | undefined) => {
    if (state !== 'starting') return // a datagram that could not be sent is a lost one
    state = 'over'
    socket.close()
    handler.failed(clock.nowMs(), { code: listenFaultCode(code), local })
  }
  socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code))
  socket.on('listening', () => {
    if (state !== 'starting') return
    state = 'listening'
    const { address: host, port } = socket.address()
    handler.listening(clock.nowMs(), { host, port })
  })
  socket.on('message', (message, { address, port }) => {
    if (state !== 'listening') return
    const bytes = new Uint8Array(message.buffer, message.byteOffset, message.length)
    handler.received(clock.nowMs(), bytes, { host: address.replace(/^::ffff:(?=\d+\.)/, ''), port })
  })
  if (net.isIP(local.host) === 0 || !(local.port >= 0 && local.port <= PORT_MAX)) {
    queueMicrotask(() => fail('EADDRNOTAVAIL'))
  } else {
    socket.bind({ address: local.host, port: local.port, exclusive: true })
  }
  return {
    send(bytes, { host, port }) {
      if (state !== 'listening' || bytes.length > DATAGRAM_BYTES_MAX) return
      socket.send(bytes, port, isIpv6 && net.isIP(host) === 4 ? `::ffff:${host}` : host, () => {})
    },
    close() {
      if (state !== 'over') socket.close()
      state = 'over'
    },
  }
}

function listenFaultCode(code: string | undefined): ListenFault['code'] {
  if (code === 'EADDRINUSE') return 'in-use'
  return code === 'EACCES' || code === 'EPERM' ? 'not-permitted' : 'not-available'
}
