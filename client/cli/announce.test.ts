import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encode } from '../bencode/encode.ts'
import { announceRequestFromQuery } from '../tracker/announce-request.ts'
import { encodeAnnounceFailure } from '../tracker/announce-response.ts'

const MAIN = new URL('./main.ts', import.meta.url).pathname

let folder: string
const servers: http.Server[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'announce-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  for (const server of servers.splice(0)) server.close()
})

/** A tracker that gives every announce this answer, and what it was asked. */
async function tracker(body: Uint8Array) {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    const query = announceRequestFromQuery(request.url?.split('?')[1] ?? '')
    asked.push('kind' in query ? `bad ${query.field}` : `${query.event} left=${query.leftBytes}`)
    response.end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`, asked }
}

/** Where nobody listens, as somebody did and left. */
async function nobody(): Promise<string> {
  const { url } = await tracker(new Uint8Array())
  await new Promise((resolve) => servers.pop()?.close(resolve))
  return url
}

/** Runs `announce` on a torrent of 7 bytes with these trackers. */
function announce(trackers: string[], ...options: string[]) {
  const path = join(folder, 'a.torrent')
  const info = { name: 'a', length: 7, 'piece length': 16_384, pieces: new Uint8Array(20) }
  const tiers = trackers.map((url) => [url])
  writeFileSync(path, encode({ 'announce-list': tiers.length === 0 ? undefined : tiers, info }))
  return new Promise<{ code: number; out: string; problem: string }>((resolve) => {
    execFile(process.execPath, [MAIN, 'announce', path, ...options], (error, out, stderr) => {
      resolve({ code: Number(error?.code ?? 0), out, problem: stderr.replaceAll(path, 'a.torrent') })
    })
  })
}

const found = encode({ interval: 900, peers: Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1, 10, 0, 0, 2, 0, 1) })

// Each starts a process, on a machine that may be busy.
describe('announce', { timeout: 30_000 }, () => {
  test('prints interval and peers, and leaves the swarm again', async () => {
    const { url, asked } = await tracker(found)
    const out = `${url}: 2 peers, next announce in 900 s\n  10.0.0.1:6881\n  10.0.0.2:1\n`
    expect(await announce([url])).toEqual({ code: 0, out, problem: '' })
    expect(asked).toEqual(['started left=7', 'stopped left=7'])
  })

  test('--json prints one object', async () => {
    const { url } = await tracker(encode({ interval: 900, 'warning message': 'slow\ndown' }))
    const { code, out } = await announce([url], '--json')
    expect(code).toBe(0)
    expect(out.split('\n')).toHaveLength(2)
    expect(JSON.parse(out)).toEqual({
      event: 'announced',
      url,
      intervalSeconds: 900,
      warning: 'slow\\u{a}down',
      peers: [],
    })
  })

  test('warns of trackers that failed before one answered', async () => {
    const [dead, { url }] = [await nobody(), await tracker(found)]
    expect(await announce([dead, 'udp://127.0.0.1:1', 'wss://127.0.0.1', url])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${url}: 2 peers`),
      problem: [
        'swarmlab: wss://127.0.0.1: wss: trackers are not supported\n',
        `swarmlab: ${dead}: refused: nobody listens there\n`,
        'swarmlab: udp://127.0.0.1:1: refused: nobody listens there\n',
      ].join(''),
    })
  })

  test('says in one line that no tracker answered, and why, and ends with 1', async () => {
    const [dead, { url }] = [await nobody(), await tracker(encodeAnnounceFailure('not registered'))]
    const problem = `no tracker answered: ${dead}: refused: nobody listens there; ${url}: the tracker says: not registered`
    expect(await announce([dead, url])).toEqual({ code: 1, out: '', problem: `swarmlab: ${problem}\n` })
  })

  test('of a torrent without trackers says so, and ends with 2', async () => {
    expect(await announce([])).toEqual({ code: 2, out: '', problem: 'swarmlab: a.torrent: names no tracker\n' })
  })
})
