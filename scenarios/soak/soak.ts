/**
 * A soak: a real client downloads from a real seed over loopback and is killed at moments of every kind, started again,
 * killed again, download after download, until it has died so many times. Each download must end with the right bytes,
 * and each end may cost no more than it must (./ledger.ts).
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import { makeContent } from './content.ts'
import { type Moment, moments, sooner, type Timings } from './moments.ts'
import {
  type Largest,
  SoakFailure,
  type SoakFigures,
  type SoakObserver,
  type SoakOptions,
  type SoakWorld,
} from './soak-options.ts'
import { SoakedDownload } from './soaked-download.ts'

const CONTENT_BYTES = 16 * 1024 * 1024
/** Before they were measured; a moment that comes too late for its phase comes in the next. */
const TIMINGS: Timings = { startMs: 500, verificationMs: 200 }

/** Downloads in a row that no moment comes in, though it is made sooner each time, before that is a failure. */
const IDLE_DOWNLOADS_MAX = 9

/** Null when it was aborted. Throws a SoakFailure, whose message says where. */
export async function soak(
  options: SoakOptions,
  world: SoakWorld,
  observer: SoakObserver,
): Promise<SoakFigures | null> {
  const run = new Run(options, world, observer)
  let idleDownloads = 0
  while (run.kills < options.kills) {
    const killsBefore = run.kills
    await run.download()
    if (options.abort.aborted) return null
    idleDownloads = run.kills === killsBefore ? idleDownloads + 1 : 0
    if (idleDownloads === IDLE_DOWNLOADS_MAX) throw new SoakFailure(`${idleDownloads} downloads ended unharmed`)
  }
  return run.figures()
}

class Run {
  readonly #options: SoakOptions
  readonly #world: SoakWorld
  readonly #observer: SoakObserver
  readonly #moments: Generator<Moment, never>
  readonly #timings = { ...TIMINGS }
  readonly #costs: { readonly againBytes: number; readonly exposedBytes: number }[] = []
  /** Of a session that was over before it came: kept for the next. */
  #moment: Moment | null = null
  #kills = 0
  #downloads = 0
  #restarts = 0
  #stateLagMs = 0
  #statesCut = 0
  #trustedPieces = 0

  constructor(options: SoakOptions, world: SoakWorld, observer: SoakObserver) {
    this.#options = options
    this.#world = world
    this.#observer = observer
    this.#moments = moments(seededRandom(options.seed, -1, PURPOSE.behaviour))
  }

  get kills(): number {
    return this.#kills
  }

  async download(): Promise<void> {
    const { folder, seed, abort } = this.#options
    const number = ++this.#downloads
    const place = join(folder, `${number}`)
    await mkdir(place)
    const content = await makeContent(place, CONTENT_BYTES, number, seededRandom(seed, number, PURPOSE.swarm))
    const download = new SoakedDownload(content, place, this.#options, this.#timings, this.#world)
    const onAbort = () => download.abort()
    abort.addEventListener('abort', onAbort)
    try {
      await download.open()
      await this.#untilComplete(download)
      if (abort.aborted) return
      await download.check()
    } catch (error) {
      throw error instanceof SoakFailure ? this.#placed(error, number) : error
    } finally {
      abort.removeEventListener('abort', onAbort)
      await download.close()
    }
    this.#costs.push(...download.costs)
    this.#observer.downloaded({ number, sessions: download.costs.length })
    await rm(place, { recursive: true })
  }

  figures(): SoakFigures {
    return {
      kills: this.#kills,
      downloads: this.#downloads,
      restarts: this.#restarts,
      contentBytes: CONTENT_BYTES,
      againBytes: largestOf(this.#costs.map(({ againBytes }) => againBytes)),
      exposedBytes: largestOf(this.#costs.map(({ exposedBytes }) => exposedBytes)),
      stateLagMs: this.#stateLagMs,
      statesCut: this.#statesCut,
      trustedPieces: this.#trustedPieces,
    }
  }

  async #untilComplete(download: SoakedDownload): Promise<void> {
    const { kills, abort } = this.#options
    for (let session = 1; !abort.aborted; session++) {
      const isLeftAlone = this.#kills >= kills
      this.#moment ??= isLeftAlone ? null : this.#moments.next().value
      const moment = isLeftAlone ? null : this.#moment
      if (session > 1) this.#restarts++
      const { kind, findings } = await download.next(moment)
      this.#trustedPieces += findings.trustedPieces
      if (kind === 'complete') {
        if (session === 1 && moment !== null) this.#moment = sooner(moment)
        return
      }
      if (moment === null) continue
      this.#moment = null
      this.#kills++
      this.#stateLagMs = Math.max(this.#stateLagMs, findings.stateLagMs)
      if (findings.isStateCut) this.#statesCut++
      this.#observer.ended({ number: this.#kills, moment, storedPieces: download.storedCount })
    }
  }

  #placed({ message }: SoakFailure, download: number): SoakFailure {
    const { seed, signal, folder } = this.#options
    const where = `download ${download}, after ${this.#kills} times ${signal}, seed ${seed}`
    return new SoakFailure(`${where}: ${message}; what it left is in ${join(folder, `${download}`)}`)
  }
}

function largestOf(values: readonly number[]): Largest {
  return { max: Math.max(0, ...values), total: values.reduce((sum, value) => sum + value, 0) }
}
