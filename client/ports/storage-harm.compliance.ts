/**
 * What every `Storage` must say when somebody else removes, cuts or lengthens its files. A file that is open may take
 * bytes for a while; when it is closed, at the latest, the fault is told.
 */
import { describe, expect, test } from 'vitest'
import type { Storage, StorageFault } from './storage.ts'
import { ALL, ALL_BYTES, type Caller, content, extent } from './storage-caller.compliance.ts'

export function registerHarm(caller: () => Caller): void {
  async function written(): Promise<Storage> {
    const { storage } = await caller().open()
    await caller().write(storage, ALL, [content(ALL_BYTES)])
    return storage
  }

  /** The codes that another write to the big file, and then the end, give. */
  async function codesOf(storage: Storage): Promise<ReadonlySet<StorageFault['code']>> {
    const write = await caller().write(storage, [extent(3, 0, 10)], [content(10)])
    const close = await caller().close(storage)
    return new Set([write, close].flatMap((fault) => (fault === null ? [] : [fault.code])))
  }

  describe('disk: removed under it', () => {
    test('while it is written: missing, and the file is not made again', async () => {
      const storage = await written()
      caller().harm({ kind: 'removed', fileIndex: 3 })
      expect(await codesOf(storage)).toEqual(new Set(['missing']))
      expect((await caller().found())[3]).toEqual({ lengthBytes: 0, modifiedMs: 0 })
    })

    test('between two visits: of 0 bytes, made anew, and nothing of it is read', async () => {
      await caller().close(await written())
      caller().harm({ kind: 'removed', fileIndex: 3 })
      const { storage, outcome } = await caller().open()
      expect(outcome).toMatchObject({ hadContent: true, files: { 3: { lengthBytes: 0 } } })
      expect(await caller().read(storage, [extent(3, 0, 1)])).toMatchObject({ code: 'short' })
      expect(await caller().write(storage, [extent(3, 0, 1)], [content(1)])).toBe(null)
    })
  })

  describe('disk: a file shorter than expected', () => {
    test('cut while it is written: short', async () => {
      const storage = await written()
      caller().harm({ kind: 'resized', fileIndex: 3, lengthBytes: 39_999 })
      expect(await codesOf(storage)).toEqual(new Set(['short']))
    })

    test('cut between two visits: what is left is read, the rest is short, and can be written', async () => {
      await caller().close(await written())
      caller().harm({ kind: 'resized', fileIndex: 3, lengthBytes: 30_000 })
      const { storage, outcome } = await caller().open()
      expect(outcome).toMatchObject({ files: { 3: { lengthBytes: 30_000 } } })
      expect(await caller().read(storage, [extent(3, 0, 30_000)])).toEqual(content(ALL_BYTES).slice(5, 30_005))
      expect(await caller().read(storage, [extent(3, 29_999, 2)])).toMatchObject({ code: 'short' })
      expect(await caller().write(storage, [extent(3, 30_000, 10_000)], [content(10_000)])).toBe(null)
      expect(await caller().close(storage)).toBe(null)
    })
  })

  describe('disk: a file longer than expected', () => {
    test('lengthened while it is written: not writable', async () => {
      const storage = await written()
      caller().harm({ kind: 'resized', fileIndex: 3, lengthBytes: 40_001 })
      expect(await codesOf(storage)).toEqual(new Set(['not-writable']))
    })

    test('between two visits: refused, not cut; for reading only it is taken, and its length is told', async () => {
      await caller().close(await written())
      caller().harm({ kind: 'resized', fileIndex: 3, lengthBytes: 40_001 })
      expect((await caller().open()).outcome).toMatchObject({ kind: 'fault', fault: { code: 'not-writable' } })
      const { storage, outcome } = await caller().open(undefined, { readOnly: true })
      expect(outcome).toMatchObject({ kind: 'ready', files: { 3: { lengthBytes: 40_001 } } })
      expect(await caller().read(storage, [extent(3, 0, 40_000)])).toEqual(content(ALL_BYTES).slice(5, 40_005))
    })
  })
}
