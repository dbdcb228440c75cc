/** The tracker on a port, TCP and UDP: thin servers around `TrackerHttpService` and `TrackerUdpService`. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { udpDatagrams } from '../client/node/udp.ts'
import type { Alarm, Clock } from '../client/ports/clock.ts'
import { formatAddress, type ListenFault, type PeerAddress } from '../client/ports/transport.ts'
import type { Handled, TrackerHttpService } from './http-service.ts'
import type { AnnounceRecord } from './scripted-tracker.ts'
import { startUdpTracker, type UdpTracker } from './udp-server.ts'
import { TrackerUdpService } from './udp-service.ts'

export interface TrackerServerOptions {
  readonly service: TrackerHttpService
  readonly clock: Clock
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly onAnnounce?: (nowMs: number, announce: AnnounceRecord) => void
}

export interface TrackerServer {
  /** Where it listens; the port is the one that was bound, of TCP and UDP. */
  readonly local: PeerAddress
  readonly announceUrl: string
  readonly udpAnnounceUrl: string
  /** At once: what is being answered, delayed or left hanging is cut. */
  close(): Promise<void>
}

/** Of ports that are free for TCP, how many may be taken for UDP before it is given up. */
const TRIES = 20

/** Rejects with the system's error (`EADDRINUSE`…) when it cannot listen. */
export async function startTrackerServer(options: TrackerServerOptions): Promise<TrackerServer> {
  for (let tries = 1; ; tries++) {
    const server = new Server(options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.close()
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || options.port !== 0 || tries === TRIES) throw error
    }
  }
}

class Server implements TrackerServer {
  local: PeerAddress
  readonly #options: TrackerServerOptions
  readonly #http: http.Server
  readonly #udpService: TrackerUdpService
  readonly #delayed = new Set<Alarm>()
  readonly #back: Alarm
  #udp: UdpTracker | null = null

  constructor(options: TrackerServerOptions) {
    this.#options = options
    this.local = { host: options.host, port: options.port }
    this.#http = http.createServer((request, response) => this.#answer(request, response))
    this.#udpService = new TrackerUdpService(options.service.tracker)
    this.#back = options.clock.alarm(() => this.#comeBack())
  }

  get announceUrl(): string {
    return `http://${formatAddress(this.local)}/announce`
  }

  get udpAnnounceUrl(): string {
    return `udp://${formatAddress(this.local)}/announce`
  }

  async start(): Promise<void> {
    const { host, port } = this.local
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject).listen(port, host, resolve)
    })
    const { address, port: bound } = this.#http.address() as AddressInfo
    this.local = { host: address, port: bound }
    await this.#startUdp()
  }

  close(): Promise<void> {
    this.#back.set(null)
    return this.#leave()
  }

  #startUdp(): Promise<void> {
    const { clock, onAnnounce } = this.#options
    return new Promise((resolve, reject) => {
      this.#udp = startUdpTracker(
        {
          service: this.#udpService,
          clock,
          datagrams: udpDatagrams({ clock }),
          local: this.local,
          ...(onAnnounce !== undefined && { onAnnounce }),
          onAway: (awayMs) => this.#goAway(awayMs),
        },
        (outcome) => ('code' in outcome ? reject(systemError(outcome)) : resolve()),
      )
    })
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end()
      return
    }
    const { clock, service, onAnnounce } = this.#options
    const nowMs = clock.nowMs()
    const { remoteAddress } = request.socket
    if (remoteAddress === undefined) return // gone already
    const handled = service.handle(request.url ?? '/', remoteAddress, nowMs)
    if (handled.announce !== null) onAnnounce?.(nowMs, handled.announce)
    if (handled.delayMs === 0) this.#reply(handled, response)
    else {
      const alarm = clock.alarm(() => {
        this.#delayed.delete(alarm)
        this.#reply(handled, response)
      })
      this.#delayed.add(alarm)
      alarm.set(nowMs + handled.delayMs)
    }
  }

  /** To a client that is gone meanwhile, nothing happens. */
  #reply(handled: Handled, response: http.ServerResponse): void {
    if (handled.kind === 'reset') response.socket?.resetAndDestroy()
    else if (handled.kind === 'answer') sendBody(handled, response)
    if (handled.awayMs !== null) this.#goAway(handled.awayMs)
  }

  #goAway(awayMs: number): void {
    void this.#leave()
    this.#back.set(this.#options.clock.nowMs() + awayMs)
  }

  /** Where the port was taken meanwhile it stays away. */
  #comeBack(): void {
    this.start().catch(() => this.#leave())
  }

  #leave(): Promise<void> {
    for (const alarm of this.#delayed) alarm.set(null)
    this.#delayed.clear()
    this.#udp?.close()
    this.#udp = null
    return new Promise((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }
}

/** A body that is sent several times waits for its reader: no more than one of it is in memory. */
function sendBody({ status, headers, body, times }: Handled & { kind: 'answer' }, response: http.ServerResponse): void {
  response.writeHead(status, headers)
  let left = times
  const more = () => {
    while (left > 1 && !response.destroyed) {
      left -= 1
      if (!response.write(body)) return
    }
    if (left === 1) response.end(body)
    left = 0
  }
  response.on('drain', more)
  more()
}

/** As node:net says it of TCP. */
function systemError({ code, local }: ListenFault): NodeJS.ErrnoException {
  const codes = { 'in-use': 'EADDRINUSE', 'not-permitted': 'EACCES', 'not-available': 'EADDRNOTAVAIL' } as const
  return Object.assign(new Error(`UDP ${formatAddress(local)}: ${code}`), { code: codes[code] })
}
