/** What shows a download, or a seed, to its user. */
import type { DownloadOutcome, PieceMap } from '../node/download.ts'
import type { Events } from '../ports/events.ts'
import type { PeerAddress } from '../ports/transport.ts'
import type { DownloadStatus } from '../swarm/status.ts'

/** `watch`, which it is given when it is made, gets every event before it. */
export interface SwarmView extends Events {
  /** How often it wants to be told of progress; null: never. */
  readonly progressEveryMs: number | null
  /** Null: it has no screen, so that keys are not read. */
  readonly toggleHelp: (() => void) | null
  /** To be called first. */
  listening(local: PeerAddress): void
  progress(nowMs: number, status: DownloadStatus, pieces: PieceMap | null): void
  /** Lets `print` write lines that are no part of what is drawn. */
  aside(print: () => void): void
  ended(nowMs: number, outcome: DownloadOutcome, status: DownloadStatus): void
}

export interface ViewOptions {
  readonly json: boolean
  /** No progress. */
  readonly quiet: boolean
  /** It stays when everything is here. */
  readonly seeds: boolean
  /** Keys can be read. */
  readonly takesKeys: boolean
}
