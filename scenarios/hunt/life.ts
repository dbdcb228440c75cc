/**
 * One life of a client of ours: its production code from a start to a stop or a kill, on a clock of its own. All that it
 * does to the world passes through here; what the world does to it carries its own clock's time.
 */
import type { TorrentFile } from '../../client/metainfo/torrent-file.ts'
import { nodeSha1 } from '../../client/node/sha1.ts'
import type { Hasher } from '../../client/ports/hasher.ts'
import type { HttpClient } from '../../client/ports/http.ts'
import type { Random } from '../../client/ports/random.ts'
import type { Storage, StorageFault } from '../../client/ports/storage.ts'
import type { ConnectionHandler, Listener, PeerAddress, Transport } from '../../client/ports/transport.ts'
import { DownloadManager } from '../../client/swarm/download-manager.ts'
import type { DownloadChoices, DownloadPorts, DownloadSource } from '../../client/swarm/settings.ts'
import { makePeerId } from '../../client/wire/peer-id.ts'
import { PURPOSE, type Purpose } from '../../simulator/random.ts'
import type { Simulation } from '../../simulator/simulation.ts'
import { Lifeline } from '../runtimes/sim/lifeline.ts'
import { PORT } from './schedule.ts'
import type { SkewedClock } from './skewed-clock.ts'

export interface LifeSetting {
  readonly simulation: Simulation
  readonly clock: SkewedClock
  readonly source: DownloadSource
  readonly choices: DownloadChoices
  readonly host: string
  readonly transport: Transport
  readonly http: HttpClient
  readonly openStorage: (torrent: TorrentFile) => Storage
  readonly hasher: Hasher
  readonly random: (purpose: Purpose) => Random
  readonly events: DownloadPorts['events']
  /** What a test puts in the place of a port. */
  readonly alter: (ports: DownloadPorts) => DownloadPorts
}

export class Life {
  readonly manager: DownloadManager
  /** `stopped`: the client said so; after that it does nothing more. */
  state: 'running' | 'stopping' | 'stopped' | 'killed' = 'running'
  readonly #setting: LifeSetting
  readonly #lifeline = new Lifeline()
  #listener: Listener | null = null

  constructor(setting: LifeSetting) {
    this.#setting = setting
    const { clock, random, source, choices } = setting
    const ports: DownloadPorts = {
      clock: this.#lifeline.clock(clock),
      pickerRandom: random(PURPOSE.picker),
      trackerRandom: random(PURPOSE.tracker),
      transport: this.#lifeline.transport(transportAt(clock, setting.transport)),
      http: this.#lifeline.http(httpAt(clock, setting.http)),
      datagrams: null,
      openVerifier: null,
      openStorage: (torrent) => storageAt(clock, setting.openStorage(torrent)),
      hasher: hasherAt(clock, setting.hasher),
      sha1: nodeSha1,
      events: this.#lifeline.events(setting.events),
    }
    const settings = { ...choices, source, peerId: makePeerId(random(PURPOSE.peerId)), listenPort: PORT }
    this.manager = new DownloadManager(settings, setting.alter(ports))
  }

  /** By its own clock. */
  get nowMs(): number {
    return this.#setting.clock.nowMs()
  }

  get isUp(): boolean {
    return this.state === 'running' || this.state === 'stopping'
  }

  start(): void {
    const { transport, host, clock } = this.#setting
    this.#listener = this.#lifeline.transport(transportAt(clock, transport)).listen(
      { host, port: PORT },
      {
        listening: () => {},
        failed: () => {},
        accepted: (nowMs, connection) => this.manager.accept(nowMs, connection),
      },
    )
    this.manager.start(this.nowMs)
  }

  /** `stopped` is called each time that the client says so. */
  stop(stopped: (fault: StorageFault | null) => void): void {
    if (this.state !== 'running') return
    this.state = 'stopping'
    this.#listener?.close()
    this.manager.stop(this.nowMs, (_, fault) => {
      if (this.state !== 'killed') stopped(fault)
    })
  }

  kill(): void {
    this.state = 'killed'
    this.#lifeline.cut()
  }
}

function transportAt(clock: SkewedClock, inner: Transport): Transport {
  return {
    connect: (remote, handler) => inner.connect(remote, handlerAt(clock, handler)),
    listen: (local: PeerAddress, handler) =>
      inner.listen(local, {
        listening: (_, address) => handler.listening(clock.nowMs(), address),
        failed: (_, fault) => handler.failed(clock.nowMs(), fault),
        accepted: (_, connection) => handlerAt(clock, handler.accepted(clock.nowMs(), connection)),
      }),
  }
}

function handlerAt(clock: SkewedClock, handler: ConnectionHandler): ConnectionHandler {
  return {
    opened: () => handler.opened(clock.nowMs()),
    received: (_, chunk, ownership) => handler.received(clock.nowMs(), chunk, ownership),
    drained: () => handler.drained(clock.nowMs()),
    ended: (_, end) => handler.ended(clock.nowMs(), end),
  }
}

function httpAt(clock: SkewedClock, inner: HttpClient): HttpClient {
  return { get: (request, done) => inner.get(request, (_, outcome) => done(clock.nowMs(), outcome)) }
}

function hasherAt(clock: SkewedClock, inner: Hasher): Hasher {
  return { verify: (check, done) => inner.verify(check, (_, matches) => done(clock.nowMs(), matches)) }
}

function storageAt(clock: SkewedClock, inner: Storage): Storage {
  return {
    prepare: (done) => inner.prepare((_, outcome) => done(clock.nowMs(), outcome)),
    write: (extents, parts, done) => inner.write(extents, parts, (_, fault) => done(clock.nowMs(), fault)),
    read: (extents, done) => inner.read(extents, (_, outcome) => done(clock.nowMs(), outcome)),
    stat: (done) => inner.stat((_, files) => done(clock.nowMs(), files)),
    readState: (done) => inner.readState((_, bytes) => done(clock.nowMs(), bytes)),
    writeState: (bytes, done) => inner.writeState(bytes, (_, fault) => done(clock.nowMs(), fault)),
    close: (done) => inner.close((_, fault) => done(clock.nowMs(), fault)),
  }
}
