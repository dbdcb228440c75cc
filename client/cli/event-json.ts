/** What happens in a download as objects for programs: `--json` prints them, the log file keeps them. */
import type { ClientEvent } from '../ports/events.ts'
import { type DownloadStatus, etaSeconds } from '../swarm/status.ts'
import { peerFlags } from './peer-table.ts'
import { shareRatio } from './progress.ts'
import type { SwarmWatch } from './swarm-watch.ts'

export function eventAsJson({ type, ...fields }: ClientEvent, sinceStartMs: number) {
  return { event: type, seconds: inSeconds(sinceStartMs), ...fields }
}

export function progressAsJson(status: DownloadStatus, watch: SwarmWatch, sinceStartMs: number) {
  const eta = etaSeconds(status)
  return {
    event: 'progress',
    seconds: inSeconds(sinceStartMs),
    phase: status.phase,
    paused: status.isPaused,
    endgame: watch.isEndgame,
    checked: status.phase === 'preparing' ? watch.checked : null,
    pieces: status.piecesComplete,
    ofPieces: status.pieceCount,
    bytes: status.completeBytes,
    ofBytes: status.totalBytes,
    downBytesPerSecond: Math.round(status.downRateBytesPerSecond),
    upBytesPerSecond: Math.round(status.upRateBytesPerSecond),
    uploadedBytes: status.uploadedBytes,
    ratio: ratioOf(status),
    etaSeconds: eta === null ? null : Math.ceil(eta),
    connectedPeers: status.connectedPeers,
    knownPeers: status.knownPeers,
    seeds: watch.seedCount(status),
    peers: status.peers.map((peer) => ({
      peer: peer.name,
      client: peer.client,
      state: peer.state,
      pieces: peer.pieces,
      flags: peerFlags(peer, watch.peers.get(peer.name), status.phase),
      downBytesPerSecond: Math.round(peer.downRateBytesPerSecond),
      upBytesPerSecond: Math.round(peer.upRateBytesPerSecond),
      downloadedBytes: peer.downloadedBytes,
      uploadedBytes: peer.uploadedBytes,
    })),
  }
}

/** To the millisecond. */
export function inSeconds(ms: number): number {
  return Math.round(ms) / 1000
}

function ratioOf(status: DownloadStatus): number | null {
  const ratio = shareRatio(status)
  return ratio === null ? null : Math.round(ratio * 1000) / 1000
}
