/** A program of others that runs: told when to begin, listened to, measured now and then, ended by its id. */
import { existsSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { execa } from 'execa'
import type { Command, Sign } from '../../clients/adapter.ts'
import type { ProcessCosts } from '../runtime.ts'
import { treeCosts, waitedSeconds } from './process-tree.ts'
import type { ProgramPlace } from './program-place.ts'

const POLL_MS = 20
const COSTS_EVERY_MS = 100
const END_GRACE_MS = 1_000
const READY_MS_MAX = 20_000
/** Of what it said, for whoever has to find out. */
const SAID_CHARACTERS_MAX = 4_000
/** A shell that becomes the program when it reads a line: the time that a container takes to start anything is nobody's. */
const READY = 'swarmlab: ready to begin'
const LINE_READY = new RegExp(`^${READY}$`)
const WHEN_TOLD = ['-c', `echo '${READY}'; read -r _ && exec "$@" </dev/null`, 'sh']

export class Program {
  readonly ended: Promise<void>
  #startedMs = performance.now()
  #pid: number | null = null
  readonly #subprocess
  readonly #timer: NodeJS.Timeout
  readonly #life = new AbortController()
  readonly #place: ProgramPlace
  #said = ''
  #costs: ProcessCosts = { cpuSeconds: 0, peakRssBytes: 0 }
  #waitedSeconds = 0
  exit = ''

  constructor({ file, args, env }: Command, home: string, place: ProgramPlace) {
    const whenTold = { file: 'sh', args: [...WHEN_TOLD, file, ...args], ...(env === undefined ? {} : { env }) }
    const started = place.started(whenTold, home)
    const subprocess = execa(started.file, started.args, {
      ...(started.cwd === null ? {} : { cwd: started.cwd }),
      env: started.env,
      extendEnv: false,
      stdin: 'pipe',
      all: true,
      buffer: false,
      reject: false,
      cleanup: true,
      forceKillAfterDelay: END_GRACE_MS,
    })
    this.#place = place
    this.#subprocess = subprocess
    subprocess.all.setEncoding('utf8').on('data', (chunk: string) => {
      this.#said = (this.#said + chunk).slice(-SAID_CHARACTERS_MAX)
      this.#heard?.()
    })
    // It may be gone when it is told to begin: `ended` says so.
    subprocess.stdin.on('error', () => {})
    this.#timer = setInterval(() => this.readCosts(), COSTS_EVERY_MS)
    this.ended = subprocess.then(({ exitCode, signal }) => {
      clearInterval(this.#timer)
      this.exit = signal === undefined ? `code ${exitCode}` : signal
      this.#life.abort()
    })
  }

  /** All but the program itself is up. */
  async ready(): Promise<void> {
    const how = await this.until({ kind: 'line', pattern: LINE_READY }, AbortSignal.timeout(READY_MS_MAX))
    if (how !== 'seen') throw new Error(`the program cannot be started (${this.exit || how}): ${this.lastLine}`)
    const { pid } = this.#subprocess
    this.#pid = pid === undefined ? null : await this.#place.pidOf(pid)
    if (this.#pid !== null) goAhead(this.#pid)
  }

  begin(): void {
    this.#said = ''
    this.#startedMs = performance.now()
    this.#subprocess.stdin.end('\n')
  }

  #heard: (() => void) | null = null

  get lastLine(): string {
    return (
      this.#said
        .trim()
        .split(/[\r\n]+/)
        .at(-1)
        ?.slice(0, 200) ?? ''
    )
  }

  get costs(): ProcessCosts {
    return this.#costs
  }

  get waitedShare(): number {
    return (this.#waitedSeconds * 1000) / (performance.now() - this.#startedMs)
  }

  readCosts(): void {
    const pid = this.#pid
    if (pid === null) return
    const now = treeCosts(pid)
    if (now.peakRssBytes === 0) return
    this.#costs = {
      cpuSeconds: Math.max(now.cpuSeconds, this.#costs.cpuSeconds),
      peakRssBytes: Math.max(now.peakRssBytes, this.#costs.peakRssBytes),
    }
    this.#waitedSeconds = waitedSeconds(pid)
  }

  until(sign: Sign, signal: AbortSignal): Promise<'seen' | 'ended' | 'aborted'> {
    return new Promise((resolve) => {
      const isSeen = () => {
        if (sign.kind === 'announce') return true
        if (sign.kind === 'file') return existsSync(this.#place.here(sign.path))
        return this.#said.split(/[\r\n]+/).some((line) => sign.pattern.test(line))
      }
      const settle = (how: 'seen' | 'ended' | 'aborted') => {
        clearInterval(timer)
        this.#heard = null
        resolve(how)
      }
      const look = () => {
        if (isSeen()) settle('seen')
      }
      const timer = setInterval(look, POLL_MS)
      this.#heard = look
      this.#life.signal.addEventListener('abort', () => settle(isSeen() ? 'seen' : 'ended'), { once: true })
      signal.addEventListener('abort', () => settle('aborted'), { once: true })
      look()
    })
  }

  async end(): Promise<void> {
    this.#subprocess.kill()
    await this.#place.end()
    await this.ended
  }
}

/** As rig and clients of ours do for themselves. */
function goAhead(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGH)
  } catch {
    // As it is, then.
  }
}
