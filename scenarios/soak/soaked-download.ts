/**
 * One download that dies over and over until it is complete. What comes again is seen at the seeder, which does not die;
 * what was stored, in the log of each session; what the resume state claims, in the state itself.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BLOCK_BYTES, type PieceIndex } from '../../client/metainfo/geometry.ts'
import { type Download, openDownload } from '../../client/node/download.ts'
import { STATE_FOLDER } from '../../client/node/files-prepare.ts'
import { readStateFile } from '../../client/node/files-state.ts'
import { nodeSha1 } from '../../client/node/sha1.ts'
import type { ClientEvent, Events } from '../../client/ports/events.ts'
import { describeResumeFault, parseResumeState } from '../../client/storage/resume-state.ts'
import { RateLimiter } from '../../client/swarm/rate-limiter.ts'
import type { Bitfield } from '../../client/wire/bitfield.ts'
import { type SoakContent, wrongFile } from './content.ts'
import { Ledger, type SessionCost } from './ledger.ts'
import type { Moment, Timings } from './moments.ts'
import { Session, type SessionEnd } from './session.ts'
import { SoakFailure, type SoakOptions, type SoakWorld } from './soak-options.ts'

const HOST = '127.0.0.1'
/** So that a download takes some seconds, and a state is written several times. */
const RATE_BYTES_PER_SECOND = 4 * 1024 * 1024

/** A resume state is promised after 1 s; the rest is for a machine that has much else to do. */
const STATE_LAG_MS_MAX = 2_000

/** What an end left behind, beside what it costs. */
export interface EndFindings {
  readonly stateLagMs: number
  readonly isStateCut: boolean
  readonly trustedPieces: number
}

export class SoakedDownload implements Events {
  readonly #content: SoakContent
  readonly #options: SoakOptions
  readonly #world: SoakWorld
  readonly #timings: Timings
  readonly #ledger: Ledger
  readonly #outDir: string
  readonly #logPath: string
  #seeder: Download | null = null
  #session: Session | null = null
  /** Whom the seeder sends to, and to whom it does though that session is over. */
  #peer: string | null = null
  readonly #gone = new Set<string>()

  constructor(content: SoakContent, folder: string, options: SoakOptions, timings: Timings, world: SoakWorld) {
    this.#content = content
    this.#options = options
    this.#world = world
    this.#timings = timings
    this.#ledger = new Ledger(content.torrent.geometry)
    this.#outDir = join(folder, 'out')
    this.#logPath = join(folder, 'session.ndjson')
  }

  get costs(): readonly SessionCost[] {
    return this.#ledger.sessions
  }

  get storedCount(): number {
    return this.#ledger.stored.size
  }

  async open(): Promise<void> {
    await mkdir(this.#outDir)
    const source = { kind: 'torrent', torrent: this.#content.torrent } as const
    const upLimiters = [new RateLimiter(RATE_BYTES_PER_SECOND)]
    const choices = { seeds: true, seedOnly: true, useTrackers: false, usePex: false, upLimiters }
    const ready = Promise.withResolvers<void>()
    const emit = (nowMs: number, event: ClientEvent) => {
      if (event.type === 'completed') ready.resolve()
      else this.emit(nowMs, event)
    }
    const options = { source, rootDir: this.#content.sourceDir, host: HOST, port: 0, ...choices }
    this.#seeder = await openDownload(options, { emit })
    this.#seeder.start()
    await ready.promise
  }

  async close(): Promise<void> {
    this.abort()
    await this.#seeder?.stop()
  }

  abort(): void {
    this.#session?.end()
  }

  /** A session, to its moment or its end. Throws a SoakFailure for what must not be. */
  async next(moment: Moment | null): Promise<SessionEnd & { readonly findings: EndFindings }> {
    const { fastResume, signal } = this.#options
    const { torrent } = this.#content
    const storedBytes = [...this.#ledger.stored].reduce((sum, piece) => sum + torrent.geometry.pieceBytes(piece), 0)
    const leftBytes = torrent.geometry.totalBytes - storedBytes
    const seeder = this.#seeder!.local
    const files = { content: this.#content, outDir: this.#outDir, logPath: this.#logPath }
    const order = { ...files, seeder, fastResume, moment, signal, leftBytes }
    this.#session = new Session(order, this.#timings, this.#world)
    const end = await this.#session.run()
    this.#session = null
    if (this.#peer !== null) this.#gone.add(this.#peer)
    this.#peer = null
    return { ...end, findings: await this.#judge(end) }
  }

  /** All bytes are right, and nothing else lies there. */
  async check(): Promise<void> {
    const wrong = await wrongFile(this.#content, this.#outDir)
    if (wrong !== null) throw new SoakFailure(wrong)
    const expected = `${this.#content.torrent.infohashV1}.state`
    const beside = await readdir(join(this.#outDir, STATE_FOLDER))
    if (beside.join() !== expected) {
      throw new SoakFailure(`${join(this.#outDir, STATE_FOLDER)}: holds ${beside.join(', ')}, not only ${expected}`)
    }
    for (const [index, { wrong }] of this.costs.entries()) {
      if (wrong.length === 0) continue
      const some = wrong.slice(0, 5).join(', ')
      throw new SoakFailure(`after session ${index + 1}, ${wrong.length} blocks came again without need: ${some}`)
    }
    await rm(this.#outDir, { recursive: true })
  }

  /** What the seeder does. */
  emit(_nowMs: number, event: ClientEvent): void {
    if (event.type === 'peer-closed') this.#gone.delete(event.peer)
    if (event.type !== 'block-sent' || this.#gone.has(event.peer)) return
    this.#peer = event.peer
    this.#ledger.block({ ...event, piece: event.piece as PieceIndex })
    this.#session?.sent(event.lengthBytes)
  }

  async #judge(end: SessionEnd): Promise<EndFindings> {
    const { kind, endedMs, log } = end
    const { fastResume } = this.#options
    if (log.stateRejected !== null) throw new SoakFailure(`the resume state was not used: ${log.stateRejected}`)
    for (const piece of log.storedMs.keys()) this.#ledger.storedPiece(piece)
    const claimed = await this.#claimed()
    const unclaimed = [...this.#ledger.stored].filter((piece) => claimed?.has(piece) !== true)
    if (kind === 'interrupted' || kind === 'complete') this.#judgePolite(end, unclaimed)
    this.#ledger.ended(fastResume ? unclaimed : [])
    const lags = unclaimed.map((piece) => endedMs - (log.storedMs.get(piece) ?? endedMs))
    const stateLagMs = Math.max(0, ...lags)
    if (stateLagMs > STATE_LAG_MS_MAX) {
      throw new SoakFailure(`${kind}: the resume state lacks a piece that was stored ${stateLagMs} ms before`)
    }
    const beside = await readdir(join(this.#outDir, STATE_FOLDER)).catch(() => [])
    return {
      stateLagMs,
      isStateCut: beside.some((name) => name.endsWith('.unfinished')),
      trustedPieces: log.trustedCount,
    }
  }

  /** It had time: what came whole is stored, and what is stored is in the state. */
  #judgePolite({ kind, log }: SessionEnd, unclaimed: readonly PieceIndex[]): void {
    const { geometry } = this.#content.torrent
    for (const [piece, blocks] of log.received) {
      if (blocks < geometry.blockCount(piece) || log.storedMs.has(piece)) continue
      throw new SoakFailure(
        `${kind}: piece ${piece} came whole (${blocks} blocks of ${BLOCK_BYTES}) and was not stored`,
      )
    }
    if (unclaimed.length === 0) return
    throw new SoakFailure(`${kind}: the resume state lacks pieces that are stored: ${unclaimed.slice(0, 5).join(', ')}`)
  }

  /** What the state on the disk claims; null where there is none yet. */
  async #claimed(): Promise<Bitfield | null> {
    const { torrent } = this.#content
    const infohash = torrent.infohashV1!
    const bytes = await readStateFile(this.#outDir, infohash)
    if (bytes === null) return null
    const parsed = parseResumeState(bytes, { infohash, content: torrent }, nodeSha1)
    if (parsed.kind === 'fault') throw new SoakFailure(`on the disk: ${describeResumeFault(parsed.fault)}`)
    return parsed.state.complete
  }
}
