/**
 * Files of one torrent, as the core sees them: numbered as in the torrent, padding files never touched. Beside them lies
 * one small *resume state*, whose meaning is in ../storage/resume-state.ts.
 *
 * Completions come later, in any order, never during the call. `client/node` keeps files, the simulator keeps bytes.
 */
export interface Storage {
  /**
   * Makes the folders and files, empty ones too, and tells what was there before. Opened for reading only it makes
   * nothing, and a file that is not there is one of 0 bytes.
   */
  prepare(done: (nowMs: number, outcome: PrepareOutcome) => void): void
  /** Writes `parts`, joined, over `extents`, joined; both count the same bytes. `parts` must not change meanwhile. */
  write(
    extents: readonly Extent[],
    parts: readonly Uint8Array[],
    done: (nowMs: number, fault: StorageFault | null) => void,
  ): void
  /** The bytes of `extents`, joined; what a file is too short to give is a fault of code `short`. */
  read(extents: readonly Extent[], done: (nowMs: number, outcome: ReadOutcome) => void): void
  /**
   * Every file as `prepare` found it, or as writes left it. What somebody else does to a file that is not written
   * meanwhile is not seen, on purpose: a resume state never vouches for it.
   */
  stat(done: (nowMs: number, files: readonly FileStat[]) => void): void
  /** The resume state that was written last; null where there is none, or none that can be read. Needs no `prepare`. */
  readState(done: (nowMs: number, bytes: Uint8Array | null) => void): void
  /** Replaces the resume state, whole or not at all. One at a time. */
  writeState(bytes: Uint8Array, done: (nowMs: number, fault: StorageFault | null) => void): void
  /** Everything written so far reaches the disk, then files are closed. */
  close(done: (nowMs: number, fault: StorageFault | null) => void): void
}

/** A run of bytes in one file. */
export interface Extent {
  readonly fileIndex: number
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** What tells whether a file is still the one it was. A file that is not there, and padding, have 0 and 0. */
export interface FileStat {
  readonly lengthBytes: number
  /** As the disk counts time, usually since 1970; only good to be compared. */
  readonly modifiedMs: number
}

export const NO_FILE: FileStat = { lengthBytes: 0, modifiedMs: 0 }

/** The longest resume state that is read: the longest metadata (some 31 MB) and what else a state holds. */
export const STATE_BYTES_MAX = 64 * 1024 * 1024

export type PrepareOutcome =
  | {
      readonly kind: 'ready'
      /** Some file already held bytes. */
      readonly hadContent: boolean
      /** One for each file of the torrent, as it was before. */
      readonly files: readonly FileStat[]
    }
  | { readonly kind: 'fault'; readonly fault: StorageFault }

export type ReadOutcome =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'fault'; readonly fault: StorageFault }

export interface StorageFault {
  readonly code: 'disk-full' | 'not-writable' | 'not-readable' | 'missing' | 'short' | 'broken'
  /** Which file or folder, and what the system said. */
  readonly detail: string
}
