import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Geometry } from '../metainfo/geometry.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import type { Extent, Storage, StorageFault } from '../ports/storage.ts'
import { PieceStore } from './piece-store.ts'

interface FileSpec {
  readonly lengthBytes: number
  readonly pad: boolean
}

/** Content whose byte i is a function of i, never zero, and zero where padding is. */
function contentOf(specs: readonly FileSpec[], pieceLengthBytes: number) {
  let offsetBytes = 0
  const files: TorrentContentFile[] = specs.map((spec, index) => {
    const file = { ...spec, path: ['t', `${index}`], offsetBytes }
    offsetBytes += spec.lengthBytes
    return file
  })
  const bytes = Uint8Array.from({ length: offsetBytes }, (_, index) => 1 + (index % 251))
  for (const file of files) if (file.pad) bytes.fill(0, file.offsetBytes, file.offsetBytes + file.lengthBytes)
  return { files, bytes, geometry: new Geometry(offsetBytes, pieceLengthBytes) }
}

/** Keeps files in memory; every call completes when the test says so. */
function memoryStorage(files: readonly TorrentContentFile[]) {
  const stored = files.map((file) => (file.pad ? null : new Uint8Array(file.lengthBytes)))
  const waiting: (() => void)[] = []
  let fault: StorageFault | null = null
  const view = ({ fileIndex, offsetBytes, lengthBytes }: Extent) => {
    const file = stored[fileIndex]
    if (!file) throw new Error(`file ${fileIndex} is padding`)
    if (lengthBytes === 0 || offsetBytes + lengthBytes > file.length) throw new Error('bad extent')
    return file.subarray(offsetBytes, offsetBytes + lengthBytes)
  }
  const storage: Pick<Storage, 'read' | 'write'> = {
    write(extents, parts, done) {
      const joined = join(parts)
      let atBytes = 0
      for (const extent of extents) {
        view(extent).set(joined.subarray(atBytes, atBytes + extent.lengthBytes))
        atBytes += extent.lengthBytes
      }
      if (atBytes !== joined.length) throw new Error('extents and parts differ')
      waiting.push(() => done(0, fault))
    },
    read(extents, done) {
      waiting.push(() => done(0, fault ? { kind: 'fault', fault } : { kind: 'bytes', bytes: join(extents.map(view)) }))
    },
  }
  return {
    storage,
    stored,
    complete: () => waiting.splice(0).forEach((run) => void run()),
    failWith(next: StorageFault) {
      fault = next
    },
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let atBytes = 0
  for (const part of parts) {
    joined.set(part, atBytes)
    atBytes += part.length
  }
  return joined
}

/** Cuts bytes at these places, wherever they fall. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

function read(store: PieceStore, complete: () => void, args: Parameters<Geometry['blockBytes']>, lengthBytes: number) {
  let got: Uint8Array | null = null
  store.read(args[0], args[1], lengthBytes, (_nowMs, outcome) => {
    if (outcome.kind === 'bytes') got = outcome.bytes
  })
  expect(got).toBe(null)
  complete()
  return got
}

const FILES = fc.array(fc.record({ lengthBytes: fc.oneof(fc.constant(0), fc.nat(40)), pad: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
})

test('all pieces, written in any order and cut anyhow, give exactly the files, and read back exactly', () => {
  const cases = fc.record({
    specs: FILES,
    pieceLengthBytes: fc.integer({ min: 1, max: 50 }),
    cuts: fc.array(fc.nat(50)),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(cases, ({ specs, pieceLengthBytes, cuts, seed }) => {
      const { files, bytes, geometry } = contentOf(specs, pieceLengthBytes)
      const { storage, stored, complete } = memoryStorage(files)
      const store = new PieceStore(storage, { files, geometry })
      const order = Array.from({ length: geometry.pieceCount }, (_, index) => index)
      order.sort((a, b) => ((a * 7919 + seed) % 101) - ((b * 7919 + seed) % 101))
      let written = 0
      for (const index of order) {
        const piece = geometry.pieceIndex(index)!
        const from = geometry.pieceOffsetBytes(piece)
        const parts = cutAt(bytes.subarray(from, from + geometry.pieceBytes(piece)), cuts)
        store.write(piece, parts, (_nowMs, fault) => {
          expect(fault).toBe(null)
          written++
        })
      }
      complete()
      expect(written).toBe(geometry.pieceCount)
      for (const [index, file] of files.entries()) {
        if (!file.pad) expect(stored[index]).toEqual(bytes.slice(file.offsetBytes, file.offsetBytes + file.lengthBytes))
      }
      for (const index of order) {
        const piece = geometry.pieceIndex(index)!
        const offset = seed % geometry.pieceBytes(piece)
        const from = geometry.pieceOffsetBytes(piece) + offset
        const lengthBytes = geometry.pieceBytes(piece) - offset
        expect(read(store, complete, [piece, offset], lengthBytes)).toEqual(bytes.slice(from, from + lengthBytes))
      }
    }),
  )
})

test.each([
  ['a file that ends exactly at a piece boundary', [16, 5], 16],
  ['many tiny files in one piece', [1, 2, 0, 3, 1, 1, 0, 4], 64],
  ['a piece that is all padding, between two files', [4, '12', 4], 4],
  ['the padding that libtorrent writes after each file', [200, '16184', 279_729, '15183', 0, 94_483, '3821'], 16_384],
] as const)('%s', (_what, lengths, pieceLengthBytes) => {
  const specs = lengths.map((length) => ({ lengthBytes: Number(length), pad: typeof length === 'string' }))
  const { files, bytes, geometry } = contentOf(specs, pieceLengthBytes)
  const { storage, stored, complete } = memoryStorage(files)
  const store = new PieceStore(storage, { files, geometry })
  let done = 0
  for (let index = 0; index < geometry.pieceCount; index++) {
    const piece = geometry.pieceIndex(index)!
    const from = geometry.pieceOffsetBytes(piece)
    const whole = bytes.subarray(from, from + geometry.pieceBytes(piece))
    store.write(piece, [whole], () => done++)
    expect(done).toBe(index) // never during the call
    complete()
    expect(read(store, complete, [piece, 0], whole.length)).toEqual(whole)
  }
  expect(done).toBe(geometry.pieceCount)
  expect(stored.map((file) => file?.length ?? 'none')).toEqual(
    specs.map((spec) => (spec.pad ? 'none' : spec.lengthBytes)),
  )
})

test('a fault of the storage reaches who wrote and who read, as it is', () => {
  const { files, geometry } = contentOf([{ lengthBytes: 10, pad: false }], 10)
  const { storage, complete, failWith } = memoryStorage(files)
  const store = new PieceStore(storage, { files, geometry })
  const fault: StorageFault = { code: 'disk-full', detail: 't/0: no space' }
  failWith(fault)
  const seen: unknown[] = []
  store.write(geometry.pieceIndex(0)!, [new Uint8Array(10)], (_nowMs, got) => seen.push(got))
  store.read(geometry.pieceIndex(0)!, 0, 10, (_nowMs, outcome) => seen.push(outcome))
  complete()
  expect(seen).toEqual([fault, { kind: 'fault', fault }])
})

test('a piece of another size, and a read beyond its piece, are bugs', () => {
  const { files, geometry } = contentOf([{ lengthBytes: 25, pad: false }], 10)
  const store = new PieceStore(memoryStorage(files).storage, { files, geometry })
  const last = geometry.pieceIndex(2)!
  for (const bytes of [4, 6]) expect(() => store.write(last, [new Uint8Array(bytes)], () => {})).toThrow(RangeError)
  for (const [offset, length] of [
    [0, 6],
    [5, 1],
    [-1, 2],
    [0, -1],
    [Number.NaN, 1],
  ] as const) {
    expect(() => store.read(last, offset, length, () => {})).toThrow(RangeError)
  }
  store.read(last, 0, 5, () => {})
  store.read(last, 5, 0, () => {})
})
