/**
 * A client of ours with its user: started, stopped, killed and started again over one disk and one clock. The user acts
 * as one would: a download that is complete and shares nothing is ended; one that failed is started again after a while,
 * and one that was only to be seeded, and is not whole any more, is downloaded again.
 */

import { parseFileSelection } from '../../client/metainfo/file-selection.ts'
import type { PieceIndex } from '../../client/metainfo/geometry.ts'
import { nodeSha1 } from '../../client/node/sha1.ts'
import type { ClientEvent } from '../../client/ports/events.ts'
import type { HttpClient } from '../../client/ports/http.ts'
import type { Storage } from '../../client/ports/storage.ts'
import type { PeerAddress, Transport } from '../../client/ports/transport.ts'
import { parseResumeState } from '../../client/storage/resume-state.ts'
import { RateLimiter } from '../../client/swarm/rate-limiter.ts'
import {
  DEFAULT_CHOICES,
  type DownloadChoices,
  type DownloadPorts,
  type DownloadSource,
} from '../../client/swarm/settings.ts'
import { wantedPieces } from '../../client/wire/wanted-pieces.ts'
import { simulatedHasher } from '../../simulator/hasher.ts'
import { PURPOSE, type Purpose, seededRandom } from '../../simulator/random.ts'
import type { Simulation } from '../../simulator/simulation.ts'
import { simulatedStorage } from '../../simulator/storage.ts'
import { ClientDisk } from './client-disk.ts'
import { Life } from './life.ts'
import { type ClientSchedule, hostOf, streamOf } from './schedule.ts'
import { SkewedClock } from './skewed-clock.ts'
import type { HuntTorrent } from './torrent.ts'

export interface HuntedSetting {
  readonly simulation: Simulation
  readonly seed: number
  readonly of: HuntTorrent
  readonly schedule: ClientSchedule
  readonly transport: Transport
  readonly http: HttpClient
  readonly peers: readonly PeerAddress[]
  readonly alter: (ports: DownloadPorts, client: HuntedClient) => DownloadPorts
}

export interface HuntedOwner {
  lifeBegan(client: HuntedClient, life: Life): void
  clientEvent(client: HuntedClient, life: Life, event: ClientEvent): void
  /** It said that it has stopped, or was killed. */
  lifeEnded(client: HuntedClient, life: Life): void
}

/** Lives are apart from each other in their random streams; more there are not in a run. */
const STREAMS_PER_LIFE = 10_000

export class HuntedClient {
  readonly name: string
  readonly host: string
  readonly schedule: ClientSchedule
  readonly clock: SkewedClock
  readonly disk: ClientDisk
  life: Life | null = null
  /** The one at hand, or the one before. */
  lastLife: Life | null = null
  lives = 0
  /** It has all that it wants. */
  isComplete = false
  /** It has left for good: complete, and not to be shared. */
  hasLeft = false
  completedMs: number | null = null
  seedOnly: boolean
  readonly #setting: HuntedSetting
  readonly #owner: HuntedOwner

  constructor(setting: HuntedSetting, owner: HuntedOwner) {
    const { schedule, simulation, of } = setting
    this.name = schedule.name
    this.host = hostOf(schedule.name)
    this.schedule = schedule
    this.clock = new SkewedClock(simulation.clock)
    this.disk = new ClientDisk(of, schedule.hasAll)
    this.seedOnly = schedule.choices.seedOnly
    this.#setting = setting
    this.#owner = owner
  }

  /** Its download is at its end, or it shares what it has. */
  get isDone(): boolean {
    return this.hasLeft || (this.life?.state === 'running' && (this.isComplete || this.seedOnly))
  }

  /** Pieces that it wants. */
  wanted(): number[] {
    const { torrent } = this.#setting.of
    const selection = this.#choices().selectedFiles
    const pieces = Array.from({ length: torrent.geometry.pieceCount }, (_, piece) => piece)
    if (selection === null) return pieces
    const wanted = wantedPieces(torrent, selection)
    return pieces.filter((piece) => wanted.has(piece as PieceIndex))
  }

  /** Others get the piece from it, or will once it has looked at its disk. */
  offers(piece: number): boolean {
    const content = this.life?.manager.content ?? null
    return this.disk.isGood(piece) && (content === null || content.pieces.complete.has(piece as PieceIndex))
  }

  start(): void {
    if (this.life !== null || this.hasLeft) return
    const { simulation, transport, http, of, alter } = this.#setting
    this.isComplete = false
    const life: Life = new Life({
      simulation,
      clock: this.clock,
      source: this.#source(),
      choices: this.#choices(),
      host: this.host,
      transport,
      http,
      openStorage: () => this.#openStorage(),
      hasher: simulatedHasher(simulation, of.content, of.torrent.geometry.pieceLengthBytes),
      random: (purpose) => this.#random(purpose),
      events: { emit: (_, event) => this.#emit(life, event) },
      alter: (ports) => alter(ports, this),
    })
    this.lives++
    this.life = life
    this.lastLife = life
    this.#owner.lifeBegan(this, life)
    simulation.call(() => life.start())
  }

  /** By its user; started again after so long, null for never. */
  quit(downMs: number | null): void {
    const { life } = this
    if (life === null || life.state !== 'running') return
    const { simulation } = this.#setting
    let times = 0
    simulation.call(() =>
      life.stop(() => {
        // Once; a second time is for the invariants to see.
        this.#owner.lifeEnded(this, life)
        if (times++ > 0) return
        life.state = 'stopped'
        this.life = null
        if (downMs !== null) simulation.inMs(downMs, () => this.start())
      }),
    )
  }

  crash(downMs: number): void {
    const { life } = this
    if (life === null) return
    const { simulation } = this.#setting
    simulation.call(() => life.kill())
    this.life = null
    this.disk.crash(simulation.nowMs, this.#random(PURPOSE.behaviour))
    this.#owner.lifeEnded(this, life)
    simulation.inMs(downMs, () => this.start())
  }

  pause(): void {
    if (this.life?.state === 'running') this.#call((life) => life.manager.pause(life.nowMs))
  }

  resume(): void {
    if (this.life?.state === 'running') this.#call((life) => life.manager.resume(life.nowMs))
  }

  #call(act: (life: Life) => void): void {
    const { life } = this
    if (life !== null) this.#setting.simulation.call(() => act(life))
  }

  #emit(life: Life, event: ClientEvent): void {
    const { simulation, schedule } = this.#setting
    if (event.type === 'completed') {
      this.isComplete = true
      this.completedMs ??= simulation.nowMs
      if (!schedule.choices.seeds && !this.seedOnly) simulation.soon(() => this.#leave(life))
    } else if (event.type === 'piece-lost') {
      this.isComplete = false
    } else if (event.type === 'storage-failed') {
      this.isComplete = false
      simulation.soon(() => this.#tryAgain(life))
    } else if (event.type === 'piece-stored') {
      this.disk.written(event.piece)
    } else if (event.type === 'verified-on-disk') {
      this.disk.verified(event.trusted)
    }
    this.#owner.clientEvent(this, life, event)
  }

  #leave(life: Life): void {
    if (this.life !== life || !this.isComplete || life.state !== 'running') return
    this.hasLeft = true
    this.quit(null)
  }

  #tryAgain(life: Life): void {
    if (this.life !== life) return
    this.seedOnly = false
    this.quit(this.schedule.restartMs)
  }

  #random(purpose: Purpose) {
    return seededRandom(this.#setting.seed, streamOf(this.name) + this.lives * STREAMS_PER_LIFE, purpose)
  }

  #openStorage(): Storage {
    const { writeMs } = this.schedule
    const options = { writeMs, stateMs: writeMs, readOnly: this.seedOnly }
    const storage = simulatedStorage(this.#setting.simulation, this.disk.simulated, options)
    return {
      ...storage,
      writeState: (bytes, done) => {
        const landed = this.disk.stateBegun()
        storage.writeState(bytes, (nowMs, fault) => {
          if (fault === null) landed()
          done(nowMs, fault)
        })
      },
    }
  }

  #source(): DownloadSource {
    const { torrent } = this.#setting.of
    if (!this.schedule.fromMagnet) return { kind: 'torrent', torrent }
    const { infohashV1, trackers } = torrent
    const rest = { name: null, webSeeds: [], peers: [], selectedFiles: null }
    const magnet = { kind: 'magnet' as const, infohash: infohashV1!, trackers, ...rest }
    const infoBytes = this.#keptInfo()
    return infoBytes === null ? { kind: 'magnet', magnet } : { kind: 'magnet', magnet, infoBytes }
  }

  /** What an earlier life kept of the metadata. */
  #keptInfo(): Uint8Array | null {
    const bytes = this.disk.simulated.state
    const expected = { infohash: this.#setting.of.torrent.infohashV1!, content: null }
    const parsed = bytes === null ? null : parseResumeState(bytes, expected, nodeSha1)
    return parsed?.kind === 'state' ? parsed.state.infoBytes : null
  }

  #choices(): DownloadChoices {
    const { downLimitBytesPerSecond, upLimitBytesPerSecond, files, ...choices } = this.schedule.choices
    const selection = files === null ? null : parseFileSelection(files)
    if (selection !== null && selection.kind !== 'files') throw new RangeError(`not a selection of files: ${files}`)
    return {
      ...DEFAULT_CHOICES,
      ...choices,
      selectedFiles: selection,
      peers: this.#setting.peers,
      seedOnly: this.seedOnly,
      downLimiters: downLimitBytesPerSecond === null ? [] : [new RateLimiter(downLimitBytesPerSecond)],
      upLimiters: upLimitBytesPerSecond === null ? [] : [new RateLimiter(upLimitBytesPerSecond)],
    }
  }
}
