import http from 'node:http'
import net from 'node:net'
import zlib from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpOutcome, type HttpRequest, REDIRECTS_MAX } from '../ports/http.ts'
import { nodeHttpClient } from './http.ts'

const open: net.Server[] = []

afterEach(() => {
  for (const server of open.splice(0)) {
    if (server instanceof http.Server) server.closeAllConnections()
    server.close()
  }
})

/** `http://127.0.0.1:PORT`, gone after the test. */
async function listen(server: net.Server): Promise<string> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

const serve = (handler: http.RequestListener) => listen(http.createServer(handler))
const raw = (answer: string) => listen(net.createServer((socket) => socket.on('error', () => {}).end(answer)))

function get(url: string, request: Partial<HttpRequest> = {}, client = nodeHttpClient()): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    client.get({ url, timeoutMs: 5000, bodyBytesMax: 1000, ...request }, (_nowMs, outcome) => resolve(outcome))
  })
}

const text = (outcome: HttpOutcome) =>
  outcome.kind === 'response' ? `${outcome.status} ${new TextDecoder().decode(outcome.body)}` : outcome

describe('an answer', () => {
  test('gives status and body, and the request says who asks and asks for no keep-alive', async () => {
    let seen: http.IncomingMessage | undefined
    const base = await serve((request, response) => {
      seen = request
      response.writeHead(503).end('later')
    })
    expect(text(await get(`${base}/announce?info_hash=%00%FF%7e`))).toBe('503 later')
    expect(seen?.url).toBe('/announce?info_hash=%00%FF%7e')
    expect(seen?.headers['user-agent']).toMatch(/^swarmlab\/\d+\.\d+\.\d+$/)
    expect(seen?.headers.connection).toBe('close')
  })

  test.each([
    ['gzip', zlib.gzipSync('packed')],
    ['x-gzip', zlib.gzipSync('packed')],
    ['deflate', zlib.deflateSync('packed')],
    ['identity', Buffer.from('packed')],
  ])('encoded as %s is decoded', async (encoding, body) => {
    const base = await serve((_, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(body))
    expect(text(await get(base))).toBe('200 packed')
  })

  test.each([
    ['plain, its length said', {}, Buffer.alloc(1001), true],
    ['plain, its length not said', {}, Buffer.alloc(1001), false],
    ['gzip', { 'Content-Encoding': 'gzip' }, zlib.gzipSync(Buffer.alloc(1001)), true],
  ])('of one byte more than the limit is too large (%s)', async (_, headers, body, lengthSaid) => {
    const base = await serve((_, response) => {
      response.writeHead(200, lengthSaid ? { ...headers, 'Content-Length': body.length } : headers)
      if (!lengthSaid) response.write(body.subarray(0, 500))
      response.end(lengthSaid ? body : body.subarray(500))
    })
    expect(await get(base)).toMatchObject({ kind: 'fault', code: 'too-large' })
    expect(await get(base, { bodyBytesMax: 1001 })).toMatchObject({ kind: 'response', status: 200 })
  })
})

describe('a hostile answer', () => {
  test('a gzip bomb (64 MiB from 64 KiB) is cut at the limit', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(2 ** 26))
    const base = await serve((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb))
    expect(await get(base, { bodyBytesMax: 2 ** 20 })).toMatchObject({ kind: 'fault', code: 'too-large' })
  })

  test('compressed bytes that decompress to nothing are held to the limit too', async () => {
    const empty = zlib.gzipSync('')
    const base = await serve((_, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(Buffer.concat(Array(100).fill(empty))),
    )
    expect(await get(base)).toMatchObject({ kind: 'fault', code: 'too-large' })
  })

  test('a body of 100 MB is left as soon as it is too long: the server sent less than 20 MB', async () => {
    let sentBytes = 0
    let left: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    const base = await serve((_, response) => {
      const chunk = Buffer.alloc(100_000)
      const more = () => {
        while (sentBytes < 1e8 && !response.destroyed) {
          sentBytes += chunk.length
          if (!response.write(chunk)) return
        }
        response.end()
      }
      response.on('drain', more).on('close', left)
      more()
    })
    expect(await get(base, { bodyBytesMax: 2 ** 20 })).toMatchObject({ kind: 'fault', code: 'too-large' })
    await gone
    expect(sentBytes).toBeLessThan(2e7)
  })

  test.each([
    ['is not HTTP', 'garbage\r\n\r\n', 'not HTTP'],
    ['is nothing', '', 'ended before'],
    ['ends before its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'ended before'],
    ['has headers without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`, 'not HTTP'],
    ['is called gzip but is not', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabcdef', 'decompressed'],
    ['has an unknown encoding', 'HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nabcdef', 'expected Content-Encoding'],
  ])('that %s is broken', async (_, answer, detail) => {
    const outcome = await get(await raw(answer))
    expect(outcome).toEqual({ kind: 'fault', code: 'broken', detail: expect.stringContaining(detail) })
  })

  test.each([
    ['never answers', ''],
    ['never ends its body', 'HTTP/1.1 200 OK\r\n\r\nabc'],
  ])('that %s times out', async (_, answer) => {
    const base = await listen(net.createServer((socket) => socket.on('error', () => {}).write(answer)))
    const outcome = await get(base, { timeoutMs: 50 })
    expect(outcome).toEqual({ kind: 'fault', code: 'timeout', detail: 'no answer in 50 ms' })
  })
})

describe('a redirect', () => {
  const redirect = (to: (target: string) => string) =>
    serve((request, response) => {
      const location = to(request.url ?? '')
      if (location === '') response.end('here')
      else response.writeHead(302, { Location: location }).end()
    })

  test(`is followed ${REDIRECTS_MAX} times and not once more`, async () => {
    const base = await redirect((target) => (target === '/0' ? '' : `/${Number(target.slice(1)) - 1}`))
    expect(text(await get(`${base}/${REDIRECTS_MAX}`))).toBe('200 here')
    const outcome = await get(`${base}/${REDIRECTS_MAX + 1}`)
    expect(outcome).toEqual({ kind: 'fault', code: 'redirects', detail: 'more than 5 redirects' })
  })

  test.each([
    ['in a circle', '/a', 'redirects', 'redirected in a circle'],
    ['to another scheme', 'file:///etc/passwd', 'bad-url', 'expected http: or https:, received file:'],
    ['to nonsense', 'http://[', 'redirects', 'redirected to what is not a URL'],
  ])('%s is a fault', async (_, location, code, detail) => {
    const base = await redirect(() => location)
    expect(await get(`${base}/a`)).toEqual({ kind: 'fault', code, detail })
  })

  test.each(['127.0.0.1', 'localhost'])(
    'from a global address to the local %s is refused before anything is sent there',
    async (host) => {
      let visits = 0
      const inner = await serve((_, response) => response.end(String(++visits)))
      const outer = await redirect(() => inner.replace('127.0.0.1', host))
      // There is no global address to test from: the first one asked about (who redirected) plays it.
      let asked = 0
      const outcome = await get(
        outer,
        {},
        nodeHttpClient({ isLocal: (address) => asked++ > 0 && address !== 'localhost' }),
      )
      expect(outcome).toMatchObject({ kind: 'fault', code: 'redirects' })
      expect(outcome).toMatchObject({ detail: expect.stringMatching(/^redirected to the local address (127|::1)/) })
      expect(visits).toBe(0)
      expect(text(await get(outer))).toBe('200 1')
    },
  )
})

describe('a request', () => {
  test('to a port where nobody listens is refused', async () => {
    const base = await serve(() => {})
    await new Promise((resolve) => open.splice(0)[0]?.close(resolve))
    expect(await get(base)).toEqual({ kind: 'fault', code: 'refused', detail: 'nobody listens there' })
  })

  test.each(['', 'nonsense', 'udp://127.0.0.1:1/announce', 'file:///etc/passwd', 'http://%ff@127.0.0.1/'])(
    'for the URL %j is a bad-url fault, told after the call',
    async (url) => {
      let returned = false
      const outcome = await new Promise<HttpOutcome>((resolve, reject) => {
        nodeHttpClient().get({ url, timeoutMs: 1000, bodyBytesMax: 1 }, (_, answer) =>
          returned ? resolve(answer) : reject(new Error('called back during the call')),
        )
        returned = true
      })
      expect(outcome).toMatchObject({ kind: 'fault', code: 'bad-url' })
    },
  )

  test('that is cancelled closes its connection and never answers', async () => {
    let answers = 0
    let exchange = { cancel: () => {} }
    let left: () => void = () => {}
    const closed = new Promise<void>((resolve) => {
      left = resolve
    })
    const base = await serve((request) => {
      request.socket.on('close', left)
      exchange.cancel()
    })
    exchange = nodeHttpClient().get({ url: base, timeoutMs: 60_000, bodyBytesMax: 1 }, () => answers++)
    await closed
    expect(answers).toBe(0)
  })
})

describe('a range of a URL with a query', () => {
  const range = { offsetBytes: 0, lengthBytes: 1 }

  test.each(['127.0.0.1', 'localhost'])('is not asked of the local address %s', async (host) => {
    let visits = 0
    const base = (await serve((_, response) => response.end(String(++visits)))).replace('127.0.0.1', host)
    expect(await get(`${base}/reboot?now`, { range })).toMatchObject({
      kind: 'fault',
      code: 'bad-url',
      detail: expect.stringMatching(/^has a query, and leads to the local address (127|::1)/),
    })
    expect(visits).toBe(0)
    expect(await get(`${base}/file`, { range })).toMatchObject({ status: 200 })
    expect(await get(`${base}/announce?a`)).toMatchObject({ status: 200 })
  })

  test('is asked of others', async () => {
    const base = await serve((_, response) => response.end('1'))
    const outcome = await get(`${base}/get?file`, { range }, nodeHttpClient({ isLocal: () => false }))
    expect(outcome).toMatchObject({ status: 200 })
  })
})

test('a range is asked for without compression, as the bytes from the first to the last', async () => {
  let seen: http.IncomingHttpHeaders = {}
  const base = await serve((request, response) => {
    seen = request.headers
    response.end()
  })
  await get(base, { range: { offsetBytes: 16_384, lengthBytes: 16_384 } })
  expect([seen.range, seen['accept-encoding']]).toEqual(['bytes=16384-32767', 'identity'])
})
