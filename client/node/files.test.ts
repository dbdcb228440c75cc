import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { TorrentContentFile } from '../metainfo/torrent-file.ts'
import { storageCompliance } from '../ports/storage.compliance.ts'
import type { Extent, PrepareOutcome, ReadOutcome, Storage, StorageFault } from '../ports/storage.ts'
import type { StorageHarm, StorageOptions, StoredFile } from '../ports/storage-caller.compliance.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { fileStorage } from './files.ts'
import { faultOf } from './files-faults.ts'

const clock = nodeClock()
const freshDir = freshDirsIn(os.tmpdir())

function freshDirsIn(parent: string): () => string {
  const dir = fs.mkdtempSync(path.join(parent, 'swarmlab-files-'))
  afterAll(() => fs.rmSync(dir, { recursive: true }))
  return () => fs.mkdtempSync(path.join(dir, '/'))
}

/** `'sub/b.bin': 20` as the torrent's files, back to back, under `t/`; a path with `.pad` is padding. */
function filesOf(lengths: Record<string, number>): TorrentContentFile[] {
  let offsetBytes = 0
  return Object.entries(lengths).map(([name, lengthBytes]) => {
    const file = { path: ['t', ...name.split('/')], lengthBytes, offsetBytes, pad: name.includes('.pad') }
    offsetBytes += lengthBytes
    return file
  })
}

const INFOHASH = 'ab'.repeat(20) as InfoHash

const world = (makeDir: () => string) => () => {
  const rootDir = makeDir()
  let paths: string[] = []
  return {
    storage: (stored: readonly StoredFile[], { readOnly }: StorageOptions) => {
      const lengths = stored.map((file, index) => [`${file.pad ? '.pad' : index % 2}/${index}`, file.lengthBytes])
      const files = filesOf(Object.fromEntries(lengths))
      paths = files.map((file) => path.join(rootDir, ...file.path))
      return fileStorage({ rootDir, files, clock, infohash: INFOHASH, readOnly })
    },
    harm: (harm: StorageHarm) => {
      const filePath = paths[harm.fileIndex]!
      if (harm.kind === 'removed') fs.rmSync(filePath)
      else fs.truncateSync(filePath, harm.lengthBytes)
    },
    run: runEventLoop,
    close: () => {},
  }
}

storageCompliance('node', world(freshDir))
// Where to sync costs nothing, a close that does not wait for writes overtakes them.
if (fs.existsSync('/dev/shm')) storageCompliance('node, in memory', world(freshDirsIn('/dev/shm')))

function come<Outcome>(start: (done: (nowMs: number, outcome: Outcome) => void) => void): Promise<Outcome> {
  return new Promise((resolve) => start((_nowMs, outcome) => resolve(outcome)))
}

const opened: Storage[] = []
afterEach(async () => {
  for (const storage of opened.splice(0)) await come((done) => storage.close(done))
})

function prepare(rootDir: string, lengths: Record<string, number>, { readOnly = false } = {}) {
  const storage = fileStorage({ rootDir, files: filesOf(lengths), clock, readOnly })
  opened.push(storage)
  const write = (extents: Extent[], bytes: Uint8Array) =>
    come<StorageFault | null>((done) => storage.write(extents, [bytes], done))
  return come<PrepareOutcome>((done) => storage.prepare(done)).then((outcome) => ({ storage, write, outcome }))
}

const whole = (fileIndex: number, lengthBytes: number): Extent => ({ fileIndex, offsetBytes: 0, lengthBytes })

describe('what lies on the disk', () => {
  test('folders and files are made, empty ones too, padding is not, and nothing else', async () => {
    const rootDir = path.join(freshDir(), 'not', 'yet')
    const { storage, write } = await prepare(rootDir, {
      'a.txt': 3,
      '.pad/5': 5,
      'sub/empty.dat': 0,
      'sub/deep/ü 文.bin': 4,
    })
    await write([whole(0, 3), whole(3, 4)], Buffer.from('abcdefg'))
    await come((done) => storage.close(done))
    const found = fs.readdirSync(rootDir, { recursive: true }).map(String)
    expect(found.sort()).toEqual(['t', 't/a.txt', 't/sub', 't/sub/deep', 't/sub/deep/ü 文.bin', 't/sub/empty.dat'])
    expect(fs.readFileSync(path.join(rootDir, 't/a.txt'), 'utf8')).toBe('abc')
    expect(fs.readFileSync(path.join(rootDir, 't/sub/deep/ü 文.bin'), 'utf8')).toBe('defg')
    expect(fs.statSync(path.join(rootDir, 't/sub/empty.dat')).size).toBe(0)
  })

  test('a block at the end of a big file takes no room for what comes before it', async () => {
    const rootDir = freshDir()
    const { storage, write } = await prepare(rootDir, { big: 2 ** 33 })
    const extent = { fileIndex: 0, offsetBytes: 2 ** 33 - 4, lengthBytes: 4 }
    expect(await write([extent], Buffer.from('last'))).toBe(null)
    await come((done) => storage.close(done))
    const { size, blocks } = fs.statSync(path.join(rootDir, 't/big'))
    expect(size).toBe(2 ** 33)
    expect(blocks * 512).toBeLessThan(1_000_000)
  })

  test('300 files, all used at once, are open at most 64 at a time, and none after close', async () => {
    const rootDir = freshDir()
    const lengths = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, 8]))
    const openHere = () => {
      const links = fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd') : []
      return links.filter((link) => linkTarget(`/proc/self/fd/${link}`).startsWith(rootDir)).length
    }
    const { storage, write } = await prepare(rootDir, lengths)
    let openMax = 0
    const writes = Array.from({ length: 600 }, async (_, index) => {
      expect(await write([whole(index % 300, 8)], Buffer.from(`${index % 300}`.padStart(8)))).toBe(null)
      openMax = Math.max(openMax, openHere())
    })
    await Promise.all(writes)
    if (process.platform === 'linux') expect(openMax).toBeGreaterThan(32) // else this test sees nothing
    expect(openMax).toBeLessThanOrEqual(64)
    await come((done) => storage.close(done))
    expect(openHere()).toBe(0)
    for (let index = 0; index < 300; index++) {
      expect(fs.readFileSync(path.join(rootDir, 't', `f${index}`), 'utf8').trim()).toBe(`${index}`)
    }
  })

  test('content that is there is kept, and told', async () => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, 't'))
    fs.writeFileSync(path.join(rootDir, 't/a'), 'half')
    const { storage, outcome } = await prepare(rootDir, { a: 8 })
    expect(outcome).toMatchObject({ kind: 'ready', hadContent: true, files: [{ lengthBytes: 4 }] })
    await come((done) => storage.close(done))
    expect(fs.readFileSync(path.join(rootDir, 't/a'), 'utf8')).toBe('half')
  })
})

function linkTarget(link: string): string {
  try {
    return fs.readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}

async function refusal(rootDir: string, lengths: Record<string, number>): Promise<StorageFault> {
  const { outcome } = await prepare(rootDir, lengths)
  if (outcome.kind !== 'fault') throw new Error('it was not refused')
  return outcome.fault
}

describe('what is refused, untouched', () => {
  test('a file of just the length is taken, one byte more is somebody else’s', async () => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, 't'))
    const filePath = path.join(rootDir, 't/a')
    fs.writeFileSync(filePath, '12345')
    expect((await prepare(rootDir, { a: 5 })).outcome.kind).toBe('ready')
    expect(await refusal(rootDir, { a: 4 })).toEqual({
      code: 'not-writable',
      detail: `${filePath}: has 5 bytes, the torrent's has 4; move it away`,
    })
    expect(fs.readFileSync(filePath, 'utf8')).toBe('12345')
  })

  test('a link in place of a file, wherever it leads', async () => {
    const rootDir = freshDir()
    const elsewhere = path.join(freshDir(), 'precious')
    fs.writeFileSync(elsewhere, '')
    fs.mkdirSync(path.join(rootDir, 't'))
    fs.symlinkSync(elsewhere, path.join(rootDir, 't/a'))
    expect(await refusal(rootDir, { a: 4 })).toEqual({
      code: 'not-writable',
      detail: `${path.join(rootDir, 't/a')}: too many symbolic links encountered (ELOOP)`,
    })
  })

  test('a link in place of a folder that leads out; one that stays inside is followed', async () => {
    const rootDir = freshDir()
    const outside = freshDir()
    fs.mkdirSync(path.join(rootDir, 't/real'), { recursive: true })
    fs.symlinkSync(outside, path.join(rootDir, 't/out'))
    fs.symlinkSync('real', path.join(rootDir, 't/in'))
    const fault = await refusal(rootDir, { 'out/deep/a': 1 })
    expect(fault.code).toBe('not-writable')
    expect(fault.detail).toContain(`${path.join(rootDir, 't/out')}: leads out of`)
    expect(fs.readdirSync(outside)).toEqual([])
    expect((await prepare(rootDir, { 'in/a': 1 })).outcome.kind).toBe('ready')
    expect(fs.readdirSync(path.join(rootDir, 't/real'))).toEqual(['a'])
  })

  test('a folder in place of a file, a file in place of a folder, a pipe', async () => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, 't/folder'), { recursive: true })
    fs.writeFileSync(path.join(rootDir, 't/file'), '')
    execFileSync('/usr/bin/mkfifo', [path.join(rootDir, 't/pipe')])
    for (const name of ['folder', 'file/a', 'pipe']) {
      const fault = await refusal(rootDir, { [name]: 1 })
      expect(fault.code).toBe('not-writable')
      expect(fault.detail).toContain(path.join(rootDir, 't', name.split('/')[0]!))
    }
  })
})

describe('output folders and paths that are refused', () => {
  test('an output folder below a file', async () => {
    const file = path.join(freshDir(), 'file')
    fs.writeFileSync(file, '')
    const fault = await refusal(path.join(file, 'out'), { a: 1 })
    expect(fault).toEqual({ code: 'not-writable', detail: `${path.join(file, 'out')}: not a directory (ENOTDIR)` })
  })

  test.skipIf(process.getuid?.() === 0)('an output folder without permission', async () => {
    const rootDir = freshDir()
    fs.chmodSync(rootDir, 0o555)
    const fault = await refusal(rootDir, { a: 1 })
    expect(fault).toEqual({ code: 'not-writable', detail: `${path.join(rootDir, 't')}: permission denied (EACCES)` })
  })

  test.each([[['..', 'a']], [['t', '']], [['t', '.']], [['t/a']], [['t\\a']], [['t\0']], [[]]])(
    'a path that was not sanitised is a bug: %j',
    (segments) => {
      const files = [{ path: segments, lengthBytes: 1, offsetBytes: 0, pad: false }]
      expect(() => fileStorage({ rootDir: os.tmpdir(), files, clock })).toThrow(RangeError)
    },
  )
})

describe('faults while it runs', () => {
  test('disk: removed under it, before it is opened: missing, and not made again', async () => {
    const rootDir = freshDir()
    const { write } = await prepare(rootDir, { a: 4 })
    fs.rmSync(path.join(rootDir, 't/a'))
    const filePath = path.join(rootDir, 't/a')
    expect(await write([whole(0, 4)], Buffer.from('data'))).toEqual({
      code: 'missing',
      detail: `${filePath}: no such file or directory (ENOENT)`,
    })
    expect(fs.existsSync(filePath)).toBe(false)
    fs.writeFileSync(filePath, '')
    expect(await write([whole(0, 4)], Buffer.from('data'))).toBe(null) // back again: the fault was not kept
  })

  test('disk: full: it says so, after taking what fits', async ({ skip }) => {
    const rootDir = smallDisk(skip)
    const { storage, write } = await prepare(rootDir, { a: 2_000_000 })
    const fault = await write([whole(0, 2_000_000)], new Uint8Array(2_000_000).fill(1))
    expect(fault).toEqual({
      code: 'disk-full',
      detail: `${path.join(rootDir, 't/a')}: no space left on device (ENOSPC)`,
    })
    fs.truncateSync(path.join(rootDir, 't/a'), 0)
    expect(await write([whole(0, 1_000)], new Uint8Array(1_000).fill(2))).toBe(null)
    await come((done) => storage.close(done))
  })

  test('disk: read-only: to download there is refused, to read is not', async ({ skip }) => {
    const rootDir = smallDisk(skip)
    fs.mkdirSync(path.join(rootDir, 't'))
    fs.writeFileSync(path.join(rootDir, 't/a'), 'data')
    execFileSync('/usr/bin/mount', ['-o', 'remount,ro', rootDir])
    expect(await refusal(rootDir, { a: 4 })).toEqual({
      code: 'not-writable',
      detail: `${path.join(rootDir, 't/a')}: read-only file system (EROFS)`,
    })
    const { outcome, storage } = await prepare(rootDir, { a: 4 }, { readOnly: true })
    expect(outcome).toMatchObject({ kind: 'ready', files: [{ lengthBytes: 4 }] })
    const bytes = await come<ReadOutcome>((done) => storage.read([whole(0, 4)], done))
    expect(bytes).toEqual({ kind: 'bytes', bytes: new TextEncoder().encode('data') })
    expect(await come((done) => storage.close(done))).toBe(null)
  })

  /** A file system of 1 MiB; only root can have one. */
  function smallDisk(skip: (why: string) => never): string {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) skip('needs root on Linux for a small tmpfs')
    const dir = freshDir()
    try {
      execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'ignore' })
    } catch {
      skip('mount is not permitted here')
    }
    unmounts.push(() => execFileSync('/usr/bin/umount', ['-l', dir]))
    return dir
  }

  const unmounts: (() => void)[] = []
  afterAll(() => {
    for (const unmount of unmounts) unmount()
  })
})

describe('faultOf', () => {
  test.runIf(fs.existsSync('/dev/full'))('a real ENOSPC', () => {
    const descriptor = fs.openSync('/dev/full', 'w')
    try {
      fs.writeSync(descriptor, 'x')
      throw new Error('/dev/full took a byte')
    } catch (error) {
      expect(faultOf(error, 'a')).toEqual({ code: 'disk-full', detail: 'a: no space left on device (ENOSPC)' })
    } finally {
      fs.closeSync(descriptor)
    }
  })

  test('a quota, for which Node has no name', () => {
    const error = Object.assign(new Error('as node:fs throws it'), {
      code: 'Unknown system error -122',
      errno: -os.constants.errno.EDQUOT,
    })
    expect(faultOf(error, 'a')).toEqual({ code: 'disk-full', detail: 'a: disk quota exceeded (EDQUOT)' })
  })

  test.each([
    ['EACCES', 'not-writable'],
    ['EPERM', 'not-writable'],
    ['EROFS', 'not-writable'],
    ['EFBIG', 'not-writable'],
    ['ENAMETOOLONG', 'not-writable'],
    ['EIO', 'broken'],
    ['EMFILE', 'broken'],
  ])('%s is %s', (code, expected) => {
    const errno = -(os.constants.errno[code as keyof typeof os.constants.errno] ?? 0)
    const fault = faultOf(Object.assign(new Error('as node:fs throws it'), { code, errno }), 't/a')
    expect(fault.code).toBe(expected)
    expect(fault.detail).toMatch(new RegExp(`^t/a: [a-z].*\\(${code}\\)$`))
  })
})
