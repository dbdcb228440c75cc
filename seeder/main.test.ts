import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, test } from 'vitest'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import { createSyntheticTorrent } from '../client/node/create-torrent.ts'

const PROJECT = path.join(import.meta.dirname, '..')
const FIXTURES = path.join(PROJECT, 'client/fixtures')
const SINGLE = path.join(FIXTURES, 'torrents/mktorrent-single.torrent')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'seeder-main-'))
const endings: (() => void)[] = []

afterAll(() => {
  for (const end of endings) end()
  fs.rmSync(scratch, { recursive: true })
})

/** As npm starts it. */
function run(entry: string, ...argv: string[]) {
  const preflight = path.join(PROJECT, 'client/node/preflight.mjs')
  const child = spawn(process.execPath, ['--import', preflight, path.join(PROJECT, entry), ...argv])
  endings.push(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem += chunk
  })
  const ended = new Promise<{ code: number | null; problem: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, problem }))
  })
  return { child, ended, line: async () => JSON.parse(String((await lines.next()).value)) }
}

const seeder = (...argv: string[]) => run('seeder/main.ts', ...argv, '--port', '0')

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(scratch, name)
  fs.writeFileSync(file, content)
  return file
}

const synthetic = (totalBytes: number, contentSeed: number) =>
  write(`${totalBytes}.torrent`, createSyntheticTorrent({ totalBytes, contentSeed, trackers: [] }).bytes)

describe('npm run seeder', () => {
  test('serves synthetic content to `npm run client`, says what its script does, and SIGTERM ends it (0)', async () => {
    const torrent = synthetic(1_000_001, 3)
    const script = write('s.json', '[{"when": {"bytesServed": 500000}, "do": {"behaviour": "choke", "forMs": 50}}]')
    const peer = seeder(torrent, '--synthetic', '--content-seed', '3', '--script', script, '--json')
    const listening = await peer.line()
    expect(listening).toEqual({ event: 'listening', host: '127.0.0.1', port: expect.any(Number) })
    const out = path.join(scratch, 'out')
    const options = ['--peer', `127.0.0.1:${listening.port}`, '--no-tracker', '--host', '127.0.0.1', '--quiet']
    const client = run('client/cli/main.ts', 'download', torrent, '--out', out, ...options)
    expect(await client.ended).toEqual({ code: 0, problem: '' })
    const bytes = fs.readFileSync(path.join(out, 'synthetic-3-1000001.bin'))
    expect(bytes.equals(new SyntheticContent(1_000_001, 3).read(0, 1_000_001))).toBe(true)
    expect(await peer.line()).toEqual({
      event: 'step',
      when: { bytesServed: 500_000 },
      do: { behaviour: 'choke', forMs: 50, flap: false },
    })
    peer.child.kill('SIGTERM')
    expect(await peer.ended).toEqual({ code: 0, problem: '' })
  })

  test('over a link, from files, warns once of a tracker that is gone, and SIGINT ends it (130)', async () => {
    const content = ['--from', path.join(FIXTURES, 'content'), '--up', '1MiB/s', '--rtt', '20']
    const peer = seeder(SINGLE, ...content, '--tracker', 'http://127.0.0.1:1/announce')
    expect((await peer.line()).event).toBe('listening')
    await new Promise((resolve) => peer.child.stderr.once('data', resolve))
    peer.child.kill('SIGINT')
    const problem = 'swarmlab: tracker http://127.0.0.1:1/announce: refused: nobody listens there; still trying\n'
    expect(await peer.ended).toEqual({ code: 130, problem })
  })
})

test('--list prints what scripts can say, and nothing else is needed (0)', async () => {
  const { child, ended } = run('seeder/main.ts', '--list')
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  expect(await ended).toEqual({ code: 0, problem: '' })
  expect(printed).toContain('- **`choke`**: ')
})

test('--dial dials: whoever listens there is spoken to first', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const peer = seeder(synthetic(1_000_001, 3), '--synthetic', '--content-seed', '3', '--dial', `127.0.0.1:${port}`)
  const [socket] = (await once(server, 'connection')) as [net.Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  expect(hello.subarray(0, 20).toString('latin1')).toBe('\u0013BitTorrent protocol')
  peer.child.kill('SIGTERM')
  expect((await peer.ended).code).toBe(0)
  socket.destroy()
  server.close()
})

describe('what it cannot serve is one line and 2', () => {
  test.concurrent.each([
    ['no content', [], /^--from or --synthetic is missing$/],
    ['both contents', ['--from', '.', '--synthetic'], /^either --from or --synthetic, not both$/],
    ['no seed', ['--synthetic'], /^--content-seed is missing$/],
    [
      'the wrong seed',
      ['--synthetic', '--content-seed', '1'],
      /^--content-seed 1 gives other content than the torrent/,
    ],
    ['a folder without the content', ['--from', FIXTURES], /fixtures\/single-11\.bin: no such file or folder$/],
    ['a script with a wrong field', ['--script', 'wrong'], /wrong\.json: steps\[0\]\.do\.how: /],
    ['a script that is no JSON', ['--script', 'no-json'], /no-json\.json: not JSON, /],
    [
      'a script that dials nobody',
      ['--script', 'dials'],
      /^a step dials and names no address, which --dial would give$/,
    ],
  ])('%s', async (_, argv, message) => {
    const script = argv[0] === '--script' ? argv[1] : undefined
    const scripts: Record<string, string> = {
      wrong: '[{"when": {"bytesServed": 1}, "do": {"behaviour": "drop", "how": "x"}}]',
      dials: '[{"when": {"bytesServed": 1}, "do": {"behaviour": "dial"}}]',
    }
    const steps = scripts[script ?? ''] ?? '['
    const content = ['--from', path.join(FIXTURES, 'content')]
    const given = script === undefined ? argv : [...content, '--script', write(`${script}.json`, steps)]
    const { code, problem } = await seeder(SINGLE, ...given).ended
    expect(problem).toMatch(/^swarmlab: .*\n$/)
    expect(problem.slice('swarmlab: '.length, -1)).toMatch(message)
    expect(code).toBe(2)
  })
})
