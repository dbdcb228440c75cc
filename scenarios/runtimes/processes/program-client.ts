/**
 * A client of a plan that is a program: started as its adapter says, seen from outside alone. To the rest of the runtime
 * it is a child like any other. What it received is what the scripted peers sent; see `seen-from-outside.ts`.
 */
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { formatMagnet } from '../../../client/metainfo/magnet.ts'
import { torrentFromBytes } from '../../../client/node/read-torrent.ts'
import type { ClientOrder as ProgramOrder, Sign, Source } from '../../clients/adapter.ts'
import { CLIENTS } from '../../clients/all.ts'
import { clientsOf, type ProgramPlan, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { PEER_PORT } from '../addresses.ts'
import type { ProcessCosts } from '../runtime.ts'
import type { CellNetwork } from './cell-network.ts'
import type { Child } from './child.ts'
import type { ClientOrder, ClientReport } from './messages.ts'
import { treeCosts, waitedSeconds } from './process-tree.ts'
import { sharedMs } from './shared-clock.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const POLL_MS = 20
const COSTS_EVERY_MS = 100
const END_GRACE_MS = 1_000
const SEEDING_MS_MAX = 20_000
/** Of what it said, for whoever has to find out. */
const SAID_CHARACTERS_MAX = 4_000

type StartOrder = ClientOrder & { readonly type: 'start' }
type SeedOrder = ClientOrder & { readonly type: 'seed' }

export function startProgramClient(
  plan: SwarmPlan,
  client: number,
  network: CellNetwork,
): Child<ClientOrder, ClientReport> {
  const reports = new EventEmitter().setMaxListeners(0)
  const run = new ProgramRun(plan, client, network, (report) => reports.emit('report', report))
  const onReport = (listener: (report: ClientReport) => void) => {
    reports.on('report', listener)
  }
  return {
    onReport,
    send: (order) => {
      if (order.type === 'stop') run.stop()
      else void run.obey(order)
    },
    next: (type) =>
      new Promise((resolve, reject) => {
        if (type === 'waiting') resolve({ type: 'waiting' } as never)
        onReport((report) => {
          if (report.type === type) resolve(report as never)
          else if (report.type === 'failed') reject(new Error(report.reason))
        })
      }),
    died: () => run.ended,
    end: () => run.end(),
  }
}

class ProgramRun {
  readonly #plan: SwarmPlan
  readonly #client: number
  readonly #network: CellNetwork
  readonly #report: (report: ClientReport) => void
  readonly #stopping = new AbortController()
  #program: Program | null = null

  constructor(plan: SwarmPlan, client: number, network: CellNetwork, report: (report: ClientReport) => void) {
    this.#plan = plan
    this.#client = client
    this.#network = network
    this.#report = report
  }

  get ended(): Promise<void> {
    return this.#program === null ? Promise.resolve() : this.#program.ended
  }

  stop(): void {
    this.#stopping.abort()
  }

  async end(): Promise<void> {
    this.stop()
    await this.#program?.end()
  }

  async #seed(seed: SeedOrder): Promise<void> {
    const order = await this.#orderOf(seed)
    const { client } = this.#programPlan
    const program = this.#spawn(order)
    const limit = AbortSignal.timeout(SEEDING_MS_MAX)
    const how = await program.until(CLIENTS[client].seeding(order), AbortSignal.any([limit, this.#stopping.signal]))
    if (how !== 'seen') throw new Error(`${client} does not seed: ${program.lastLine}`)
  }

  /** A seed starts before all others. A downloader lives until it has left, or all is over. */
  async obey(order: StartOrder | SeedOrder): Promise<void> {
    try {
      if (order.type === 'start') return this.#report(await this.#live(order))
      await this.#seed(order)
      this.#report({ type: 'seeding' })
    } catch (error) {
      this.#report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  async #live(start: StartOrder): Promise<ClientReport & { type: 'ended' }> {
    const { startMs } = start
    const { isSeed, arrivesMs, seedsMs } = this.#clientPlan
    const { signal } = this.#stopping
    const arrivedMs = startMs + arrivesMs
    if (isSeed) {
      this.#report({ type: 'arrived' })
      await untilAborted(signal)
      return endedReport({ arrivedMs, program: this.#program!, completedMs: null, failure: null, totalBytes: 0 })
    }
    const order = await this.#orderOf(start)
    await sleep(Math.max(0, arrivedMs - sharedMs()), undefined, { signal }).catch(() => {})
    const { client } = this.#programPlan
    const program = this.#spawn(order)
    this.#report({ type: 'arrived' })
    const limitMs = startMs + (this.#plan.endMs ?? this.#plan.timeLimitMs) - sharedMs()
    const limit = AbortSignal.timeout(Math.max(1, Math.ceil(limitMs)))
    const how = await program.until(CLIENTS[client].complete(order), AbortSignal.any([limit, signal]))
    program.readCosts()
    const completedMs = how === 'seen' ? sharedMs() : null
    if (completedMs !== null) {
      this.#report({ type: 'completed', atMs: completedMs })
      if (seedsMs === null) await untilAborted(signal)
    }
    await program.end()
    const failure = completedMs === null && this.#plan.endMs === null ? this.#failureOf(how, program) : null
    const { totalBytes } = this.#plan.content
    return endedReport({ arrivedMs, program, completedMs, failure, totalBytes, endedEarly: how === 'ended' })
  }

  #failureOf(how: 'seen' | 'ended' | 'aborted', { lastLine, exit }: Program): string {
    const { client } = this.#programPlan
    if (how === 'ended') return `${client} ended early (${exit}): ${lastLine}`
    return `${client}: not complete after ${this.#plan.timeLimitMs / 1000} s: ${lastLine}`
  }

  get #clientPlan() {
    return clientsOf(this.#plan)[this.#client]!
  }

  get #programPlan(): ProgramPlan {
    return this.#clientPlan.program!
  }

  async #orderOf({ torrent, outDir, site }: StartOrder | SeedOrder): Promise<ProgramOrder> {
    const { source, settings, client } = this.#programPlan
    const stateFolder = `${outDir}-state`
    await mkdir(stateFolder, { recursive: true })
    const torrentPath = join(stateFolder, 'content.torrent')
    await writeFile(torrentPath, torrent)
    const order: ProgramOrder = {
      projectFolder: PROJECT_FOLDER,
      nodePath: process.execPath,
      role: this.#clientPlan.isSeed ? 'seed' : 'download',
      source: source === 'magnet' ? magnetOf(torrent) : { kind: 'torrent', path: torrentPath, bytes: torrent },
      folder: outDir,
      stateFolder,
      host: site.clientHosts[this.#client]!,
      port: PEER_PORT + this.#client,
      settings,
    }
    for (const { path, content, isExecutable } of CLIENTS[client].files(order)) {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content, { mode: isExecutable === true ? 0o755 : 0o644 })
    }
    return order
  }

  #spawn(order: ProgramOrder): Program {
    const { file, args, env } = CLIENTS[this.#programPlan.client].command(order)
    // Should this process die, the program does too.
    const dies = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL'] : []
    const [command, ...rest] = [...this.#network.prefix, ...dies, file, ...args]
    const program = new Program(command!, rest, {
      cwd: order.stateFolder,
      env: { ...plainEnv(order.stateFolder), ...env },
    })
    this.#program = program
    return program
  }
}

/** Listened to, measured now and then, ended by its id. */
class Program {
  readonly ended: Promise<void>
  readonly #startedMs = performance.now()
  readonly #subprocess
  readonly #timer: NodeJS.Timeout
  readonly #life = new AbortController()
  #said = ''
  #costs: ProcessCosts = { cpuSeconds: 0, peakRssBytes: 0 }
  #waitedSeconds = 0
  exit = ''

  constructor(
    file: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: Record<string, string> },
  ) {
    const subprocess = execa(file, args, {
      ...options,
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      cleanup: true,
      forceKillAfterDelay: END_GRACE_MS,
    })
    this.#subprocess = subprocess
    subprocess.all.setEncoding('utf8').on('data', (chunk: string) => {
      this.#said = (this.#said + chunk).slice(-SAID_CHARACTERS_MAX)
      this.#heard?.()
    })
    if (subprocess.pid !== undefined) goAhead(subprocess.pid)
    this.#timer = setInterval(() => this.readCosts(), COSTS_EVERY_MS)
    this.ended = subprocess.then(({ exitCode, signal }) => {
      clearInterval(this.#timer)
      this.exit = signal === undefined ? `code ${exitCode}` : signal
      this.#life.abort()
    })
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
    const { pid } = this.#subprocess
    if (pid === undefined) return
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
        if (sign.kind === 'file') return existsSync(sign.path)
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
    await this.ended
  }
}

interface Life {
  readonly arrivedMs: number
  readonly program: Program
  readonly completedMs: number | null
  readonly failure: string | null
  readonly totalBytes: number
  readonly endedEarly?: boolean
}

function endedReport({ arrivedMs, program, completedMs, failure, totalBytes, endedEarly }: Life) {
  const nowMs = sharedMs()
  const seconds = ((completedMs ?? nowMs) - arrivedMs) / 1000
  const usefulBytes = completedMs === null ? 0 : totalBytes
  return {
    type: 'ended',
    failure,
    waitedShare: program.waitedShare,
    costs: program.costs,
    ...(endedEarly === true ? { endedEarly } : {}),
    page: {
      arrivedMs,
      completedMs,
      firstPieceMs: null,
      leftMs: completedMs === null ? null : nowMs,
      sentBytes: 0,
      receivedBytes: usefulBytes,
      fromSeedsBytes: 0,
      fromGroupBytes: 0,
      unchokedMs: [],
    },
    observations: {
      seconds,
      isComplete: completedMs !== null,
      throughputBytesPerSecond: null,
      timeToFirstByteSeconds: null,
      usefulBytes,
      wastedBytes: 0,
      hashFailures: 0,
      requests: { first: 0, again: 0, endgame: 0 },
      requestsLost: 0,
      announcesFailed: 0,
      restart: null,
      samples: [],
      marks: completedMs === null ? [] : [{ tMs: seconds * 1000, mark: 'completed' }],
    },
  } as const
}

function magnetOf(bytes: Uint8Array): Source {
  const { infohashV1, name, trackers } = torrentFromBytes(bytes, 'the plan').torrent
  const magnet = { infohash: infohashV1!, name, trackers, webSeeds: [], peers: [], selectedFiles: null }
  const uri = formatMagnet({ kind: 'magnet', ...magnet })
  return { kind: 'magnet', uri, infohash: infohashV1!, name, trackerUrl: trackers[0]![0]! }
}

/** Nothing of whoever started the run: proxies, locales, settings of their own. */
function plainEnv(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8' }
}

/** As rig and clients of ours do for themselves. */
function goAhead(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGH)
  } catch {
    // As it is, then.
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
