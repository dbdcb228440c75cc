/** The real client passes the suite, against servers that say what they are told to over real sockets. */
import http from 'node:http'
import type net from 'node:net'
import { type AskedOfServer, httpCompliance, type ServerAnswer } from '../ports/http.compliance.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { nodeHttpClient } from './http.ts'

/** There is no global address to test from: another of this host plays it, where there is one. */
const HOSTS = { local: '127.0.0.1', global: process.platform === 'linux' ? '127.0.0.2' : '::1' }

httpCompliance('node', async () => {
  const servers: http.Server[] = []
  const listen = async (host: string, handle: http.RequestListener) => {
    const server = http.createServer(handle)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    const name = host.includes(':') ? `[${host}]` : host
    return `http://${name}:${(server.address() as net.AddressInfo).port}`
  }
  const nobody = await listen(HOSTS.local, () => {})
  await new Promise((resolve) => servers.pop()!.close(resolve))
  return {
    clock: nodeClock(),
    client: nodeHttpClient({ isLocal: (host) => host !== HOSTS.global }),
    nobody,
    serve: (at, handle) => listen(HOSTS[at], (request, response) => respond(response, handle(askedOf(request)))),
    run: runEventLoop,
    close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
})

function askedOf({ url, headers }: http.IncomingMessage): AskedOfServer {
  const found = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
  if (found === null) return { target: url ?? '', range: null }
  const [first, last] = [Number(found[1]), Number(found[2])]
  return { target: url ?? '', range: { offsetBytes: first, lengthBytes: last - first + 1 } }
}

function respond(response: http.ServerResponse, answer: ServerAnswer): void {
  const { status, body, range, retryAfterSeconds, location, how = 'whole' } = answer
  const lastByte = range === undefined ? 0 : range.offsetBytes + range.lengthBytes - 1
  response.writeHead(status, {
    ...(how !== 'endless' && { 'Content-Length': body.length }),
    ...(range !== undefined && {
      'Content-Range': `bytes ${range.offsetBytes}-${lastByte}/${range.totalBytes ?? '*'}`,
    }),
    ...(retryAfterSeconds !== undefined && { 'Retry-After': retryAfterSeconds }),
    ...(location !== undefined && { Location: location }),
  })
  if (how === 'whole') response.end(body)
  else if (how === 'endless') sendEndlessly(response)
  else {
    response.write(body.subarray(0, body.length / 2), () => {
      if (how === 'breaks') response.destroy()
    })
  }
}

function sendEndlessly(response: http.ServerResponse): void {
  const chunk = new Uint8Array(10_000)
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}
