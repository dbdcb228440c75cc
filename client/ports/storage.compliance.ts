/**
 * What every `Storage` must do, on a disk or in memory: the rules of ./storage.ts as tests. A test file calls
 * `storageCompliance` with its own world.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StorageFault } from './storage.ts'
import { ALL, ALL_BYTES, Caller, content, extent, type StorageWorld } from './storage-caller.compliance.ts'
import { registerHarm } from './storage-harm.compliance.ts'
import { registerReadOnly, registerState, registerStats } from './storage-state.compliance.ts'

export function storageCompliance(name: string, makeWorld: () => StorageWorld | Promise<StorageWorld>): void {
  describe(`storage: ${name}`, () => {
    let caller: Caller
    let world: StorageWorld
    beforeEach(async () => {
      world = await makeWorld()
      caller = new Caller(world)
    })
    afterEach(async () => {
      const { broken } = caller
      await caller.closeAll()
      await world.close()
      expect(broken).toEqual([])
    })
    registerWriting(() => caller)
    registerClosing(() => caller)
    registerFaults(() => caller)
    registerStats(() => caller)
    registerState(() => caller)
    registerReadOnly(() => caller)
    registerHarm(() => caller)
  })
}

function registerWriting(caller: () => Caller): void {
  test('what is written is read back, across files, however parts and extents are cut', async () => {
    const { storage } = await caller().open()
    const bytes = content(ALL_BYTES)
    const parts = [bytes.subarray(0, 1), new Uint8Array(0), bytes.subarray(1, 20_000), bytes.subarray(20_000)]
    expect(await caller().write(storage, ALL, parts)).toBe(null)
    expect(await caller().read(storage, ALL)).toEqual(bytes)
    expect(await caller().read(storage, [extent(3, 39_990, 10), extent(4, 0, 1), extent(0, 2, 2)])).toEqual(
      Uint8Array.from([...bytes.slice(39_995), ...bytes.slice(2, 4)]),
    )
  })

  test('100 writes at once, backwards, are all there afterwards', async () => {
    const { storage } = await caller().open()
    const bytes = content(40_000, 7)
    const writes = Array.from({ length: 100 }, (_, index) => {
      const from = (99 - index) * 400
      return caller().write(storage, [extent(3, from, 400)], [bytes.subarray(from, from + 400)])
    })
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 100 }, () => null))
    expect(await caller().read(storage, [extent(3, 0, 40_000)])).toEqual(bytes)
  })

  test('no extents at all is fine: nothing is written, nothing is read', async () => {
    const { storage } = await caller().open()
    expect(await caller().write(storage, [], [])).toBe(null)
    expect(await caller().read(storage, [])).toEqual(new Uint8Array(0))
  })

  test('what was read belongs to the reader: later writes do not change it', async () => {
    const { storage } = await caller().open()
    await caller().write(storage, [extent(0, 0, 5)], [content(5)])
    const before = await caller().read(storage, [extent(0, 0, 5)])
    await caller().write(storage, [extent(0, 0, 5)], [content(5, 100)])
    expect(before).toEqual(content(5))
  })
}

function registerClosing(caller: () => Caller): void {
  test('a first visit finds no content, a second finds what the first wrote and closed', async () => {
    const first = await caller().open()
    expect(first.outcome).toMatchObject({ kind: 'ready', hadContent: false })
    await caller().write(first.storage, [extent(4, 0, 1)], [content(1, 9)])
    expect(await caller().close(first.storage)).toBe(null)
    const second = await caller().open()
    expect(second.outcome).toMatchObject({ kind: 'ready', hadContent: true })
    expect(await caller().read(second.storage, [extent(4, 0, 1)])).toEqual(content(1, 9))
  })

  test('files that were made but never written are no content', async () => {
    const first = await caller().open()
    await caller().close(first.storage)
    const second = await caller().open()
    expect(second.outcome).toMatchObject({ kind: 'ready', hadContent: false })
  })

  test('close waits for the writes under way: 50 of them', async () => {
    const { storage } = await caller().open()
    const order: string[] = []
    const writes = Array.from({ length: 50 }, (_, index) =>
      caller()
        .write(storage, ALL, [content(ALL_BYTES, index)])
        .then((fault) => order.push(fault?.code ?? 'written')),
    )
    const close = caller()
      .close(storage)
      .then((fault) => order.push(fault?.code ?? 'closed'))
    await Promise.all([...writes, close])
    expect(order).toEqual([...Array.from({ length: 50 }, () => 'written'), 'closed'])
    const second = await caller().open()
    expect(second.outcome).toMatchObject({ kind: 'ready', hadContent: true })
    expect(await caller().read(second.storage, [extent(0, 0, 5)])).toHaveLength(5)
  })

  test('a torrent without files, and one with empty files only', async () => {
    for (const files of [[], [{ lengthBytes: 0, pad: false }]]) {
      const { storage, outcome } = await caller().open(files)
      expect(outcome).toMatchObject({ kind: 'ready', hadContent: false })
      expect(await caller().close(storage)).toBe(null)
    }
  })
}

function registerFaults(caller: () => Caller): void {
  test('bytes that were never written are short, and the fault tells where', async () => {
    const { storage } = await caller().open()
    await caller().write(storage, [extent(3, 0, 100)], [content(100)])
    expect(await caller().read(storage, [extent(3, 0, 100)])).toEqual(content(100))
    for (const extents of [[extent(3, 0, 101)], [extent(3, 100, 1)], [extent(3, 0, 100), extent(4, 0, 1)]]) {
      const fault = (await caller().read(storage, extents)) as StorageFault
      expect(fault.code).toBe('short')
      expect(fault.detail).not.toBe('')
    }
  })

  test('after close everything is a fault', async () => {
    const { storage } = await caller().open()
    await caller().close(storage)
    const fault = (await caller().write(storage, [extent(0, 0, 5)], [content(5)])) as StorageFault
    expect(fault.code).toBe('broken')
    const readFault = (await caller().read(storage, [extent(0, 0, 5)])) as StorageFault
    expect(readFault.code).toBe('broken')
    expect(await caller().writeState(storage, content(5))).toMatchObject({ code: 'broken' })
  })
}
