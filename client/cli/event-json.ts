/** What happens in a download as objects for programs: `download --json` prints them, the log file keeps them. */
import type { ClientEvent } from '../ports/events.ts'
import { type DownloadStatus, etaSeconds } from '../swarm/status.ts'

export function eventAsJson({ type, ...fields }: ClientEvent, sinceStartMs: number) {
  return { event: type, seconds: inSeconds(sinceStartMs), ...fields }
}

export function progressAsJson(status: DownloadStatus, sinceStartMs: number) {
  const eta = etaSeconds(status)
  return {
    event: 'progress',
    seconds: inSeconds(sinceStartMs),
    phase: status.phase,
    pieces: status.piecesComplete,
    ofPieces: status.pieceCount,
    bytes: status.completeBytes,
    ofBytes: status.totalBytes,
    downBytesPerSecond: Math.round(status.downRateBytesPerSecond),
    upBytesPerSecond: Math.round(status.upRateBytesPerSecond),
    etaSeconds: eta === null ? null : Math.ceil(eta),
    connectedPeers: status.connectedPeers,
    knownPeers: status.knownPeers,
    peers: status.peers.map(({ name, state, downRateBytesPerSecond, downloadedBytes }) => ({
      peer: name,
      state,
      downBytesPerSecond: Math.round(downRateBytesPerSecond),
      downloadedBytes,
    })),
  }
}

/** To the millisecond. */
export function inSeconds(ms: number): number {
  return Math.round(ms) / 1000
}
