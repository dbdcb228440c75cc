/**
 * PieceVerifier over a storage and a hasher: for the simulator, and wherever there are no threads. One piece of a call
 * after the other, each read whole.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { PieceVerifier } from '../ports/piece-verifier.ts'
import type { StorageFault } from '../ports/storage.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { expectedSha1 } from './piece-checker.ts'

/** Enough to keep disk and hasher busy at once. */
const LANES = 4

export function storeVerifier(
  torrent: TorrentFile,
  { store, hasher }: { readonly store: PieceStore; readonly hasher: Hasher },
): PieceVerifier {
  return {
    lanes: LANES,
    verify(pieces, done) {
      const matches: boolean[] = []
      let firstFault: StorageFault | null = null
      const next = (): void => {
        const piece = pieces[matches.length] as PieceIndex
        store.read(piece, 0, torrent.geometry.pieceBytes(piece), (readMs, outcome) => {
          if (outcome.kind === 'fault') {
            firstFault ??= outcome.fault
            return judged(readMs, false)
          }
          const check = { piece, parts: [outcome.bytes], expectedSha1: expectedSha1(torrent, piece) }
          hasher.verify(check, judged)
        })
      }
      const judged = (nowMs: number, isMatch: boolean): void => {
        matches.push(isMatch)
        if (matches.length < pieces.length) next()
        else done(nowMs, { matches, fault: firstFault })
      }
      next()
    },
  }
}
