/**
 * A client of a plan that is a program: started as its adapter says, seen from outside alone. To the rest of the runtime
 * it is a child like any other. What it received is what the scripted peers sent; see `seen-from-outside.ts`.
 */
import { EventEmitter } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatMagnet } from '../../../client/metainfo/magnet.ts'
import { torrentFromBytes } from '../../../client/node/read-torrent.ts'
import type { ClientOrder as ProgramOrder, Source } from '../../clients/adapter.ts'
import { CLIENTS } from '../../clients/all.ts'
import { clientsOf, type ProgramPlan, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { PEER_PORT } from '../addresses.ts'
import type { Child } from './child.ts'
import type { ClientOrder, ClientReport } from './messages.ts'
import { Program } from './program.ts'
import type { ProgramPlace } from './program-place.ts'
import { sharedMs } from './shared-clock.ts'

const SEEDING_MS_MAX = 20_000

type StartOrder = ClientOrder & { readonly type: 'start' }
type SeedOrder = ClientOrder & { readonly type: 'seed' }

export function startProgramClient(
  plan: SwarmPlan,
  client: number,
  place: ProgramPlace,
): Child<ClientOrder, ClientReport> {
  const reports = new EventEmitter().setMaxListeners(0)
  const run = new ProgramRun(plan, client, place, (report) => reports.emit('report', report))
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
  readonly #place: ProgramPlace
  readonly #report: (report: ClientReport) => void
  readonly #stopping = new AbortController()
  #program: Program | null = null

  constructor(plan: SwarmPlan, client: number, place: ProgramPlace, report: (report: ClientReport) => void) {
    this.#plan = plan
    this.#client = client
    this.#place = place
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
    const program = await this.#spawn(order)
    program.begin()
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
    const { client } = this.#programPlan
    const program = await this.#spawn(order)
    await sleep(Math.max(0, arrivedMs - sharedMs()), undefined, { signal }).catch(() => {})
    program.begin()
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
    const { places, here } = this.#place
    const torrentPath = join(stateFolder, 'content.torrent')
    await mkdir(here(stateFolder), { recursive: true })
    await writeFile(here(torrentPath), torrent)
    const order: ProgramOrder = {
      ...places,
      role: this.#clientPlan.isSeed ? 'seed' : 'download',
      source: source === 'magnet' ? magnetOf(torrent) : { kind: 'torrent', path: torrentPath, bytes: torrent },
      folder: outDir,
      stateFolder,
      host: site.clientHosts[this.#client]!,
      port: PEER_PORT + this.#client,
      settings,
    }
    for (const { path, content, isExecutable } of CLIENTS[client].files(order)) {
      await mkdir(dirname(here(path)), { recursive: true })
      await writeFile(here(path), content, { mode: isExecutable === true ? 0o755 : 0o644 })
    }
    await this.#place.giveAway(stateFolder)
    return order
  }

  /** It begins when it is told to. */
  async #spawn(order: ProgramOrder): Promise<Program> {
    const command = CLIENTS[this.#programPlan.client].command(order)
    const program = new Program(command, order.stateFolder, this.#place)
    this.#program = program
    await program.ready()
    return program
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

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
