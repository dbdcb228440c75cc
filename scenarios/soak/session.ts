/** One session: the client started over what is there, left alone until its moment comes, and what was seen of it. */
import { rm } from 'node:fs/promises'
import { formatAddress, type PeerAddress } from '../../client/ports/transport.ts'
import { type ClientProcess, startClient, watchStateWrites } from './client-process.ts'
import type { SoakContent } from './content.ts'
import { type Moment, MomentWatch, type Timings } from './moments.ts'
import { readSessionLog, type SessionLog } from './session-log.ts'
import { type EndSignal, SoakFailure, type SoakWorld } from './soak-options.ts'

/** Of which the download itself takes a few. */
const SESSION_MS_MAX = 120_000
/** As a shell has it for a process that Ctrl-C ended. */
const EXIT_CODE_INTERRUPTED = 130

export interface SessionOrder {
  readonly content: SoakContent
  readonly outDir: string
  readonly logPath: string
  readonly seeder: PeerAddress
  readonly fastResume: boolean
  /** Null: it is left alone to its end. */
  readonly moment: Moment | null
  readonly signal: EndSignal
  /** Bytes that it has not got yet. */
  readonly leftBytes: number
}

export interface SessionEnd {
  /** `early`: it was to end politely, and had not got so far as to know how. */
  readonly kind: 'complete' | 'killed' | 'interrupted' | 'early'
  /** Of the wall clock, when the signal was sent; where none was, when it ended. */
  readonly endedMs: number
  readonly log: SessionLog
}

export class Session {
  readonly #order: SessionOrder
  readonly #world: SoakWorld
  readonly #watch: MomentWatch | null
  readonly #timings: Timings
  #process: ClientProcess | null = null
  #spawnedMs = 0
  #startedMs: number | null = null
  #leftBytes: number
  #endedMs: number | null = null

  /** `timings` are brought up to date. */
  constructor(order: SessionOrder, timings: Timings, world: SoakWorld) {
    this.#order = order
    this.#world = world
    this.#timings = timings
    this.#leftBytes = order.leftBytes
    this.#watch = order.moment === null ? null : new MomentWatch(order.moment, timings, world.clock, () => this.end())
  }

  /** To be called once. Throws a SoakFailure where it ends otherwise than it was asked to. */
  async run(): Promise<SessionEnd> {
    const { outDir, logPath, content } = this.#order
    const { clock, wallMs } = this.#world
    const limit = clock.alarm(() => this.#process?.kill('SIGKILL'))
    this.#spawnedMs = clock.nowMs()
    limit.set(this.#spawnedMs + SESSION_MS_MAX)
    const endWatch = watchStateWrites(outDir, () => this.#watch?.stateWrite(clock.nowMs()))
    this.#process = startClient(argumentsOf(this.#order, content.torrentPath), (event) => this.#said(event))
    this.#watch?.spawned(this.#spawnedMs)
    const { exitCode, signal, stderr } = await this.#process.ended
    endWatch()
    limit.set(null)
    this.#watch?.close()
    const endedMs = this.#endedMs ?? wallMs()
    const kind = this.#kindOf(exitCode, signal)
    const log = await readSessionLog(logPath)
    await rm(logPath, { force: true })
    if (kind !== null) return { kind, endedMs, log }
    const tookMs = Math.round(clock.nowMs() - this.#spawnedMs)
    throw new SoakFailure(`the client ended by itself after ${tookMs} ms, with ${signal ?? exitCode}: ${stderr}`)
  }

  /** A block was sent to it. */
  sent(bytes: number): void {
    this.#leftBytes -= bytes
    this.#watch?.sent(this.#world.clock.nowMs(), this.#leftBytes)
  }

  /** Its moment has come. */
  end(): void {
    if (this.#process === null || this.#endedMs !== null) return
    this.#endedMs = this.#world.wallMs()
    this.#process.kill(this.#order.signal)
  }

  #said(event: string): void {
    const nowMs = this.#world.clock.nowMs()
    if (event === 'started') {
      this.#startedMs = nowMs
      this.#timings.startMs = nowMs - this.#spawnedMs
      this.#watch?.started(nowMs)
    } else if (event === 'verified-on-disk' && this.#startedMs !== null) {
      this.#timings.verificationMs = nowMs - this.#startedMs
    }
  }

  #kindOf(exitCode: number | null, signal: string | null): SessionEnd['kind'] | null {
    if (exitCode === 0) return 'complete'
    if (this.#endedMs === null) return null
    if (signal === 'SIGKILL' && this.#order.signal === 'SIGKILL') return 'killed'
    if (exitCode === EXIT_CODE_INTERRUPTED && this.#order.signal === 'SIGINT') return 'interrupted'
    return signal === 'SIGINT' && this.#order.signal === 'SIGINT' ? 'early' : null
  }
}

function argumentsOf({ outDir, logPath, seeder, fastResume }: SessionOrder, torrentPath: string): string[] {
  return [
    'download',
    torrentPath,
    ...['--out', outDir, '--peer', formatAddress(seeder), '--host', seeder.host, '--port', '0'],
    ...['--no-tracker', '--no-pex', '--json', '--log', logPath, '--log-level', 'debug'],
    ...(fastResume ? ['--fast-resume'] : []),
  ]
}
