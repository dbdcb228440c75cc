/**
 * Files of one torrent, as the core sees them: numbered as in the torrent, padding files never touched.
 * Completions come later, in any order, never during the call. `client/node` keeps files, the simulator keeps bytes.
 */
export interface Storage {
  /** Makes the folders and files, empty ones too. Tells which files were there before, so that they are verified. */
  prepare(done: (nowMs: number, outcome: PrepareOutcome) => void): void
  /** Writes `parts`, joined, over `extents`, joined; both count the same bytes. `parts` must not change meanwhile. */
  write(
    extents: readonly Extent[],
    parts: readonly Uint8Array[],
    done: (nowMs: number, fault: StorageFault | null) => void,
  ): void
  /** The bytes of `extents`, joined; what a file is too short to give is a fault of code `short`. */
  read(extents: readonly Extent[], done: (nowMs: number, outcome: ReadOutcome) => void): void
  /** Everything written so far reaches the disk, then files are closed. */
  close(done: (nowMs: number, fault: StorageFault | null) => void): void
}

/** A run of bytes in one file. */
export interface Extent {
  readonly fileIndex: number
  readonly offsetBytes: number
  readonly lengthBytes: number
}

export type PrepareOutcome =
  | { readonly kind: 'ready' /** Some file already held bytes. */; readonly hadContent: boolean }
  | { readonly kind: 'fault'; readonly fault: StorageFault }

export type ReadOutcome =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'fault'; readonly fault: StorageFault }

export interface StorageFault {
  readonly code: 'disk-full' | 'not-writable' | 'missing' | 'short' | 'broken'
  /** Which file or folder, and what the system said. */
  readonly detail: string
}
