/**
 * A torrent of 400,000 pieces is loaded in under half a second, and a block of it costs at most 1.2 times what a block of
 * 1,000 pieces does; of pieces of a single block, where nothing is shared by the blocks of a piece, at most 1.5 times
 * (measured 1.06 to 1.26: cache misses in the tables, no walk over them). Of CPU time, which neighbours on the machine disturb less than they do the clock on the wall.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, describe, expect, test } from 'vitest'
import { createTorrent } from '../client/metainfo/create-torrent.ts'
import { BLOCK_BYTES, Geometry, type PieceIndex } from '../client/metainfo/geometry.ts'
import { startDownload } from '../client/node/download.ts'
import { readTorrentFile } from '../client/node/read-torrent.ts'
import { Bitfield } from '../client/wire/bitfield.ts'
import { formatNumber } from '../results/units.ts'
import { PURPOSE, seededRandom } from '../simulator/random.ts'
import {
  type DownloadSize,
  hashesOfZeros,
  InstantDownload,
  type InstantDownloadSpec,
} from './client/swarm/instant-download.ts'
import { type Comparison, compare, cpuMsDuring, judged, type Work } from './many-pieces.testing.ts'

const FEW = 1_000
const MANY = 400_000
const RATIO_MAX = 1.2
/** A walk over all pieces is found out at 1.7 and more. */
const RATIO_MAX_OF_ONE_BLOCK = 1.5
const LOAD_MS_MAX = 500
/** Of 1,000 pieces of one block each most, without the endgame. */
const BLOCKS_A_RUN = 600
const TIMEOUT_MS = 300_000

const folder = mkdtempSync(join(tmpdir(), 'swarmlab-many-pieces-'))
afterAll(() => rmSync(folder, { recursive: true }))

const noted: string[] = []
afterAll(() => console.log(noted.join('\n')))

function downloading(spec: InstantDownloadSpec): Work {
  const download = new InstantDownload(spec)
  return { prepare: () => download.prepare(BLOCKS_A_RUN), run: () => download.receive(BLOCKS_A_RUN) }
}

async function compareSizes(spec: Omit<InstantDownloadSpec, 'pieceCount'>, pairs: number): Promise<Comparison> {
  const [few, many] = [FEW, MANY].map((pieceCount) => downloading({ ...spec, pieceCount })) as [Work, Work]
  const comparison = await compare(few, many, pairs)
  const [fewMs, manyMs] = comparison.runMs
  const microseconds = (runMs: number) => `${formatNumber((runMs * 1000) / BLOCKS_A_RUN)} µs`
  const what = `pieces of ${spec.blocksPerPiece * 16} KiB${spec.hashed ? '' : ', not hashed'}`
  noted.push(
    `${what}: a block costs ${microseconds(fewMs)} of ${FEW} pieces, ${microseconds(manyMs)} of ${MANY}, ` +
      `median ratio ${comparison.ratio.toFixed(3)} of ${pairs} pairs`,
  )
  return comparison
}

const isWithin =
  (ratioMax: number) =>
  ({ ratio }: Comparison) =>
    ratio <= ratioMax

describe(`a block of ${MANY} pieces costs at most ${RATIO_MAX} times one of ${FEW}`, () => {
  test.each([
    [16, RATIO_MAX],
    [1, RATIO_MAX_OF_ONE_BLOCK],
  ])('of pieces of %i × 16 KiB: %f times', { timeout: TIMEOUT_MS }, async (blocksPerPiece, ratioMax) => {
    const { ratio } = await judged(() => compareSizes({ blocksPerPiece, hashed: true }, 15), isWithin(ratioMax))
    expect(ratio).toBeLessThanOrEqual(ratioMax)
  })

  /** A random number drawn, and a piece stored, are things of a piece; here each costs a walk over all pieces. */
  const walks: { readonly name: string; readonly ports: NonNullable<InstantDownloadSpec['ports']> }[] = [
    { name: 'a picker that walks all pieces it chooses from', ports: walkingPicker },
    { name: 'a listener that counts all pieces when one is stored', ports: countingListener },
  ]
  test.each(walks)('and $name is found out', { timeout: TIMEOUT_MS }, async ({ name, ports }) => {
    noted.push(`planted, ${name}:`)
    const { ratio } = await judged(
      () => compareSizes({ blocksPerPiece: 16, hashed: true, ports }, 7),
      isWithin(RATIO_MAX),
    )
    expect(ratio).toBeGreaterThan(RATIO_MAX)
  })
})

function walkingPicker() {
  const random = seededRandom(1, 0, PURPOSE.picker)
  return {
    pickerRandom: {
      below(bound: number): number {
        const chosen = random.below(bound)
        let found = 0
        for (let at = 0; at < bound; at++) if (at === chosen) found = at
        return found
      },
    },
  }
}

function countingListener({ pieceCount }: DownloadSize) {
  const pieces = Bitfield.full(pieceCount)
  return {
    events: {
      emit(_nowMs: number, { type }: { readonly type: string }): void {
        if (type !== 'piece-stored') return
        let count = 0
        for (let piece = 0; piece < pieceCount; piece++) if (pieces.has(piece as PieceIndex)) count++
        if (count !== pieceCount) throw new Error('the count is wrong')
      },
    },
  }
}

/** Of zeros; gives its path. */
function writtenTorrent(pieceCount: number, pieceLengthBytes: number): string {
  const geometry = new Geometry(pieceCount * pieceLengthBytes, pieceLengthBytes)
  const path = join(folder, `${pieceCount}x${pieceLengthBytes}.torrent`)
  const content = { kind: 'single', lengthBytes: geometry.totalBytes } as const
  const pieceHashes = hashesOfZeros(geometry)
  writeFileSync(path, createTorrent({ name: 'zeros', content, pieceLengthBytes, pieceHashes, trackers: [] }))
  return path
}

describe(`a .torrent of ${MANY} pieces is loaded in under ${LOAD_MS_MAX} ms`, () => {
  test.each([16, 1])('pieces of %i × 16 KiB, from its file to the first peer dialled', async (blocksPerPiece) => {
    const path = writtenTorrent(MANY, blocksPerPiece * BLOCK_BYTES)
    const cpuMs = await judged(
      () => loading(path),
      (ms) => ms < LOAD_MS_MAX,
    )
    noted.push(`loading ${MANY} pieces of ${blocksPerPiece * 16} KiB: ${formatNumber(cpuMs)} ms of CPU`)
    expect(cpuMs).toBeLessThan(LOAD_MS_MAX)
  })

  test('`show` takes that much longer for it than for a small one, at most', { timeout: TIMEOUT_MS }, async () => {
    const [few, many] = [writtenTorrent(1, BLOCK_BYTES), writtenTorrent(MANY, BLOCK_BYTES)]
    await showing(few) // what it is made of comes from the disk the first time
    const longerBy = async () => {
      const [fewMs, manyMs] = [await showing(few), await showing(many)]
      noted.push(`show: ${formatNumber(manyMs)} ms of ${MANY} pieces, ${formatNumber(fewMs)} ms of one`)
      return manyMs - fewMs
    }
    expect(await judged(longerBy, (ms) => ms < LOAD_MS_MAX)).toBeLessThan(LOAD_MS_MAX)
  })
})

/** With real files and sockets; nobody listens where it dials. */
async function loading(path: string): Promise<number> {
  const { promise: dialled, resolve } = Promise.withResolvers<void>()
  const rootDir = mkdtempSync(join(folder, 'download-'))
  const start = async () => {
    const torrent = await readTorrentFile(path)
    const peers = [{ host: '127.0.0.1', port: 9 }]
    const options = { source: { kind: 'torrent', torrent }, rootDir, host: '127.0.0.1', port: 0, peers } as const
    const events = { emit: (_: number, { type }: { readonly type: string }) => type === 'peer-connecting' && resolve() }
    const download = await startDownload(options, events)
    await dialled
    return download
  }
  let download: Awaited<ReturnType<typeof start>> | null = null
  const cpuMs = await cpuMsDuring(async () => {
    download = await start()
  })
  await download!.stop()
  return cpuMs
}

async function showing(path: string): Promise<number> {
  const { durationMs, stdout } = await execa(process.execPath, ['client/cli/main.ts', 'show', path], {
    cwd: join(import.meta.dirname, '..'),
  })
  expect(stdout).toContain('zeros')
  return durationMs
}
