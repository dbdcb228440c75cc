/** A download half way, for tests of what is shown of it. */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { PieceMap } from '../node/download.ts'
import type { DownloadStatus, PeerStatus } from '../swarm/status.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { SwarmWatch } from './swarm-watch.ts'

export const MIB = 2 ** 20

export const STATUS: DownloadStatus = {
  phase: 'downloading',
  isPaused: false,
  pieceCount: 96,
  piecesComplete: 52,
  totalBytes: 24 * MIB,
  completeBytes: 13 * MIB,
  downRateBytesPerSecond: 2.1 * MIB,
  upRateBytesPerSecond: 0,
  uploadedBytes: 6.5 * MIB,
  connectedPeers: 2,
  knownPeers: 5,
  peers: [],
}

/** The `index` makes its address and, where it downloads, its rate. */
export function peerStatus(index: number, changed: Partial<PeerStatus> = {}): PeerStatus {
  const state = changed.state ?? 'downloading'
  return {
    name: `127.0.0.${index}:6881`,
    client: null,
    state,
    isUnchoked: false,
    downRateBytesPerSecond: state === 'downloading' ? index * 100_000 : 0,
    upRateBytesPerSecond: 0,
    downloadedBytes: 1,
    uploadedBytes: 0,
    outstanding: 1,
    pieces: 0,
    ...changed,
  }
}

/** One that has seen a torrent of 96 pieces begin. */
export function watchOf(name = 'multi'): SwarmWatch {
  const watch = new SwarmWatch()
  watch.emit(0, { type: 'started', infohash: '', name, totalBytes: 24 * MIB, pieceCount: 96 })
  return watch
}

/** A letter a piece: `#` is here, `-` is not, `.` is not wanted. */
export function pieceMap(letters: string): PieceMap {
  const complete = new Bitfield(letters.length)
  for (const [index, letter] of [...letters].entries()) if (letter === '#') complete.set(index as PieceIndex)
  return { complete, isWanted: (piece) => letters[piece] !== '.' }
}
