/** What the suites of `Storage` share: the world they run in, files and content, and calls as promises. */
import type { Extent, FileStat, PrepareOutcome, ReadOutcome, Storage, StorageFault } from './storage.ts'

export interface StorageWorld {
  /** A storage for these files, back to back. Every call opens the same medium: what was written before is there. */
  storage(files: readonly StoredFile[], options: StorageOptions): Storage
  /** What somebody else does to a file. */
  harm(harm: StorageHarm): void
  /** Lets the world go on until the condition holds. Rejects when it never will. */
  run(until: () => boolean): Promise<void>
  close(): void | Promise<void>
}

export interface StorageOptions {
  readonly readOnly: boolean
}

export interface StoredFile {
  readonly lengthBytes: number
  /** Never made, written or read. */
  readonly pad: boolean
}

export type StorageHarm =
  | { readonly kind: 'removed'; readonly fileIndex: number }
  | { readonly kind: 'resized'; readonly fileIndex: number; readonly lengthBytes: number }

const FILES: readonly StoredFile[] = [
  { lengthBytes: 5, pad: false },
  { lengthBytes: 11, pad: true },
  { lengthBytes: 0, pad: false },
  { lengthBytes: 40_000, pad: false },
  { lengthBytes: 1, pad: false },
]

/** Every real byte, as extents. */
export const ALL: readonly Extent[] = [extent(0, 0, 5), extent(3, 0, 40_000), extent(4, 0, 1)]
export const ALL_BYTES = 40_006

export function extent(fileIndex: number, offsetBytes: number, lengthBytes: number): Extent {
  return { fileIndex, offsetBytes, lengthBytes }
}

export function content(lengthBytes: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index + seed) % 253)
}

/** Calls the port as promises, and notes a `done` that comes during the call or twice. */
export class Caller {
  readonly broken: string[] = []
  readonly #world: StorageWorld
  readonly #open = new Set<Storage>()

  constructor(world: StorageWorld) {
    this.#world = world
  }

  async open(files: readonly StoredFile[] = FILES, options: Partial<StorageOptions> = {}): Promise<Opened> {
    const storage = this.unprepared(files, options)
    return { storage, outcome: await this.#call((done: Done<PrepareOutcome>) => storage.prepare(done)) }
  }

  unprepared(files: readonly StoredFile[] = FILES, { readOnly = false }: Partial<StorageOptions> = {}): Storage {
    const storage = this.#world.storage(files, { readOnly })
    this.#open.add(storage)
    return storage
  }

  /** What the next visitor finds. */
  async found(files: readonly StoredFile[] = FILES): Promise<readonly FileStat[]> {
    const { storage, outcome } = await this.open(files, { readOnly: true })
    await this.close(storage)
    return outcome.kind === 'ready' ? outcome.files : []
  }

  harm(harm: StorageHarm): void {
    this.#world.harm(harm)
  }

  write(storage: Storage, extents: readonly Extent[], parts: readonly Uint8Array[]): Promise<StorageFault | null> {
    return this.#call((done: Done<StorageFault | null>) => storage.write(extents, parts, done))
  }

  async read(storage: Storage, extents: readonly Extent[]): Promise<Uint8Array | StorageFault> {
    const outcome = await this.#call((done: Done<ReadOutcome>) => storage.read(extents, done))
    return outcome.kind === 'bytes' ? outcome.bytes : outcome.fault
  }

  stat(storage: Storage): Promise<readonly FileStat[]> {
    return this.#call((done: Done<readonly FileStat[]>) => storage.stat(done))
  }

  readState(storage: Storage): Promise<Uint8Array | null> {
    return this.#call((done: Done<Uint8Array | null>) => storage.readState(done))
  }

  writeState(storage: Storage, bytes: Uint8Array): Promise<StorageFault | null> {
    return this.#call((done: Done<StorageFault | null>) => storage.writeState(bytes, done))
  }

  close(storage: Storage): Promise<StorageFault | null> {
    this.#open.delete(storage)
    return this.#call((done: Done<StorageFault | null>) => storage.close(done))
  }

  async closeAll(): Promise<void> {
    for (const storage of this.#open) await this.close(storage)
  }

  async #call<Outcome>(start: (done: Done<Outcome>) => void): Promise<Outcome> {
    const outcomes: Outcome[] = []
    let calling = true
    start((nowMs, outcome) => {
      if (calling) this.broken.push('done came during the call')
      if (outcomes.length > 0) this.broken.push('done came twice')
      if (!(nowMs >= 0)) this.broken.push(`time ${nowMs}`)
      outcomes.push(outcome)
    })
    calling = false
    await this.#world.run(() => outcomes.length > 0)
    return outcomes[0]!
  }
}

export interface Opened {
  readonly storage: Storage
  readonly outcome: PrepareOutcome
}

type Done<Outcome> = (nowMs: number, outcome: Outcome) => void
