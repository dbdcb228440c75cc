/**
 * At the start: which pieces are on the disk already? Files that were there before are read and hashed, a few pieces at
 * a time, before anything is asked of anybody. Nothing is trusted but the hash.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { expectedSha1 } from './piece-checker.ts'

/** Pieces read or hashed side by side: enough to keep disk and hasher busy at once. */
const SIDE_BY_SIDE = 4

/** `done` comes once, after every piece was looked at. A piece that cannot be read is missing, not a fault. */
export function checkDisk(
  torrent: TorrentFile,
  pieces: PieceManager,
  ports: { readonly hasher: Hasher; readonly store: PieceStore },
  nowMs: number,
  done: (nowMs: number) => void,
): void {
  const { pieceCount } = pieces.geometry
  let next = 0
  let underWay = 0

  const proceed = (proceedMs: number): void => {
    while (underWay < SIDE_BY_SIDE && next < pieceCount) {
      underWay++
      look(next++ as PieceIndex)
    }
    if (underWay === 0) done(proceedMs)
  }
  const looked = (lookedMs: number): void => {
    underWay--
    proceed(lookedMs)
  }
  const look = (piece: PieceIndex): void => {
    ports.store.read(piece, 0, pieces.geometry.pieceBytes(piece), (readMs, outcome) => {
      if (outcome.kind === 'fault') return looked(readMs)
      const check = { piece, parts: [outcome.bytes], expectedSha1: expectedSha1(torrent, piece) }
      ports.hasher.verify(check, (hashedMs, matches) => {
        if (matches) pieces.stored(piece)
        looked(hashedMs)
      })
    })
  }
  proceed(nowMs)
}
