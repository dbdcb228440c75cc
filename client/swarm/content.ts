/**
 * Content: what a download has once its torrent is known: the status of its pieces, its files, and what goes on between
 * them and the peers. Opening it finds out what is on the disk already.
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { earlier } from '../peer/timers.ts'
import type { PeerKey } from '../pieces/partial-piece.ts'
import { PieceManager } from '../pieces/piece-manager.ts'
import type { StorageFault } from '../ports/storage.ts'
import { PieceStore } from '../storage/piece-store.ts'
import { wantedPieces } from '../wire/wanted-pieces.ts'
import { BlockExchange, type ExchangeOwner } from './block-exchange.ts'
import { ContentDisk, type ContentDiskOwner } from './content-disk.ts'
import { storeVerifier } from './disk-check-verifier.ts'
import type { KnownPeers } from './known-peers.ts'
import { type CheckOutcome, PieceChecker } from './piece-checker.ts'
import type { SessionTable } from './session-table.ts'
import type { DownloadPorts, DownloadSettings } from './settings.ts'
import { Uploader, type UploaderOwner } from './uploader.ts'
import { WebSource } from './web-source.ts'

export interface ContentOwner extends ExchangeOwner, UploaderOwner, ContentDiskOwner {
  /** The web seeds have something to say. */
  touched(nowMs: number): void
  checked(nowMs: number, outcome: CheckOutcome): void
}

export class Content {
  readonly torrent: TorrentFile
  readonly pieces: PieceManager
  readonly checker: PieceChecker
  readonly exchange: BlockExchange
  readonly uploader: Uploader
  readonly web: WebSource | null
  /** Bytes of the pieces that are wanted. */
  readonly wantedBytes: number
  readonly #sessions: SessionTable
  readonly #disk: ContentDisk
  #completeBytes = 0
  #wantedCompleteBytes = 0

  constructor(
    torrent: TorrentFile,
    settings: DownloadSettings,
    ports: DownloadPorts,
    sessions: SessionTable,
    owner: ContentOwner,
  ) {
    const { geometry } = torrent
    const pieces = new PieceManager(geometry, ports.pickerRandom, { strategy: settings.picker })
    if (settings.selectedFiles !== null) pieces.setWanted(wantedPieces(torrent, settings.selectedFiles))
    const { downLimiters, upLimiters, fastResume, seedOnly: readOnly, source, useWebSeeds } = settings
    const storage = ports.openStorage(torrent)
    const store = new PieceStore(storage, torrent)
    const { hasher, clock, sha1, pickerRandom: random } = ports
    const checker = new PieceChecker(torrent, pieces, { hasher, store }, (nowMs, outcome) =>
      owner.checked(nowMs, outcome),
    )
    this.torrent = torrent
    this.pieces = pieces
    this.checker = checker
    this.exchange = new BlockExchange({ pieces, sessions, checker, limiters: downLimiters }, owner)
    this.uploader = new Uploader({ store, limiters: upLimiters }, owner)
    const web = { pieces, exchange: this.exchange, checker, sessions, limiters: downLimiters }
    this.web = useWebSeeds && torrent.webSeeds.length > 0 ? new WebSource(torrent, ports.http, web, owner) : null
    const verifier = ports.openVerifier?.(torrent) ?? storeVerifier(torrent, { hasher, store })
    this.#disk = new ContentDisk(
      { torrent, pieces, storage, verifier, clock, random, sha1 },
      { fastResume, readOnly, fromMagnet: source.kind === 'magnet' },
      owner,
    )
    this.#sessions = sessions
    this.wantedBytes = wantedBytes(pieces)
  }

  /** Of all pieces, wanted or not. */
  get completeBytes(): number {
    return this.#completeBytes
  }
  get leftBytes(): number {
    return this.torrent.geometry.totalBytes - this.#completeBytes
  }
  get wantedCompleteBytes(): number {
    return this.#wantedCompleteBytes
  }

  /** Makes the files and finds what they hold; `done` comes once, with the fault that prevents it. */
  open(done: (nowMs: number, fault: StorageFault | null) => void): void {
    this.#disk.open((nowMs, fault) => {
      const { geometry } = this.torrent
      for (let piece = 0 as PieceIndex; piece < geometry.pieceCount; piece++) {
        if (this.pieces.complete.has(piece)) this.#count(piece, 1)
      }
      done(nowMs, fault)
    })
  }

  stored(nowMs: number, piece: PieceIndex): void {
    this.#count(piece, 1)
    this.#disk.changed(nowMs)
  }

  /** A piece cannot be read any more. False when that was known already. */
  lost(piece: PieceIndex): boolean {
    if (!this.pieces.complete.has(piece)) return false
    this.#count(piece, -1)
    this.pieces.lost(piece)
    return true
  }

  /** Who sent something, by name. */
  nameOf(key: PeerKey, known: KnownPeers): string {
    return key < 0 && this.web !== null ? this.web.urlOf(key) : known.get(key).name
  }

  /** Everything written reaches the disk, then files are closed. */
  close(nowMs: number, done: (nowMs: number, fault: StorageFault | null) => void): void {
    this.web?.stop()
    this.#disk.close(nowMs, done)
  }

  handleDeadline(nowMs: number): void {
    this.exchange.handleDeadline(nowMs)
    this.web?.handleDeadline(nowMs)
    for (let due = this.uploader.takeDue(nowMs); due !== null; due = this.uploader.takeDue(nowMs)) {
      this.#sessions.touch(due)
    }
  }

  deadlineMs(): number | null {
    return earlier(earlier(this.exchange.deadlineMs(), this.uploader.deadlineMs()), this.web?.deadlineMs() ?? null)
  }

  #count(piece: PieceIndex, sign: 1 | -1): void {
    const bytes = sign * this.torrent.geometry.pieceBytes(piece)
    this.#completeBytes += bytes
    if (this.pieces.isWanted(piece)) this.#wantedCompleteBytes += bytes
  }
}

function wantedBytes(pieces: PieceManager): number {
  const { geometry } = pieces
  if (pieces.wantedCount === geometry.pieceCount) return geometry.totalBytes
  let bytes = 0
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    const index = piece as PieceIndex
    if (pieces.isWanted(index)) bytes += geometry.pieceBytes(index)
  }
  return bytes
}
