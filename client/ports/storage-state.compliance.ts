/** What every `Storage` must do for resuming: sizes and times of files, the resume state, and opening for reading only. */
import { expect, test } from 'vitest'
import { NO_FILE, type StorageFault } from './storage.ts'
import { ALL, ALL_BYTES, type Caller, content, extent } from './storage-caller.compliance.ts'

export function registerStats(caller: () => Caller): void {
  test('files that were not there before are of 0 bytes', async () => {
    const { outcome } = await caller().open()
    expect(outcome).toMatchObject({
      files: [NO_FILE, NO_FILE, NO_FILE, NO_FILE, NO_FILE].map(() => ({ lengthBytes: 0 })),
    })
  })

  test('what writes left is told, and the next visit finds just that', async () => {
    const { storage } = await caller().open()
    await caller().write(storage, [extent(0, 0, 5), extent(3, 0, 100)], [content(105)])
    const files = await caller().stat(storage)
    expect(files.map(({ lengthBytes }) => lengthBytes)).toEqual([5, 0, 0, 100, 0])
    expect(files[1]).toEqual(NO_FILE)
    for (const fileIndex of [0, 3]) expect(files[fileIndex]!.modifiedMs).toBeGreaterThanOrEqual(0)
    expect(await caller().stat(storage)).toEqual(files)
    await caller().write(storage, [extent(3, 90, 20)], [content(20)])
    const later = await caller().stat(storage)
    expect(later.map(({ lengthBytes }) => lengthBytes)).toEqual([5, 0, 0, 110, 0])
    expect(later[3]!.modifiedMs).toBeGreaterThanOrEqual(files[3]!.modifiedMs)
    await caller().close(storage)
    const second = await caller().open()
    expect(second.outcome).toMatchObject({ files: [later[0], later[1], {}, later[3], {}] })
  })

  test('a file that was only looked at keeps its size and time', async () => {
    const first = await caller().open()
    await caller().write(first.storage, ALL, [content(ALL_BYTES)])
    await caller().close(first.storage)
    const before = await caller().found()
    const second = await caller().open()
    await caller().read(second.storage, ALL)
    await caller().close(second.storage)
    expect(await caller().found()).toEqual(before)
  })
}

export function registerState(caller: () => Caller): void {
  test('the resume state: none at first, then what was written last, whole; `prepare` is not needed', async () => {
    const storage = caller().unprepared()
    expect(await caller().readState(storage)).toBe(null)
    for (const lengthBytes of [100_000, 3, 0, 70_000]) {
      expect(await caller().writeState(storage, content(lengthBytes, lengthBytes))).toBe(null)
      expect(await caller().readState(storage)).toEqual(content(lengthBytes, lengthBytes))
    }
    await caller().close(storage)
    expect(await caller().readState(caller().unprepared())).toEqual(content(70_000, 70_000))
  })

  test('the resume state is no content, and content is no resume state', async () => {
    const { storage } = await caller().open()
    await caller().writeState(storage, content(1_000))
    await caller().close(storage)
    expect((await caller().open()).outcome).toMatchObject({ hadContent: false })
  })
}

export function registerReadOnly(caller: () => Caller): void {
  test('for reading only: what is there is read, what is not there is of 0 bytes and not made', async () => {
    const first = await caller().open()
    await caller().write(first.storage, [extent(3, 0, 500)], [content(500)])
    await caller().writeState(first.storage, content(9))
    await caller().close(first.storage)
    caller().harm({ kind: 'removed', fileIndex: 0 })
    const { storage, outcome } = await caller().open(undefined, { readOnly: true })
    const lengths = outcome.kind === 'ready' ? outcome.files.map(({ lengthBytes }) => lengthBytes) : []
    expect(lengths).toEqual([0, 0, 0, 500, 0])
    expect(outcome).toMatchObject({ hadContent: true, files: { 0: NO_FILE, 1: NO_FILE } })
    expect(await caller().read(storage, [extent(3, 0, 500)])).toEqual(content(500))
    expect(await caller().read(storage, [extent(0, 0, 1)])).toMatchObject({ code: 'missing' })
    expect(await caller().readState(storage)).toEqual(content(9))
    expect(await caller().close(storage)).toBe(null)
  })

  test('for reading only: neither content nor state is written', async () => {
    const first = await caller().open()
    await caller().write(first.storage, [extent(0, 0, 5)], [content(5)])
    await caller().writeState(first.storage, content(9))
    await caller().close(first.storage)
    const { storage } = await caller().open(undefined, { readOnly: true })
    const fault = (await caller().write(storage, [extent(0, 0, 5)], [content(5, 7)])) as StorageFault
    expect(fault.code).toBe('not-writable')
    expect(await caller().writeState(storage, content(3))).toMatchObject({ code: 'not-writable' })
    expect(await caller().read(storage, [extent(0, 0, 5)])).toEqual(content(5))
    expect(await caller().readState(storage)).toEqual(content(9))
  })
}
