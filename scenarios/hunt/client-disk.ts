/**
 * The disk of a client, and what the world did to it. A piece is *harmed* when the world changed its bytes since they
 * were written, in a way that the client cannot know of yet: what it says of such a piece is not held against it.
 */

import type { PieceIndex } from '../../client/metainfo/geometry.ts'
import type { Random } from '../../client/ports/random.ts'
import { contentExtents } from '../../client/storage/layout.ts'
import type { DiskFault } from '../../simulator/storage.ts'
import { SimulatedDisk } from '../../simulator/storage.ts'
import type { DiskFaultSchedule } from './schedule.ts'
import type { HuntTorrent } from './torrent.ts'

export class ClientDisk {
  readonly #of: HuntTorrent
  #disk: SimulatedDisk
  readonly #harmed = new Set<number>()
  /** Since the state on the disk was written, or unknown to who wrote it: the next start is to find out. */
  readonly #harmedSinceState = new Set<number>()
  /** Whose bytes were changed without a trace in sizes and times. */
  readonly #rotten = new Set<number>()

  constructor(of: HuntTorrent, hasAll: boolean) {
    this.#of = of
    const { torrent, content } = of
    const contents = torrent.files.map(({ offsetBytes, lengthBytes, pad }) =>
      content.subarray(offsetBytes, offsetBytes + (pad ? 0 : lengthBytes)),
    )
    this.#disk = new SimulatedDisk(
      contents.map(({ length }) => length),
      contents,
    )
    if (hasAll) this.#disk.fill()
  }

  get simulated(): SimulatedDisk {
    return this.#disk
  }

  isHarmed(piece: number): boolean {
    return this.#harmed.has(piece)
  }

  /** A state that claims it was right when it was written. */
  isHarmedSinceState(piece: number): boolean {
    return this.#harmedSinceState.has(piece)
  }

  /** The client begins to write a state; gives what to call when it has landed. */
  stateBegun(): () => void {
    const known = [...this.#harmedSinceState].filter((piece) => !this.#harmed.has(piece))
    return () => {
      for (const piece of known) if (!this.#harmed.has(piece)) this.#harmedSinceState.delete(piece)
    }
  }

  /** Its bytes are there, and are those of the content. */
  isGood(piece: number): boolean {
    const { torrent, content } = this.#of
    const { geometry, files } = torrent
    const offsetBytes = piece * geometry.pieceLengthBytes
    const extents = contentExtents(files, offsetBytes, geometry.pieceBytes(piece as PieceIndex))
    return extents.every((extent) => {
      const { fileIndex, offsetBytes: from, lengthBytes } = extent
      const read = this.#disk.read([extent])
      // What cannot be read now is there all the same.
      const there = read.kind === 'bytes' ? read.bytes : this.#disk.file(fileIndex).subarray(from, from + lengthBytes)
      const contentAt = files[fileIndex]!.offsetBytes + from
      return Buffer.compare(there, content.subarray(contentAt, contentAt + lengthBytes)) === 0
    })
  }

  /** The client wrote the piece just now. */
  written(piece: number): void {
    this.#harmed.delete(piece)
    this.#rotten.delete(piece)
  }

  /** The client read what is there; what it believed to a state may still be rotten. */
  verified(trustedCount: number): void {
    this.#harmed.clear()
    if (trustedCount > 0) for (const piece of this.#rotten) this.#harmed.add(piece)
    else this.#rotten.clear()
  }

  inject(nowMs: number, fault: DiskFaultSchedule): void {
    if (fault.kind === 'full' || fault.kind === 'read-only') return this.#disk.inject(nowMs, fault)
    const fileIndex = fault.file % this.#of.torrent.files.length
    const file = this.#of.torrent.files[fileIndex]!
    if (file.pad || file.lengthBytes === 0) return
    const offsetBytes = Math.min(
      file.lengthBytes - 1,
      Math.floor(('share' in fault ? fault.share : 0) * file.lengthBytes),
    )
    const harm = this.#harmOf(fault, fileIndex, offsetBytes)
    if (harm === null) return
    this.#disk.inject(nowMs, harm)
    if (fault.kind === 'unreadable') return
    const [fromBytes, toBytes] = fault.kind === 'rotten' ? [offsetBytes, offsetBytes + 1] : [0, file.lengthBytes]
    this.#harm(file.offsetBytes + fromBytes, file.offsetBytes + toBytes, fault.kind === 'rotten')
  }

  heal(): void {
    this.#disk.heal()
  }

  /** A restart finds what had landed. */
  crash(nowMs: number, random: Random): void {
    this.#disk = this.#disk.crash(nowMs, random)
  }

  /** Null: it can do no harm here. */
  #harmOf(fault: DiskFaultSchedule, fileIndex: number, offsetBytes: number): DiskFault | null {
    const { lengthBytes } = this.#of.torrent.files[fileIndex]!
    switch (fault.kind) {
      case 'removed':
        return { kind: 'removed', fileIndex }
      case 'resized':
        return { kind: 'resized', fileIndex, lengthBytes: Math.min(lengthBytes, Math.floor(fault.share * lengthBytes)) }
      case 'rotten':
        return offsetBytes < this.#disk.file(fileIndex).length ? { kind: 'rotten', fileIndex, offsetBytes } : null
      case 'unreadable':
        return { kind: 'unreadable', fileIndex, offsetBytes, lengthBytes: 1 }
      default:
        return null
    }
  }

  #harm(fromBytes: number, toBytes: number, isRotten: boolean): void {
    const { pieceLengthBytes, pieceCount } = this.#of.torrent.geometry
    const last = Math.min(pieceCount - 1, Math.floor((toBytes - 1) / pieceLengthBytes))
    for (let piece = Math.floor(fromBytes / pieceLengthBytes); piece <= last; piece++) {
      this.#harmed.add(piece)
      this.#harmedSinceState.add(piece)
      if (isRotten) this.#rotten.add(piece)
    }
  }
}
