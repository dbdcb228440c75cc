/**
 * Writes the resume state when there is something new to keep: soon after the first change, so that a crash costs the
 * work of a second at most, and never twice at a time. A state that cannot be written is told once, and tried again with
 * growing patience; the download goes on.
 *
 * First come the sizes and times of the files, then the claims: of a piece that is written between them the file's time
 * tells that it has changed, so it is verified after a restart, not believed to be missing.
 */
import type { Alarm, Clock } from '../ports/clock.ts'
import type { FileStat, Storage, StorageFault } from '../ports/storage.ts'

/** A state is on the disk at most 1 s after the first change it has; that leaves 200 ms to write it. */
export const SAVE_AFTER_MS = 800
/** After a write that failed; doubled with each one more. */
export const SAVE_RETRY_MS = 1_000
export const SAVE_RETRY_MS_MAX = 60_000

export interface StateSaverPorts {
  readonly clock: Clock
  readonly storage: Pick<Storage, 'stat' | 'writeState'>
}

export interface StateSaverOwner {
  /** The state as it is now, encoded. It claims no piece whose write is not complete. */
  encodeState(files: readonly FileStat[]): Uint8Array
  /** Once, however often it fails, until it worked again. */
  stateFailed(nowMs: number, fault: StorageFault): void
}

type Phase =
  /** What is on the disk is as new as can be. */
  | { readonly kind: 'saved' }
  | { readonly kind: 'waiting' }
  /** `changedMs`: when the first change came that is not in what is being written. */
  | { readonly kind: 'saving'; changedMs: number | null }
  | { readonly kind: 'over' }

export class StateSaver {
  readonly #storage: StateSaverPorts['storage']
  readonly #owner: StateSaverOwner
  readonly #alarm: Alarm
  #phase: Phase = { kind: 'saved' }
  /** In a row. */
  #failures = 0
  #stopped: ((nowMs: number) => void) | null = null

  constructor({ clock, storage }: StateSaverPorts, owner: StateSaverOwner) {
    this.#storage = storage
    this.#owner = owner
    this.#alarm = clock.alarm((nowMs) => this.#wake(nowMs))
  }

  /** There is something new to keep: a piece is stored, blocks were sent. */
  changed(nowMs: number): void {
    if (this.#phase.kind === 'saving') this.#phase.changedMs ??= nowMs
    else if (this.#phase.kind === 'saved') this.#wait(this.#stopped === null ? nowMs + SAVE_AFTER_MS : nowMs)
  }

  /**
   * Writes what is not written yet, tries once where that fails, and calls `stopped`, never during the call. To be called
   * once, while the storage is open.
   */
  stop(nowMs: number, stopped: (nowMs: number) => void): void {
    this.#stopped = stopped
    if (this.#phase.kind !== 'saving') this.#alarm.set(nowMs)
  }

  #wake(nowMs: number): void {
    if (this.#phase.kind === 'waiting') this.#save()
    else this.#finish(nowMs)
  }

  #wait(untilMs: number): void {
    this.#phase = { kind: 'waiting' }
    this.#alarm.set(untilMs)
  }

  #save(): void {
    const saving = { kind: 'saving' as const, changedMs: null }
    this.#phase = saving
    this.#storage.stat((_, files) => {
      saving.changedMs = null // it is in what is encoded now
      this.#storage.writeState(this.#owner.encodeState(files), (nowMs, fault) =>
        this.#saved(nowMs, fault, saving.changedMs),
      )
    })
  }

  #saved(nowMs: number, fault: StorageFault | null, changedMs: number | null): void {
    if (fault !== null && this.#failures === 0) this.#owner.stateFailed(nowMs, fault)
    this.#failures = fault === null ? 0 : this.#failures + 1
    this.#phase = { kind: 'saved' }
    if (this.#stopped !== null) {
      if (changedMs === null || fault !== null) this.#finish(nowMs)
      else this.#wait(nowMs)
    } else if (fault !== null) {
      this.#wait(nowMs + Math.min(SAVE_RETRY_MS * 2 ** (this.#failures - 1), SAVE_RETRY_MS_MAX))
    } else if (changedMs !== null) {
      this.#wait(Math.max(nowMs, changedMs + SAVE_AFTER_MS))
    }
  }

  #finish(nowMs: number): void {
    const stopped = this.#stopped
    this.#stopped = null
    this.#phase = { kind: 'over' }
    this.#alarm.set(null)
    stopped?.(nowMs)
  }
}
