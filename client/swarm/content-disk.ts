/**
 * ContentDisk: what one download has on the disk. At the start it finds out which pieces are there, by the resume state
 * where that is to be believed, and afterwards it keeps that state (./disk-check, storage/state-saver).
 */
import type { PieceIndex } from '../metainfo/geometry.ts'
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import type { PieceManager } from '../pieces/piece-manager.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { PieceVerifier } from '../ports/piece-verifier.ts'
import type { Random } from '../ports/random.ts'
import type { Sha1 } from '../ports/sha1.ts'
import type { FileStat, Storage, StorageFault } from '../ports/storage.ts'
import { describeResumeFault, encodeResumeState, parseResumeState, type ResumeState } from '../storage/resume-state.ts'
import { StateSaver, type StateSaverOwner } from '../storage/state-saver.ts'
import type { Bitfield } from '../wire/bitfield.ts'
import { DiskCheck, type DiskCheckOwner, type DiskCheckProgress, type DiskCheckResult } from './disk-check.ts'

export interface ContentDiskParts {
  readonly torrent: TorrentFile
  readonly pieces: PieceManager
  readonly storage: Storage
  readonly verifier: PieceVerifier
  readonly clock: Clock
  readonly random: Random
  readonly sha1: Sha1
}

export interface ContentDiskChoices {
  readonly fastResume: boolean
  /** Nothing is written, no state either. */
  readonly readOnly: boolean
  /** The state keeps the info dictionary: no .torrent has it. */
  readonly fromMagnet: boolean
}

export interface ContentDiskOwner {
  emit(nowMs: number, event: ClientEvent): void
  totals(): { readonly uploadedBytes: number; readonly downloadedBytes: number }
}

export class ContentDisk implements DiskCheckOwner, StateSaverOwner {
  readonly #parts: ContentDiskParts
  readonly #choices: ContentDiskChoices
  readonly #owner: ContentDiskOwner
  readonly #saver: StateSaver | null
  #check: DiskCheck | null = null
  #state: ResumeState | null = null
  #opened: ((nowMs: number, fault: StorageFault | null) => void) | null = null

  constructor(parts: ContentDiskParts, choices: ContentDiskChoices, owner: ContentDiskOwner) {
    this.#parts = parts
    this.#choices = choices
    this.#owner = owner
    this.#saver = choices.readOnly ? null : new StateSaver(parts, this)
  }

  /** Makes the files and finds what they hold; `opened` comes once, with the fault that prevents it, or not after `close`. */
  open(opened: (nowMs: number, fault: StorageFault | null) => void): void {
    const { storage } = this.#parts
    this.#opened = opened
    storage.prepare((nowMs, outcome) => {
      if (outcome.kind === 'fault') return this.#finish(nowMs, outcome.fault)
      if (!outcome.hadContent) return this.#finish(nowMs, null)
      storage.readState((readMs, bytes) => {
        if (this.#opened === null) return
        if (bytes !== null) this.#state = this.#parse(readMs, bytes)
        this.#verify(readMs, outcome.files)
      })
    })
  }

  /** There is something new to keep: a piece is stored. */
  changed(nowMs: number): void {
    this.#saver?.changed(nowMs)
  }

  /** Everything written, and what is known of it, reaches the disk; then files are closed. */
  close(nowMs: number, closed: (nowMs: number, fault: StorageFault | null) => void): void {
    this.#opened = null
    this.#check?.abort()
    if (this.#saver === null) this.#parts.storage.close(closed)
    else this.#saver.stop(nowMs, () => this.#parts.storage.close(closed))
  }

  // Called by the check.

  progressed(nowMs: number, { pieces, ofPieces }: DiskCheckProgress): void {
    this.#owner.emit(nowMs, { type: 'verifying', pieces, ofPieces })
  }

  checked(nowMs: number, { complete, trustedCount, stateLies }: DiskCheckResult): void {
    const { pieces, torrent } = this.#parts
    const { pieceCount } = torrent.geometry
    for (let piece = 0 as PieceIndex; piece < pieceCount; piece++) if (complete.has(piece)) pieces.stored(piece)
    const missing = this.#state === null ? 0 : countWithout(this.#state.complete, complete)
    if (stateLies || missing > 0) {
      const reason = `it claims ${missing} of ${pieceCount} pieces that are not on the disk as it says`
      this.#owner.emit(nowMs, { type: 'resume-state-rejected', reason })
    }
    const { setCount } = complete
    this.#owner.emit(nowMs, { type: 'verified-on-disk', pieces: setCount, ofPieces: pieceCount, trusted: trustedCount })
    if (setCount > 0) this.changed(nowMs)
    this.#finish(nowMs, null)
  }

  // Called by the saver.

  encodeState(files: readonly FileStat[]): Uint8Array {
    const { torrent, pieces, sha1 } = this.#parts
    const infoBytes = this.#choices.fromMagnet ? torrent.infoBytes : null
    const { uploadedBytes, downloadedBytes } = this.#owner.totals()
    const before = this.#state
    return encodeResumeState(
      {
        infohash: torrent.infohashV1!,
        complete: pieces.complete,
        files,
        uploadedBytes: uploadedBytes + (before?.uploadedBytes ?? 0),
        downloadedBytes: downloadedBytes + (before?.downloadedBytes ?? 0),
        infoBytes,
      },
      sha1,
    )
  }

  stateFailed(nowMs: number, fault: StorageFault): void {
    this.#owner.emit(nowMs, { type: 'resume-state-failed', detail: fault.detail })
  }

  /** Null where it cannot be used, of which the user hears. */
  #parse(nowMs: number, bytes: Uint8Array): ResumeState | null {
    const { torrent, sha1 } = this.#parts
    const parsed = parseResumeState(bytes, { infohash: torrent.infohashV1!, content: torrent }, sha1)
    if (parsed.kind === 'state') return parsed.state
    this.#owner.emit(nowMs, { type: 'resume-state-rejected', reason: describeResumeFault(parsed.fault) })
    return null
  }

  #verify(nowMs: number, files: readonly FileStat[]): void {
    const { torrent, verifier, random } = this.#parts
    const trust = this.#choices.fastResume && this.#state !== null ? { state: this.#state, random } : null
    this.#check = new DiskCheck({ content: torrent, files, verifier, trust }, this)
    this.#check.start(nowMs)
  }

  #finish(nowMs: number, fault: StorageFault | null): void {
    const opened = this.#opened
    this.#opened = null
    opened?.(nowMs, fault)
  }
}

/** How many of these are not among those. */
function countWithout(these: Bitfield, those: Bitfield): number {
  return these.setCount - these.countCommon(those)
}
