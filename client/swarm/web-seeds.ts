/**
 * WebSeeds: pieces from plain web servers. BEP 19, GetRight style: whole pieces, asked for by ranges of the files that
 * they lie in.
 *
 * One that never sent anything is asked for one thing at a time, one that did for as much as there are requests in all.
 * What fails is released at once, so that others send it.
 *
 * Sans-IO: answers come from the HTTP port with `nowMs`, and every one ends in `touched`. Not here: which pieces, what
 * becomes of a block, whether the hash of a piece is right (the owner bans then).
 */
import { BLOCK_BYTES, type BlockRange, type PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { earlier } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import type { HttpClient, HttpExchange, HttpOutcome } from '../ports/http.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { WebSeed } from './web-seed.ts'
import { judgeAnswer } from './web-seed-answer.ts'
import { type FetchedBlock, type FilePart, WebSeedFetch } from './web-seed-fetch.ts'
import { type FileUrls, fileUrls, type WebSeedUrl, webSeedUrls } from './web-seed-urls.ts'

/** At the same time, over all web seeds; libtorrent's limit. */
export const WEB_REQUESTS_MAX = 3

export interface WebSeedOwner {
  /** Blocks are wanted: neither before the start nor while paused nor after the end. */
  readonly mayRequest: boolean
  /** All blocks of one piece of which nobody was asked for any, now asked of this web seed; none where there is none. */
  pickWhole(nowMs: number, key: PeerKey, pieces: Bitfield): readonly BlockRange[]
  /** How many of these bytes may be asked for now, by rate limits and the disk. Those are counted. */
  grant(nowMs: number, wantedBytes: number): WebSeedGrant
  /** A block; its bytes are the owner's. May come during `pump`, for padding. */
  received(nowMs: number, key: PeerKey, range: BlockRange, bytes: Uint8Array): void
  /** Blocks that this web seed will not send after all. */
  released(nowMs: number, key: PeerKey, ranges: readonly BlockRange[]): void
  /** `retryInMs` null: it is not asked again. */
  webSeedFailed(nowMs: number, url: string, reason: string, retryInMs: number | null): void
  /** An answer was dealt with: pump again. */
  touched(nowMs: number): void
}

export interface WebSeedGrant {
  /** 0, or a block at least. */
  readonly bytes: number
  /** Where they are 0, when to ask again; null: the owner pumps when that changes. */
  readonly againMs: number | null
}

export interface WebSeedStatus {
  readonly key: PeerKey
  readonly url: string
  readonly state: 'idle' | 'downloading' | 'waiting' | 'over'
  readonly downRateBytesPerSecond: number
  readonly downloadedBytes: number
  /** Blocks that it owes. */
  readonly outstanding: number
}

/** Some pieces on their way, one request at a time. */
interface Job {
  readonly seed: WebSeed
  readonly fetch: WebSeedFetch
  request: Request | null
}

interface Request {
  readonly part: FilePart
  readonly startedMs: number
  readonly exchange: HttpExchange
}

export class WebSeeds {
  readonly #torrent: TorrentFile
  readonly #http: HttpClient
  readonly #owner: WebSeedOwner
  readonly #fileUrl: FileUrls
  readonly #seeds: readonly WebSeed[]
  readonly #refused: readonly WebSeedUrl[]
  readonly #everyPiece: Bitfield
  /** All clear but during a pick. */
  readonly #onePiece: Bitfield
  readonly #jobs = new Set<Job>()
  #grantMs: number | null = null
  #isStopped = false

  /** Keys are -1, -2, … in the order of the torrent's list, without what is there twice or of no use. */
  constructor(torrent: TorrentFile, http: HttpClient, owner: WebSeedOwner) {
    const urls = webSeedUrls(torrent.webSeeds)
    this.#torrent = torrent
    this.#http = http
    this.#owner = owner
    this.#fileUrl = fileUrls(torrent)
    this.#seeds = urls.filter(({ fault }) => fault === null).map(({ url }, index) => new WebSeed(-1 - index, url))
    this.#refused = urls.filter(({ fault }) => fault !== null)
    this.#everyPiece = Bitfield.full(torrent.geometry.pieceCount)
    this.#onePiece = new Bitfield(torrent.geometry.pieceCount)
  }

  /** Tells of what is in the torrent's list and of no use. The caller pumps. */
  start(nowMs: number): void {
    for (const { url, fault } of this.#refused) this.#owner.webSeedFailed(nowMs, url, fault ?? '', null)
  }

  /** Asks for as much as may be asked for. Cheap where nothing may. */
  pump(nowMs: number): void {
    if (this.#isStopped || !this.#owner.mayRequest) return
    for (const job of this.#jobs) if (job.request === null) this.#ask(nowMs, job)
    // What is not granted is picked, and held, by one job at most.
    while (this.#jobs.size < WEB_REQUESTS_MAX && this.#allAsk()) {
      const seed = this.#nextSeed()
      if (seed === null) return
      const blocks = this.#pick(nowMs, seed)
      if (blocks.length === 0) return
      this.#begin(nowMs, seed, blocks)
    }
  }

  /** When a web seed that failed may be asked again, or the owner grants what it did not. */
  deadlineMs(): number | null {
    if (this.#isStopped) return null
    let earliestMs = this.#grantMs
    for (const { state } of this.#seeds) {
      if (state.kind === 'waiting') earliestMs = earlier(earliestMs, state.untilMs)
    }
    return earliestMs
  }

  /** The caller pumps. */
  handleDeadline(nowMs: number): void {
    if (this.#grantMs !== null && this.#grantMs <= nowMs) this.#grantMs = null
    for (const seed of this.#seeds) seed.handleDeadline(nowMs)
  }

  /** It sent what is not true. What it owes is released; false when it is over already. */
  ban(nowMs: number, key: PeerKey): boolean {
    const seed = this.#seeds.find((each) => each.key === key)
    if (seed === undefined || seed.state.kind === 'over') return false
    this.#end(nowMs, seed)
    return true
  }

  /** Nothing is asked for any more, no answer comes, and nothing is released. */
  stop(): void {
    this.#isStopped = true
    for (const { request } of this.#jobs) request?.exchange.cancel()
    this.#jobs.clear()
  }

  /** Of a key that a block or a piece came from. */
  urlOf(key: PeerKey): string {
    return this.#seeds.find((seed) => seed.key === key)!.url
  }

  status(nowMs: number): WebSeedStatus[] {
    return this.#seeds.map(({ key, url, state, down }) => {
      const jobs = this.#jobsOf(key)
      const busy = jobs.length > 0 ? 'downloading' : 'idle'
      return {
        key,
        url,
        state: state.kind === 'ready' ? busy : state.kind,
        downRateBytesPerSecond: down.rateBytesPerSecond(nowMs),
        downloadedBytes: down.totalBytes,
        outstanding: jobs.reduce((sum, { fetch }) => sum + fetch.missingCount, 0),
      }
    })
  }

  // Asking.

  #allAsk(): boolean {
    for (const { request } of this.#jobs) if (request === null) return false
    return true
  }

  /** The one with the least to do; between equals, the fastest. */
  #nextSeed(): WebSeed | null {
    let best: WebSeed | null = null
    let bestJobs = WEB_REQUESTS_MAX
    for (const seed of this.#seeds) {
      if (seed.state.kind !== 'ready') continue
      const jobs = this.#jobsOf(seed.key).length
      if (jobs > 0 && !seed.isProven) continue
      const isFaster = jobs === bestJobs && best !== null && seed.requestBytes > best.requestBytes
      if (jobs >= bestJobs && !isFaster) continue
      best = seed
      bestJobs = jobs
    }
    return best
  }

  /** A piece, and those right behind it as far as one request reaches. */
  #pick(nowMs: number, { key, requestBytes }: WebSeed): BlockRange[] {
    const { geometry } = this.#torrent
    const blocks = [...this.#owner.pickWhole(nowMs, key, this.#everyPiece)]
    if (blocks.length === 0) return blocks
    let lengthBytes = geometry.pieceBytes(blocks[0]!.piece)
    for (let next = blocks[0]!.piece + 1; next < geometry.pieceCount; next++) {
      const piece = next as PieceIndex
      lengthBytes += geometry.pieceBytes(piece)
      if (lengthBytes > requestBytes) break
      this.#onePiece.set(piece)
      const more = this.#owner.pickWhole(nowMs, key, this.#onePiece)
      this.#onePiece.clear(piece)
      if (more.length === 0) break
      blocks.push(...more)
    }
    return blocks
  }

  #begin(nowMs: number, seed: WebSeed, blocks: readonly BlockRange[]): void {
    const fetch = new WebSeedFetch(this.#torrent.files, this.#torrent.geometry, blocks)
    const job: Job = { seed, fetch, request: null }
    this.#jobs.add(job)
    this.#deliver(nowMs, job, fetch.pushPadding())
    if (this.#jobs.has(job)) this.#ask(nowMs, job)
  }

  #ask(nowMs: number, job: Job): void {
    const { seed, fetch } = job
    const wanted = fetch.nextPart(seed.requestBytes)
    if (wanted === null) return
    const { bytes, againMs } = this.#owner.grant(nowMs, wanted.lengthBytes)
    if (bytes === 0) {
      this.#grantMs = earlier(this.#grantMs, againMs)
      return
    }
    const part = fetch.nextPart(Math.min(wanted.lengthBytes, Math.max(bytes, BLOCK_BYTES)))!
    const { fileIndex, offsetBytes, lengthBytes } = part
    const exchange = this.#http.get(
      {
        url: this.#fileUrl(seed.url, fileIndex),
        timeoutMs: seed.timeoutMs,
        bodyBytesMax: lengthBytes,
        range: { offsetBytes, lengthBytes },
      },
      (answeredMs, outcome) => {
        this.#answered(answeredMs, job, outcome)
        this.#owner.touched(answeredMs)
      },
    )
    job.request = { part, startedMs: nowMs, exchange }
  }

  // What comes of it.

  #answered(nowMs: number, job: Job, outcome: HttpOutcome): void {
    const { seed, fetch } = job
    const { part, startedMs } = job.request!
    job.request = null
    const verdict = judgeAnswer(outcome, part, this.#torrent.files[part.fileIndex]!.lengthBytes)
    if (verdict.kind === 'bytes') {
      seed.succeeded(nowMs, part.lengthBytes, nowMs - startedMs)
      return this.#deliver(nowMs, job, fetch.push(verdict.bytes))
    }
    if (verdict.kind !== 'retry') {
      this.#end(nowMs, seed)
      return this.#owner.webSeedFailed(nowMs, seed.url, verdict.reason, null)
    }
    const retryInMs = seed.failed(nowMs, verdict.retryAfterMs)
    for (const idle of this.#jobsOf(seed.key)) if (idle.request === null) this.#drop(nowMs, idle)
    if (retryInMs !== null) this.#owner.webSeedFailed(nowMs, seed.url, verdict.reason, retryInMs)
  }

  #deliver(nowMs: number, job: Job, blocks: readonly FetchedBlock[]): void {
    if (job.fetch.missingCount === 0) this.#jobs.delete(job)
    for (const { range, bytes } of blocks) this.#owner.received(nowMs, job.seed.key, range, bytes)
  }

  #end(nowMs: number, seed: WebSeed): void {
    seed.end()
    for (const job of this.#jobsOf(seed.key)) this.#drop(nowMs, job)
  }

  #drop(nowMs: number, job: Job): void {
    this.#jobs.delete(job)
    job.request?.exchange.cancel()
    this.#owner.released(nowMs, job.seed.key, job.fetch.missing)
  }

  #jobsOf(key: PeerKey): Job[] {
    return [...this.#jobs].filter(({ seed }) => seed.key === key)
  }
}
