/** What a storage on a real disk adds to the rules of the port: where the state lies, and who may read what. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { Clock } from '../ports/clock.ts'
import type { PrepareOutcome, ReadOutcome, StorageFault } from '../ports/storage.ts'
import { nodeClock } from './clock.ts'
import { fileStorage } from './files.ts'

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'swarmlab-files-resume-'))
afterAll(() => fs.rmSync(scratch, { recursive: true }))
const freshDir = () => fs.mkdtempSync(path.join(scratch, '/'))

const INFOHASH = 'ab'.repeat(20) as InfoHash
const STATE = `${INFOHASH}.state`

function come<Outcome>(start: (done: (nowMs: number, outcome: Outcome) => void) => void): Promise<Outcome> {
  return new Promise((resolve) => start((_nowMs, outcome) => resolve(outcome)))
}

interface Opening {
  readonly readOnly?: boolean
  readonly clock?: Clock
  readonly lengthBytes?: number
}

/** A torrent of one file, `t/a`, of 10 bytes. */
function open(rootDir: string, { readOnly = false, clock = nodeClock(), lengthBytes = 10 }: Opening = {}) {
  const files = [{ path: ['t', 'a'], lengthBytes, offsetBytes: 0, pad: false }]
  const storage = fileStorage({ rootDir, files, clock, infohash: INFOHASH, readOnly })
  return {
    prepare: () => come<PrepareOutcome>((done) => storage.prepare(done)),
    write: (text: string, offsetBytes = 0) => {
      const extent = { fileIndex: 0, offsetBytes, lengthBytes: text.length }
      return come<StorageFault | null>((done) => storage.write([extent], [new TextEncoder().encode(text)], done))
    },
    read: async (lengthBytes: number) => {
      const extents = [{ fileIndex: 0, offsetBytes: 0, lengthBytes }]
      const outcome = await come<ReadOutcome>((done) => storage.read(extents, done))
      return outcome.kind === 'bytes' ? new TextDecoder().decode(outcome.bytes) : outcome.fault
    },
    readState: () => come<Uint8Array | null>((done) => storage.readState(done)),
    writeState: (text: string) =>
      come<StorageFault | null>((done) => storage.writeState(new TextEncoder().encode(text), done)),
    close: () => come<StorageFault | null>((done) => storage.close(done)),
  }
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))

describe('the resume state', () => {
  test('lies in .swarmlab beside the content, named by the infohash, and nothing else is left there', async () => {
    const rootDir = path.join(freshDir(), 'not', 'yet')
    const storage = open(rootDir)
    expect(await storage.readState()).toBe(null)
    expect(fs.existsSync(rootDir)).toBe(false)
    await storage.writeState('one')
    await storage.writeState('two')
    expect(fs.readdirSync(path.join(rootDir, '.swarmlab'))).toEqual([STATE])
    expect(fs.readFileSync(path.join(rootDir, '.swarmlab', STATE), 'utf8')).toBe('two')
  })

  test('what killed processes left half written is removed, what others have is not', async () => {
    const rootDir = freshDir()
    const folder = path.join(rootDir, '.swarmlab')
    fs.mkdirSync(folder)
    const kept = [`${'cd'.repeat(20)}.state`, `.${'cd'.repeat(20)}.state.77.unfinished`, 'notes']
    for (const name of [`.${STATE}.77.unfinished`, `.${STATE}.123456.unfinished`, ...kept]) {
      fs.writeFileSync(path.join(folder, name), 'x')
    }
    await open(rootDir).writeState('new')
    expect(fs.readdirSync(folder).sort()).toEqual([STATE, ...kept].sort())
  })

  test.each<[string, (file: string) => void]>([
    ['a folder', (file) => fs.mkdirSync(file)],
    ['a link', (file) => fs.symlinkSync('/etc/hostname', file)],
  ])('%s in its place is no state', async (_, make) => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, '.swarmlab'))
    make(path.join(rootDir, '.swarmlab', STATE))
    expect(await open(rootDir).readState()).toBe(null)
  })

  test('a folder of states that leads out is refused, and nothing is written there', async () => {
    const rootDir = freshDir()
    const outside = freshDir()
    fs.symlinkSync(outside, path.join(rootDir, '.swarmlab'))
    const fault = await open(rootDir).writeState('x')
    expect(fault?.code).toBe('not-writable')
    expect(fault?.detail).toContain(`${path.join(rootDir, '.swarmlab')}: leads out of`)
    expect(fs.readdirSync(outside)).toEqual([])
  })

  test.each(['.swarmlab', '.SwarmLab'])('a torrent called %s is refused: it could write states', async (name) => {
    const files = [{ path: [name, STATE], lengthBytes: 1, offsetBytes: 0, pad: false }]
    const storage = fileStorage({ rootDir: freshDir(), files, clock: nodeClock() })
    const outcome = await come<PrepareOutcome>((done) => storage.prepare(done))
    expect(outcome).toMatchObject({ kind: 'fault', fault: { code: 'not-writable' } })
  })

  test('without an infohash there is none, and none can be written', async () => {
    const rootDir = freshDir()
    await open(rootDir).writeState('x')
    const storage = fileStorage({ rootDir, files: [], clock: nodeClock() })
    expect(await come((done) => storage.readState(done))).toBe(null)
    const fault = await come<StorageFault | null>((done) => storage.writeState(new Uint8Array(1), done))
    expect(fault?.code).toBe('not-writable')
  })
})

describe('for reading only', () => {
  test('nothing is made, not even where everything is missing', async () => {
    const rootDir = freshDir()
    const storage = open(rootDir, { readOnly: true })
    expect(await storage.prepare()).toMatchObject({ kind: 'ready', hadContent: false, files: [{ lengthBytes: 0 }] })
    expect(await storage.close()).toBe(null)
    expect(fs.readdirSync(rootDir)).toEqual([])
  })

  test('a folder that is not there is a fault, and so is a file in its place', async () => {
    const rootDir = freshDir()
    const missing = path.join(rootDir, 'not')
    expect(await open(missing, { readOnly: true }).prepare()).toMatchObject({ fault: { code: 'missing' } })
    fs.writeFileSync(path.join(rootDir, 'file'), '')
    const file = path.join(rootDir, 'file')
    expect(await open(file, { readOnly: true }).prepare()).toMatchObject({
      fault: { detail: `${file}: not a directory (ENOTDIR)` },
    })
    expect(fs.existsSync(missing)).toBe(false)
  })

  test('links are followed: what is read is checked against its hash', async () => {
    const [rootDir, elsewhere] = [freshDir(), freshDir()]
    fs.writeFileSync(path.join(elsewhere, 'a'), '0123456789')
    fs.symlinkSync(elsewhere, path.join(rootDir, 't'))
    const storage = open(rootDir, { readOnly: true })
    expect(await storage.prepare()).toMatchObject({ files: [{ lengthBytes: 10 }] })
    expect(await storage.read(10)).toBe('0123456789')
    await storage.close()
  })

  test('a folder or a pipe in place of a file is of 0 bytes', async () => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, 't/a'), { recursive: true })
    expect(await open(rootDir, { readOnly: true }).prepare()).toMatchObject({ files: [{ lengthBytes: 0 }] })
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read is not readable', async () => {
    const rootDir = freshDir()
    fs.mkdirSync(path.join(rootDir, 't'))
    fs.writeFileSync(path.join(rootDir, 't/a'), '0123456789', { mode: 0o000 })
    const storage = open(rootDir, { readOnly: true })
    await storage.prepare()
    expect(await storage.read(10)).toMatchObject({ code: 'not-readable' })
    await storage.close()
  })
})

describe('what somebody else does to a file that is written is noticed a second later', () => {
  async function opened() {
    const rootDir = freshDir()
    let nowMs = 0
    const clock = { ...nodeClock(), nowMs: () => nowMs }
    const storage = open(rootDir, { clock })
    await storage.prepare()
    expect(await storage.write('01234', 5)).toBe(null)
    return {
      storage,
      file: path.join(rootDir, 't/a'),
      later: (ms: number) => {
        nowMs += ms
      },
    }
  }

  test.each<[string, (file: string) => void, StorageFault['code'], RegExp]>([
    ['disk: removed under it', (file) => fs.rmSync(file), 'missing', /t\/a: no such file or directory \(ENOENT\)$/],
    [
      'disk: moved away, and another in its place',
      (file) => {
        fs.renameSync(file, `${file}.old`)
        fs.writeFileSync(file, 'other')
      },
      'missing',
      /t\/a: was moved away, another file is in its place$/,
    ],
    [
      'disk: a file shorter than expected',
      (file) => fs.truncateSync(file, 9),
      'short',
      /t\/a: was cut to 9 bytes while it was written, it had 10$/,
    ],
    [
      'disk: a file longer than expected',
      (file) => fs.appendFileSync(file, 'x'),
      'not-writable',
      /t\/a: has 11 bytes, the torrent's has 10; move it away$/,
    ],
  ])('%s', async (_, harm, code, detail) => {
    const { storage, file, later } = await opened()
    harm(file)
    later(999)
    expect(await storage.write('x')).toBe(null)
    later(1)
    const expected = { code, detail: expect.stringMatching(detail) }
    expect(await storage.write('y')).toEqual(expected)
    expect(await storage.write('z')).toEqual(expected) // it is not forgotten
    expect(await storage.close()).toEqual(expected)
  })

  test('a file that is as we left it is no fault, however often it is looked at', async () => {
    const { storage, later } = await opened()
    for (let times = 0; times < 5; times++) {
      later(1_000)
      expect(await storage.write('x', times)).toBe(null)
    }
    expect(await storage.close()).toBe(null)
  })
})

test('the state is what it was when a process dies while it writes the next: there is the old one or the new one', async () => {
  const rootDir = freshDir()
  const storage = open(rootDir)
  await storage.writeState('old')
  const file = path.join(rootDir, '.swarmlab', STATE)
  const seen = new Set<string | null>()
  const writing = storage.writeState('n'.repeat(1_000_000))
  let isOver = false
  void writing.then(() => {
    isOver = true
  })
  while (!isOver) {
    seen.add(text(await open(rootDir).readState()))
    expect(fs.existsSync(file)).toBe(true)
  }
  expect([...seen].map((found) => found?.length).filter((length) => length !== 3 && length !== 1_000_000)).toEqual([])
})
