/**
 * From a whole piece to a complete one: hash, convict, store. Pieces are checked and written side by side; what is
 * under way is counted, so that a slow disk slows requests down instead of filling the memory.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { Blame } from '../pieces/blame.ts'
import type { PartialPiece, PeerKey } from '../pieces/partial-piece.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { StorageFault } from '../ports/storage.ts'
import type { PieceStore } from '../storage/piece-store.ts'

/** Bytes received, neither stored nor given up; past it nothing new is asked for. */
const UNSTORED_BYTES_MAX = 64 * 1024 * 1024

/** What became of a piece. */
export type CheckOutcome =
  | { readonly kind: 'verified'; readonly piece: PieceIndex; readonly guilty: readonly PeerKey[] }
  | {
      readonly kind: 'failed'
      readonly piece: PieceIndex
      readonly senders: readonly PeerKey[]
      readonly guilty: readonly PeerKey[]
    }
  | { readonly kind: 'stored'; readonly piece: PieceIndex }
  | { readonly kind: 'storage-failed'; readonly piece: PieceIndex; readonly fault: StorageFault }

export class PieceChecker {
  readonly #torrent: TorrentFile
  readonly #pieces: PieceManager
  readonly #hasher: Hasher
  readonly #store: PieceStore
  readonly #report: (nowMs: number, outcome: CheckOutcome) => void
  readonly #blame = new Blame()
  #unstoredBytes = 0

  /** `report` is called from completions of the ports, never during `check`. */
  constructor(
    torrent: TorrentFile,
    pieces: PieceManager,
    ports: { readonly hasher: Hasher; readonly store: PieceStore },
    report: (nowMs: number, outcome: CheckOutcome) => void,
  ) {
    this.#torrent = torrent
    this.#pieces = pieces
    this.#hasher = ports.hasher
    this.#store = ports.store
    this.#report = report
  }

  /** Nothing is being hashed or written. */
  get isIdle(): boolean {
    return this.#unstoredBytes === 0
  }

  get isBusy(): boolean {
    return this.#unstoredBytes >= UNSTORED_BYTES_MAX
  }

  check(whole: PartialPiece): void {
    const { piece, parts } = whole
    this.#unstoredBytes += this.#pieces.geometry.pieceBytes(piece)
    this.#hasher.verify({ piece, parts, expectedSha1: expectedSha1(this.#torrent, piece) }, (nowMs, matches) => {
      if (matches) this.#verified(nowMs, piece, parts)
      else this.#failed(nowMs, piece, parts, whole.senders)
    })
  }

  #failed(nowMs: number, piece: PieceIndex, parts: readonly Uint8Array[], senders: readonly PeerKey[]): void {
    this.#unstoredBytes -= this.#pieces.geometry.pieceBytes(piece)
    const guilty = this.#blame.failed(piece, parts, senders)
    this.#pieces.failed(piece)
    this.#report(nowMs, { kind: 'failed', piece, senders: [...new Set(senders)], guilty })
  }

  #verified(nowMs: number, piece: PieceIndex, parts: readonly Uint8Array[]): void {
    const guilty = this.#blame.verified(piece, parts)
    this.#store.write(piece, parts, (storedMs, fault) => {
      this.#unstoredBytes -= this.#pieces.geometry.pieceBytes(piece)
      if (fault === null) {
        this.#pieces.stored(piece)
        this.#report(storedMs, { kind: 'stored', piece })
      } else {
        this.#pieces.failed(piece)
        this.#report(storedMs, { kind: 'storage-failed', piece, fault })
      }
    })
    this.#report(nowMs, { kind: 'verified', piece, guilty })
  }
}

export function expectedSha1(torrent: TorrentFile, piece: PieceIndex): Uint8Array {
  return torrent.pieceHashes.subarray(piece * 20, piece * 20 + 20)
}
