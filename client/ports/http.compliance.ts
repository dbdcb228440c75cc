/**
 * What every `HttpClient` must do, real or simulated: the rules of ./http.ts as tests. A test file calls `httpCompliance`
 * with its own world and its own servers.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ClockWorld, pass } from './clock.compliance.ts'
import {
  type ByteRange,
  type ContentRange,
  type HttpClient,
  type HttpOutcome,
  type HttpRequest,
  REDIRECTS_MAX,
} from './http.ts'

export interface HttpWorld extends ClockWorld {
  /** Its servers on `local` are at a local address, those on `global` are not; each call of `serve` makes one. */
  readonly client: HttpClient
  /** `http://HOST:PORT`, without a slash at its end. */
  serve(at: 'global' | 'local', handle: (asked: AskedOfServer) => ServerAnswer): Promise<string>
  /** The same, of a port that nobody listens on. */
  readonly nobody: string
}

export interface AskedOfServer {
  /** Path and query. */
  readonly target: string
  readonly range: ByteRange | null
}

export interface ServerAnswer {
  readonly status: number
  readonly body: Uint8Array
  /** What it says in Content-Range. */
  readonly range?: ContentRange
  readonly retryAfterSeconds?: number
  readonly location?: string
  /** `endless`: the body goes on. `stalls`: half of it comes, and no more. `breaks`: half, and the connection ends. */
  readonly how?: 'whole' | 'endless' | 'stalls' | 'breaks'
}

const LIMIT_BYTES = 1000
/** Of the file that parts are of: more than 32 bits count. */
const TOTAL_BYTES = 2 ** 41
const RANGE: ByteRange = { offsetBytes: 500, lengthBytes: 300 }
/** Long enough for any world to answer what it answers at all; time-outs are tested with a shorter one. */
const TIMEOUT_MS = 4_000
const SHORT_TIMEOUT_MS = 300

const part = (range: ByteRange, totalBytes: number | null = TOTAL_BYTES): ServerAnswer => ({
  status: 206,
  body: bytes(range.lengthBytes),
  range: { ...range, totalBytes },
})

function bytes(lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, at) => at % 251)
}

/** One request, as every test makes it; rejects when an answer comes during the call, or a second one. */
async function get(world: HttpWorld, url: string, request: Partial<HttpRequest> = {}): Promise<HttpOutcome> {
  const outcomes: HttpOutcome[] = []
  const asked = { url, timeoutMs: TIMEOUT_MS, bodyBytesMax: LIMIT_BYTES, ...request }
  world.client.get(asked, (nowMs, outcome) => {
    if (nowMs > world.clock.nowMs()) throw new Error(`answered at ${nowMs}, before its time`)
    outcomes.push(outcome)
  })
  if (outcomes.length > 0) throw new Error('answered during the call')
  await world.run(() => outcomes.length > 0)
  await pass(world, 5)
  expect(outcomes).toHaveLength(1)
  return outcomes[0]!
}

export function httpCompliance(name: string, makeWorld: () => HttpWorld | Promise<HttpWorld>): void {
  describe(`http: ${name}`, () => {
    let world: HttpWorld
    beforeEach(async () => {
      world = await makeWorld()
    })
    afterEach(() => world.close())
    registerAnswers(() => world)
    registerRanges(() => world)
    registerLimits(() => world)
    registerRedirects(() => world)
  })
}

function registerAnswers(world: () => HttpWorld): void {
  test.each([200, 404, 503])('an answer of status %d gives status and body, and asks for no range', async (status) => {
    const asked: AskedOfServer[] = []
    const base = await world().serve('local', (request) => {
      asked.push(request)
      return { status, body: bytes(10) }
    })
    expect(await get(world(), `${base}/a/b?c=%20d`)).toEqual({ kind: 'response', status, body: bytes(10) })
    expect(asked).toEqual([{ target: '/a/b?c=%20d', range: null }])
  })

  test('an answer says when to come again', async () => {
    const base = await world().serve('local', () => ({ status: 503, body: bytes(0), retryAfterSeconds: 120 }))
    expect(await get(world(), base)).toEqual({ kind: 'response', status: 503, body: bytes(0), retryAfterMs: 120_000 })
  })

  test('where nobody listens the request is refused', async () => {
    expect(await get(world(), `${world().nobody}/x`)).toMatchObject({ kind: 'fault', code: 'refused' })
  })

  test.each(['', 'nonsense', 'ftp://127.0.0.1/file', 'file:///etc/passwd'])('%j is a bad URL', async (url) => {
    expect(await get(world(), url)).toMatchObject({ kind: 'fault', code: 'bad-url' })
  })

  test('after cancel nothing comes', async () => {
    let asked = 0
    let answers = 0
    const base = await world().serve('local', () => {
      asked++
      return { status: 200, body: bytes(1) }
    })
    const request = { url: base, timeoutMs: SHORT_TIMEOUT_MS, bodyBytesMax: LIMIT_BYTES }
    world()
      .client.get(request, () => answers++)
      .cancel()
    const second = world().client.get(request, () => answers++)
    await world().run(() => asked > 0)
    second.cancel()
    second.cancel()
    await pass(world(), SHORT_TIMEOUT_MS * 2)
    expect(answers).toBe(0)
  })
}

function registerRanges(world: () => HttpWorld): void {
  const askRange = async (answer: ServerAnswer, request: Partial<HttpRequest> = {}) => {
    const base = await world().serve('local', () => answer)
    return get(world(), `${base}/file`, { range: RANGE, ...request })
  }

  test('a range reaches the server, and a 206 says which one it is', async () => {
    const asked: (ByteRange | null)[] = []
    const base = await world().serve('local', ({ range }) => {
      asked.push(range)
      return part(range!)
    })
    for (const range of [RANGE, { offsetBytes: 0, lengthBytes: 1 }, { offsetBytes: 2 ** 40, lengthBytes: 1000 }]) {
      expect(await get(world(), base, { range })).toEqual({
        kind: 'response',
        status: 206,
        body: bytes(range.lengthBytes),
        range: { ...range, totalBytes: TOTAL_BYTES },
      })
    }
    expect(asked).toEqual([RANGE, { offsetBytes: 0, lengthBytes: 1 }, { offsetBytes: 2 ** 40, lengthBytes: 1000 }])
  })

  test('a 206 of a length that is left open says so', async () => {
    const outcome = await askRange(part(RANGE, null))
    expect(outcome).toMatchObject({ status: 206, range: { ...RANGE, totalBytes: null } })
  })

  test('a wrong range is told as the server said it', async () => {
    const outcome = await askRange(part({ offsetBytes: 0, lengthBytes: 300 }))
    expect(outcome).toMatchObject({ status: 206, range: { offsetBytes: 0, lengthBytes: 300 } })
  })

  test('a body of another length than its range said is told as it came', async () => {
    const outcome = await askRange({ ...part(RANGE), body: bytes(299) })
    expect(outcome).toEqual({
      kind: 'response',
      status: 206,
      body: bytes(299),
      range: { ...RANGE, totalBytes: TOTAL_BYTES },
    })
  })

  test('a 206 that does not say which range it is has none', async () => {
    const outcome = await askRange({ status: 206, body: bytes(300) })
    expect(outcome).toEqual({ kind: 'response', status: 206, body: bytes(300) })
  })

  test('the whole instead of a range is a 200 where it fits the limit', async () => {
    expect(await askRange({ status: 200, body: bytes(LIMIT_BYTES) })).toEqual({
      kind: 'response',
      status: 200,
      body: bytes(LIMIT_BYTES),
    })
  })

  test.each<Partial<ServerAnswer>>([{ body: bytes(LIMIT_BYTES + 1) }, { how: 'endless' }])(
    'the whole instead of a range is no-range where it does not fit (%j)',
    async (more) => {
      const outcome = await askRange({ status: 200, body: bytes(10), ...more })
      expect(outcome).toMatchObject({ kind: 'fault', code: 'no-range' })
    },
  )

  test.each([404, 410, 416, 503])('the page of a %d is not read, however long', async (status) => {
    const outcome = await askRange({ status, body: bytes(LIMIT_BYTES * 50), retryAfterSeconds: 7 })
    expect(outcome).toEqual({ kind: 'response', status, body: bytes(0), retryAfterMs: 7_000 })
  })
}

function registerLimits(world: () => HttpWorld): void {
  const ask = async (answer: ServerAnswer, request: Partial<HttpRequest> = {}) => {
    const base = await world().serve('local', () => answer)
    return get(world(), base, request)
  }

  test('a body of the limit is read, one byte more is too large', async () => {
    expect(await ask({ status: 200, body: bytes(LIMIT_BYTES) })).toMatchObject({ status: 200 })
    expect(await ask({ status: 200, body: bytes(LIMIT_BYTES + 1) })).toMatchObject({ code: 'too-large' })
  })

  test.each<[string, Partial<HttpRequest>, ServerAnswer]>([
    ['a whole', {}, { status: 200, body: bytes(10) }],
    ['a part', { range: RANGE }, part(RANGE)],
  ])('an endless body is cut at the limit (%s)', async (_, request, answer) => {
    expect(await ask({ ...answer, how: 'endless' }, request)).toMatchObject({ kind: 'fault', code: 'too-large' })
  })

  test.each<[string, Partial<HttpRequest>, ServerAnswer]>([
    ['a whole', {}, { status: 200, body: bytes(10) }],
    ['a part', { range: RANGE }, part(RANGE)],
  ])('a body that stalls times out (%s)', async (_, request, answer) => {
    const startMs = world().clock.nowMs()
    const outcome = await ask({ ...answer, how: 'stalls' }, { ...request, timeoutMs: SHORT_TIMEOUT_MS })
    expect(outcome).toMatchObject({ kind: 'fault', code: 'timeout' })
    expect(world().clock.nowMs() - startMs).toBeGreaterThanOrEqual(SHORT_TIMEOUT_MS)
  })

  test('a connection that ends before the body does is broken', async () => {
    expect(await ask({ ...part(RANGE), how: 'breaks' }, { range: RANGE })).toMatchObject({ code: 'broken' })
  })
}

function registerRedirects(world: () => HttpWorld): void {
  const redirect = (location: string): ServerAnswer => ({ status: 302, body: bytes(3), location })

  test(`is followed ${REDIRECTS_MAX} times and not once more, and asks for the range at each hop`, async () => {
    const asked: string[] = []
    const base = await world().serve('local', ({ target, range }) => {
      asked.push(`${target} ${range?.offsetBytes}+${range?.lengthBytes}`)
      const left = Number(target.slice(1))
      return left === 0 ? part(RANGE) : redirect(`/${left - 1}`)
    })
    expect(await get(world(), `${base}/${REDIRECTS_MAX}`, { range: RANGE })).toMatchObject({ status: 206 })
    expect(asked).toEqual(Array.from({ length: REDIRECTS_MAX + 1 }, (_, hop) => `/${REDIRECTS_MAX - hop} 500+300`))
    const outcome = await get(world(), `${base}/${REDIRECTS_MAX + 1}`, { range: RANGE })
    expect(outcome).toMatchObject({ kind: 'fault', code: 'redirects' })
  })

  test.each([301, 302, 303, 307, 308])('of status %d is followed, to another server too', async (status) => {
    const there = await world().serve('local', () => ({ status: 200, body: bytes(2) }))
    const here = await world().serve('local', () => ({ status, body: bytes(0), location: `${there}/x` }))
    expect(await get(world(), here)).toEqual({ kind: 'response', status: 200, body: bytes(2) })
  })

  test('without a location is an answer', async () => {
    const base = await world().serve('local', () => ({ status: 302, body: bytes(0) }))
    expect(await get(world(), base)).toEqual({ kind: 'response', status: 302, body: bytes(0) })
  })

  test.each([
    ['in a circle', '/a', 'redirects'],
    ['to another scheme', 'file:///etc/passwd', 'bad-url'],
  ])('%s is a fault', async (_, location, code) => {
    const base = await world().serve('local', () => redirect(location))
    expect(await get(world(), `${base}/a`)).toMatchObject({ kind: 'fault', code })
  })

  test.each([null, RANGE])('from a global address to a local one is not followed (range %j)', async (range) => {
    let visits = 0
    const inner = await world().serve('local', () => {
      visits++
      return { status: 200, body: bytes(1) }
    })
    const outer = await world().serve('global', () => redirect(`${inner}/secret`))
    const outcome = await get(world(), outer, range === null ? {} : { range })
    expect(outcome).toEqual({
      kind: 'fault',
      code: 'redirects',
      detail: expect.stringContaining('redirected to the local address'),
    })
    expect(visits).toBe(0)
  })

  test.each([
    ['local', 'local'],
    ['local', 'global'],
    ['global', 'global'],
  ] as const)('from a %s address to a %s one is followed', async (from, to) => {
    const target = await world().serve(to, () => ({ status: 200, body: bytes(1) }))
    const start = await world().serve(from, () => redirect(target))
    expect(await get(world(), start)).toMatchObject({ status: 200 })
  })
}
