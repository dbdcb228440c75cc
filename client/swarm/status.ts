/** What a person wants to see of a download at one moment; pulled by the progress display, never kept. */
import type { Content } from './content.ts'
import type { KnownPeers } from './known-peers.ts'
import type { PeerSession } from './peer-session.ts'
import type { SessionTable } from './session-table.ts'

export interface DownloadStatus {
  /** `metadata`: a magnet link whose torrent is not known yet. `complete`: all that is wanted is here, and shared. */
  readonly phase: 'metadata' | 'preparing' | 'downloading' | 'complete' | 'failed' | 'stopped'
  readonly isPaused: boolean
  /** Of pieces and bytes: those that are wanted. All 0 while the torrent is not known. */
  readonly pieceCount: number
  readonly piecesComplete: number
  readonly totalBytes: number
  readonly completeBytes: number
  readonly downRateBytesPerSecond: number
  readonly upRateBytesPerSecond: number
  readonly uploadedBytes: number
  readonly connectedPeers: number
  readonly knownPeers: number
  readonly peers: readonly PeerStatus[]
}

export interface PeerStatus {
  readonly name: string
  readonly client: string | null
  readonly state: 'connecting' | 'handshaking' | 'choked' | 'downloading' | 'snubbed' | 'idle'
  /** It has some of our upload. */
  readonly isUnchoked: boolean
  readonly downRateBytesPerSecond: number
  readonly upRateBytesPerSecond: number
  readonly downloadedBytes: number
  readonly uploadedBytes: number
  readonly outstanding: number
  /** Of the whole torrent, how many it has. */
  readonly pieces: number
}

/** Seconds to go at this rate; null when it stands still. */
export function etaSeconds(status: DownloadStatus): number | null {
  if (status.downRateBytesPerSecond <= 0) return null
  return (status.totalBytes - status.completeBytes) / status.downRateBytesPerSecond
}

export interface StatusParts {
  readonly phase: DownloadStatus['phase']
  readonly isPaused: boolean
  readonly content: Content | null
  readonly known: KnownPeers
  readonly sessions: SessionTable
}

export function statusOf({ phase, isPaused, content, known, sessions }: StatusParts, nowMs: number): DownloadStatus {
  const uploader = content?.uploader
  return {
    phase,
    isPaused,
    pieceCount: content?.pieces.wantedCount ?? 0,
    piecesComplete: content === null ? 0 : content.pieces.wantedCount - content.pieces.piecesLeft,
    totalBytes: content?.wantedBytes ?? 0,
    completeBytes: content?.wantedCompleteBytes ?? 0,
    downRateBytesPerSecond: content?.exchange.down.rateBytesPerSecond(nowMs) ?? 0,
    upRateBytesPerSecond: uploader?.up.rateBytesPerSecond(nowMs) ?? 0,
    uploadedBytes: uploader?.up.totalBytes ?? 0,
    connectedPeers: sessions.countOpen(),
    knownPeers: known.count,
    peers: Array.from(sessions.all(), (session) => peerStatus(session, nowMs)),
  }
}

function peerStatus(session: PeerSession, nowMs: number): PeerStatus {
  const { machine } = session
  return {
    name: session.peer.name,
    client: machine.clientName,
    state: stateOf(session),
    isUnchoked: !machine.weChoke,
    downRateBytesPerSecond: machine.downRateBytesPerSecond(nowMs),
    upRateBytesPerSecond: machine.upRateBytesPerSecond(nowMs),
    downloadedBytes: machine.downloadedBytes,
    uploadedBytes: machine.uploadedBytes,
    outstanding: machine.outstandingCount,
    pieces: machine.pieces.setCount,
  }
}

function stateOf({ machine }: PeerSession): PeerStatus['state'] {
  if (machine.state === 'connecting') return 'connecting'
  if (machine.state !== 'open') return 'handshaking'
  if (machine.theyChoke) return 'choked'
  if (machine.isSnubbed) return 'snubbed'
  return machine.outstandingCount > 0 ? 'downloading' : 'idle'
}
