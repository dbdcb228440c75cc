/** Programs of others in a test: started with a time limit, listened to, ended by their process id. */
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** Debian's, which has Debian's packages. */
export const PYTHON = '/usr/bin/python3'
export const LIBTORRENT_PEER = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url))
/** Where our client is, and the trackers. */
export const HOST = '127.0.0.1'
/** libtorrent knows peers by their address alone, and bans its own after it was told of itself: it must not be ours. */
export const LIBTORRENT_HOST = '127.0.0.2'

/** Ends a program after 10 minutes, should nobody be left to do it; a signal is passed on, and 2 s later it is killed. */
const LIMITER = process.platform === 'linux' ? ['timeout', '--kill-after=2', '600'] : []
const POLL_MS = 40

/** Undefined: no answer yet. */
type Ask<Answer> = () => Answer | undefined | Promise<Answer | undefined>

export interface Program {
  readonly output: () => string
  /** Its exit code, null when a signal ended it. Never rejects. */
  readonly ended: Promise<number | null>
  /** The first line that matches; rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>
  /** As `until`; rejects when the program ends before. */
  until<Answer>(ask: Ask<Answer>): Promise<Answer>
  end(): Promise<void>
}

export function startProgram(file: string, args: readonly string[]): Program {
  const [command = file, ...rest] = [...LIMITER, file, ...args]
  const subprocess = execa(command, rest, { stdin: 'ignore', all: true, buffer: false, reject: false })
  let text = ''
  subprocess.all.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const life = new AbortController()
  const ended = subprocess.then(({ exitCode }) => {
    life.abort(new Error(`${file} ended with ${exitCode}`))
    return exitCode ?? null
  })
  const whileAlive = <Answer>(ask: Ask<Answer>) => until(ask, life.signal)
  return {
    output: () => text,
    ended,
    until: whileAlive,
    line: (pattern) => whileAlive(() => text.split('\n').find((line) => pattern.test(line))),
    async end() {
      subprocess.kill()
      await ended
    },
  }
}

/** Asks again and again until there is an answer; rejects when the signal says so. */
export async function until<Answer>(ask: Ask<Answer>, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    signal.throwIfAborted()
    await sleep(POLL_MS)
  }
}

/** Below the ports that systems give to outgoing connections, so that nothing takes it until it is listened on. */
const FIRST_PORT = 10_000
const PORTS = 20_000
let nextPort = Math.floor(Math.random() * PORTS)

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS; tries++) {
    const port = FIRST_PORT + (nextPort++ % PORTS)
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}

export async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
