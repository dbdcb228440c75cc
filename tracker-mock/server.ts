/** The tracker on a port: a thin HTTP server around `TrackerHttpService`. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Alarm, Clock } from '../client/ports/clock.ts'
import { formatAddress, type PeerAddress } from '../client/ports/transport.ts'
import type { AnnounceRecord, Handled, TrackerHttpService } from './http-service.ts'

export interface TrackerServerOptions {
  readonly service: TrackerHttpService
  readonly clock: Clock
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly onAnnounce?: (nowMs: number, announce: AnnounceRecord) => void
}

export interface TrackerServer {
  /** Where it listens; the port is the one that was bound. */
  readonly local: PeerAddress
  readonly announceUrl: string
  /** At once: what is being answered, delayed or left hanging is cut. */
  close(): Promise<void>
}

/** Rejects with the system's error (`EADDRINUSE`…) when it cannot listen. */
export async function startTrackerServer(options: TrackerServerOptions): Promise<TrackerServer> {
  const delayed = new Set<Alarm>()
  const server = http.createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end()
      return
    }
    const nowMs = options.clock.nowMs()
    const { remoteAddress } = request.socket
    if (remoteAddress === undefined) return // gone already
    const handled = options.service.handle(request.url ?? '/', remoteAddress, nowMs)
    if (handled.announce !== null) options.onAnnounce?.(nowMs, handled.announce)
    if (handled.delayMs === 0) {
      reply(handled, response)
      return
    }
    const alarm = options.clock.alarm(() => {
      delayed.delete(alarm)
      reply(handled, response)
    })
    delayed.add(alarm)
    alarm.set(nowMs + handled.delayMs)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve)
  })
  const { address: host, port } = server.address() as AddressInfo
  const local = { host, port }
  return {
    local,
    announceUrl: `http://${formatAddress(local)}/announce`,
    close: () =>
      new Promise((resolve) => {
        for (const alarm of delayed) alarm.set(null)
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** To a client that is gone meanwhile, nothing happens. */
function reply(handled: Handled, response: http.ServerResponse): void {
  if (handled.kind === 'reset') response.socket?.resetAndDestroy()
  else if (handled.kind === 'answer') response.writeHead(handled.status, handled.headers).end(handled.body)
}
