/** What a download came to, in one line; collected from its events. */
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { DownloadOutcome } from '../node/download.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import { duration, rate, size } from './progress.ts'

export class Summary implements Events {
  readonly #torrent: TorrentFile
  #fetchedBytes = 0
  /** Peers that sent something. */
  readonly #sources = new Set<string>()

  constructor(torrent: TorrentFile) {
    this.#torrent = torrent
  }

  emit(_nowMs: number, event: ClientEvent): void {
    if (event.type === 'piece-stored') this.#fetchedBytes += event.bytes
    else if (event.type === 'peer-closed' && event.downloadedBytes > 0) this.#sources.add(event.peer)
  }

  /** Null after a failure, which is told of as one. `completeBytes` are verified and in their files. */
  line(outcome: DownloadOutcome, completeBytes: number): string | null {
    const { name, geometry } = this.#torrent
    const total = size(geometry.totalBytes)
    if (outcome.kind === 'failed') return null
    if (outcome.kind === 'stopped') {
      return `${name}: stopped with ${size(completeBytes)} of ${total}; the same command goes on from there`
    }
    const { seconds, bytes } = outcome
    if (this.#fetchedBytes === 0) return `${name}: all ${total} were here already, verified in ${clock(seconds)}`
    const found = bytes - this.#fetchedBytes
    const rest = found === 0 ? '' : ` (${size(found)} of ${total} were here already)`
    const peers = this.#sources.size === 1 ? '1 peer' : `${this.#sources.size} peers`
    const speed = rate(this.#fetchedBytes / Math.max(seconds, 0.001))
    return `${name}: ${size(this.#fetchedBytes)} in ${clock(seconds)}, ${speed} from ${peers}${rest}`
  }
}

/** A short time to the tenth. */
function clock(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds)
}
