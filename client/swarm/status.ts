/** What a person wants to see of a download at one moment; pulled by the progress display, never kept. */
import type { PeerSession } from './peer-session.ts'

export interface DownloadStatus {
  readonly phase: 'preparing' | 'downloading' | 'complete' | 'failed' | 'stopped'
  readonly pieceCount: number
  readonly piecesComplete: number
  readonly totalBytes: number
  /** Of complete pieces. */
  readonly completeBytes: number
  readonly downRateBytesPerSecond: number
  readonly upRateBytesPerSecond: number
  readonly connectedPeers: number
  readonly knownPeers: number
  readonly peers: readonly PeerStatus[]
}

export interface PeerStatus {
  readonly name: string
  readonly state: 'connecting' | 'handshaking' | 'choked' | 'downloading' | 'snubbed' | 'idle'
  readonly downRateBytesPerSecond: number
  readonly downloadedBytes: number
  readonly outstanding: number
}

/** Seconds to go at this rate; null when it stands still. */
export function etaSeconds(status: DownloadStatus): number | null {
  if (status.downRateBytesPerSecond <= 0) return null
  return (status.totalBytes - status.completeBytes) / status.downRateBytesPerSecond
}

export function peerStatus(session: PeerSession, nowMs: number): PeerStatus {
  const { machine } = session
  return {
    name: session.peer.name,
    state: stateOf(session),
    downRateBytesPerSecond: machine.downRateBytesPerSecond(nowMs),
    downloadedBytes: machine.downloadedBytes,
    outstanding: machine.outstandingCount,
  }
}

function stateOf({ machine }: PeerSession): PeerStatus['state'] {
  if (machine.state === 'connecting') return 'connecting'
  if (machine.state !== 'open') return 'handshaking'
  if (machine.theyChoke) return 'choked'
  if (machine.isSnubbed) return 'snubbed'
  return machine.outstandingCount > 0 ? 'downloading' : 'idle'
}
