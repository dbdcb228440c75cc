import { execFile } from 'node:child_process'
import dgram from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encode } from '../bencode/encode.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import { encodeScrapeResponse } from '../tracker/scrape.ts'
import { parseUdpRequest } from '../tracker/udp-requests.ts'
import { encodeConnectResponse, encodeUdpScrapeResponse } from '../tracker/udp-responses.ts'

const MAIN = new URL('./main.ts', import.meta.url).pathname
const A = 'ab'.repeat(20) as InfoHash
const B = 'cd'.repeat(20) as InfoHash
const COUNTS = new Map([[A, { complete: 3, incomplete: 5, downloaded: 7, downloaders: null }]])

let folder: string
const open: { close(): void }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scrape-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  for (const each of open.splice(0)) each.close()
})

/** A tracker that gives every scrape this answer; its announce URL. */
async function httpTracker(body: Uint8Array): Promise<string> {
  const server = http.createServer((request, response) => {
    response.writeHead(request.url?.startsWith('/scrape?') ? 200 : 404).end(body)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`
}

async function udpTracker(): Promise<string> {
  const socket = dgram.createSocket('udp4', (bytes, from) => {
    const request = parseUdpRequest(bytes)
    if (request === null || request.kind === 'announce') return
    const answer =
      request.kind === 'connect'
        ? encodeConnectResponse(request.transactionId, new Uint8Array(8))
        : encodeUdpScrapeResponse(request.transactionId, request.infohashes, COUNTS)
    socket.send(answer, from.port, from.address)
  })
  open.push(socket)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return `udp://127.0.0.1:${socket.address().port}`
}

function scrape(...args: string[]) {
  return new Promise<{ code: number; out: string; problem: string }>((resolve) => {
    execFile(process.execPath, [MAIN, 'scrape', ...args], (error, out, problem) => {
      resolve({ code: Number(error?.code ?? 0), out, problem })
    })
  })
}

function torrent(trackers: readonly string[]): string {
  const path = join(folder, 'a.torrent')
  const info = { name: 'a', length: 7, 'piece length': 16_384, pieces: new Uint8Array(20) }
  writeFileSync(path, encode({ 'announce-list': trackers.map((url) => [url]), info }))
  return path
}

// Each starts a process, on a machine that may be busy.
describe('scrape', { timeout: 30_000 }, () => {
  test('of a URL prints the counts of each torrent, by HTTP', async () => {
    const url = await httpTracker(encodeScrapeResponse(COUNTS))
    const counted = `  ${A}  3 complete, 5 incomplete, 7 downloaded\n  ${B}  not known there\n`
    const out = `${url}:\n${counted}`
    expect(await scrape(url, '--infohash', A, '--infohash', B.toUpperCase())).toEqual({ code: 0, out, problem: '' })
  })

  test('--json prints one object, by UDP', async () => {
    const url = await udpTracker()
    const { code, out } = await scrape(url, '--infohash', A, '--json')
    expect(code).toBe(0)
    const counts = { complete: 3, incomplete: 5, downloaded: 7, downloaders: null }
    expect(JSON.parse(out)).toEqual({ event: 'scraped', url, torrents: [{ infohash: A, ...counts }] })
  })

  test('of a torrent asks its trackers until one answers, and warns of the others', async () => {
    const [refusing, answering] = [await httpTracker(encode({ 'failure reason': 'no' })), await udpTracker()]
    const { code, out, problem } = await scrape(torrent([refusing, 'http://127.0.0.1:1/x', answering]))
    expect([code, out.startsWith(`${answering}:\n  `)]).toEqual([0, true])
    expect(problem.split('\n')).toEqual([
      `swarmlab: ${refusing}: the tracker says: no`,
      expect.stringContaining('its path does not end in "announce"'),
      '',
    ])
  })

  test('says in one line that no tracker answered, and why, and ends with 1', async () => {
    const url = await httpTracker(encode({ files: 5 }))
    const problem = `swarmlab: no tracker answered: ${url}: bad-field: files: expected a dictionary, received 5\n`
    expect(await scrape(url, '--infohash', A)).toEqual({ code: 1, out: '', problem })
  })

  test.each([
    [['udp://127.0.0.1:1'], 'the URL of a tracker needs --infohash: which torrent to ask about'],
    [['udp://127.0.0.1:1', '--infohash', 'ab'], '--infohash ab: expected 40 hex digits'],
    [
      [
        'udp://127.0.0.1:1',
        ...Array(75)
          .fill('--infohash')
          .flatMap((option) => [option, A]),
      ],
      '--infohash: at most 74, not 75',
    ],
  ])('of %j is wrong usage', async (args, problem) => {
    expect(await scrape(...args)).toEqual({ code: 2, out: '', problem: `swarmlab: ${problem}\n` })
  })

  test('of a torrent takes no --infohash', async () => {
    const problem = 'swarmlab: --infohash goes with the URL of a tracker; a .torrent file has its own\n'
    expect(await scrape(torrent([]), '--infohash', A)).toEqual({ code: 2, out: '', problem })
  })
})
