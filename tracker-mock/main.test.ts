import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'

const MAIN = new URL('./main.ts', import.meta.url).pathname
const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args])
  running.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem += chunk
  })
  const ended = new Promise<{ code: number | null; problem: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, problem }))
  })
  return { child, ended, line: async () => String((await lines.next()).value) }
}

const QUERY = `info_hash=${'a'.repeat(20)}&peer_id=${'b'.repeat(20)}&port=7001&uploaded=0&downloaded=0&left=5`

// Each starts a process or two, on a machine that may be busy.
describe('npm run tracker', { timeout: 30_000 }, () => {
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ] as const)(
    '--json says where it listens and who announces, a line each; %s ends it with %i',
    async (signal, code) => {
      const tracker = run('--port', '0', '--json')
      const listening = JSON.parse(await tracker.line())
      expect(listening).toEqual({
        event: 'listening',
        host: '127.0.0.1',
        port: expect.any(Number),
        announceUrl: `http://127.0.0.1:${listening.port}/announce`,
        udpAnnounceUrl: `udp://127.0.0.1:${listening.port}/announce`,
      })
      await fetch(`${listening.announceUrl}?${QUERY}&event=started`)
      expect(JSON.parse(await tracker.line())).toEqual({
        event: 'announce',
        seconds: expect.any(Number),
        infohash: '61'.repeat(20),
        peer: '127.0.0.1:7001',
        announce: 'started',
        uploadedBytes: 0,
        downloadedBytes: 0,
        leftBytes: 5,
        answer: '0 peers',
      })
      tracker.child.kill(signal)
      expect(await tracker.ended).toEqual({ code, problem: '' })
    },
  )

  test('plays a script, and speaks to people without --json', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tracker-'))
    const script = join(folder, 'script.json')
    try {
      writeFileSync(script, JSON.stringify([{ do: { error: 'go\u001b away' } }]))
      const tracker = run('--port', '0', '--script', script)
      const listening = await tracker.line()
      const [, url = '', udpUrl] = /^tracker listening, announce to (\S+) or (\S+)$/.exec(listening) ?? []
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/announce$/)
      expect(udpUrl).toBe(url.replace('http:', 'udp:'))
      expect(await (await fetch(`${url}?${QUERY}`)).text()).toBe('d14:failure reason8:go\u001b awaye')
      expect(await tracker.line()).toMatch(
        /^\d+\.\d{3} s {2}announce {3}127\.0\.0\.1:7001 {2}61616161 {2}left 5 {2}error: go\\u\{1b\} away$/,
      )
      writeFileSync(script, '[{"do": {"delay": 5}}]')
      expect(await run('--script', script).ended).toEqual({
        code: 2,
        problem: `swarmlab: ${script}: steps[0].do.delay: no such field\n`,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('npm run tracker', { timeout: 30_000 }, () => {
  test('on a port that is taken says so in one line, and 3', async () => {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const problem = `swarmlab: port ${port} of 127.0.0.1 is in use: end what listens there, or choose another with --port\n`
    expect(await run('--port', String(port)).ended).toEqual({ code: 3, problem })
    server.close()
  })

  test('where it cannot listen says so in one line, and 2', async () => {
    const problem = 'swarmlab: --host 203.0.113.1 is not an address of this machine\n'
    expect(await run('--host', '203.0.113.1').ended).toEqual({ code: 2, problem })
  })
})
