/**
 * What every `PieceVerifier` must do, in threads or in the simulator: the rules of ./piece-verifier.ts as tests. A test
 * file calls `verifierCompliance` with its own world.
 */
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { PieceVerifier, Verdict } from './piece-verifier.ts'

export interface VerifierWorld {
  readonly verifier: PieceVerifier
  /** Lets the world go on until the condition holds. Rejects when it never will. */
  run(until: () => boolean): Promise<void>
  close(): void | Promise<void>
}

export interface VerifiedContent {
  readonly files: readonly VerifiedFile[]
  readonly pieceLengthBytes: number
  readonly pieceHashes: Uint8Array
  /** What the hashes are of. */
  readonly content: Uint8Array
  /** What lies on the disk, one for each file; null: nothing. Of padding there is nothing. */
  readonly stored: readonly (Uint8Array | null)[]
}

export interface VerifiedFile {
  readonly path: readonly string[]
  readonly lengthBytes: number
  readonly offsetBytes: number
  readonly pad: boolean
}

/** Six pieces, longer than a thread reads at once; the last is short. Piece 0 has all but a part of the big file. */
const LENGTHS = [7, -13, 0, 1_500_000, 41, 600_000]
const PIECE_LENGTH_BYTES = 400_000
const PIECES = [0, 1, 2, 3, 4, 5]

type Verify = (content: VerifiedContent, calls: readonly (readonly number[])[]) => Promise<Verdict[]>

export function verifierCompliance(
  name: string,
  makeWorld: (content: VerifiedContent) => VerifierWorld | Promise<VerifierWorld>,
): void {
  describe(`piece verifier: ${name}`, () => {
    let world: VerifierWorld | null = null
    const open = async (content: VerifiedContent) => {
      world = await makeWorld(content)
      return world
    }
    afterEach(() => world?.close())
    const verify: Verify = async (content, calls) => verdictsOf(await open(content), calls)
    registerRight(open, verify)
    registerWrong(verify)
  })
}

/** All at once, each with its own answer, which comes once and not during the call. */
async function verdictsOf(world: VerifierWorld, calls: readonly (readonly number[])[]): Promise<Verdict[]> {
  const verdicts: Verdict[][] = calls.map(() => [])
  let isCalling = false
  for (const [index, pieces] of calls.entries()) {
    isCalling = true
    world.verifier.verify(pieces, (_nowMs, verdict) => {
      expect(isCalling).toBe(false)
      verdicts[index]!.push(verdict)
    })
    isCalling = false
  }
  await world.run(() => verdicts.every((answers) => answers.length > 0))
  expect(verdicts.every((answers) => answers.length === 1)).toBe(true)
  return verdicts.map(([verdict]) => verdict!)
}

function registerRight(open: (content: VerifiedContent) => Promise<VerifierWorld>, verify: Verify): void {
  test('content that is as it should be matches, whole, piece by piece and backwards', async () => {
    const calls = [PIECES, ...PIECES.map((piece) => [piece]), [5, 3, 0]]
    const verdicts = await verify(contentOf(), calls)
    expect(verdicts).toEqual(calls.map((pieces) => ({ matches: pieces.map(() => true), fault: null })))
  })

  test('it says how many calls keep it busy', async () => {
    const { verifier } = await open(contentOf())
    expect(verifier.lanes).toBeGreaterThanOrEqual(1)
  })

  test('40 calls at once, asked for again within an answer too', async () => {
    const world = await open(contentOf())
    const calls = Array.from({ length: 40 }, (_, index) => [index % 6])
    expect(await verdictsOf(world, calls)).toHaveLength(40)
    const answers: Verdict[] = []
    world.verifier.verify([0], () => world.verifier.verify([1, 2], (_, verdict) => answers.push(verdict)))
    await world.run(() => answers.length > 0)
    expect(answers).toEqual([{ matches: [true, true], fault: null }])
  })
}

function registerWrong(verify: Verify): void {
  test.each([
    [0, 0, 0],
    [3, 399_979, 0], // the last byte of piece 0
    [3, 399_980, 1], // the first of piece 1
    [4, 40, 3],
    [5, 599_999, 5],
  ])('a wrong byte in file %d at %d: piece %d differs, and no other', async (fileIndex, at, piece) => {
    const content = contentOf()
    content.stored[fileIndex]![at]! ^= 1
    const [verdict] = await verify(content, [PIECES])
    expect(verdict).toEqual({ matches: PIECES.map((index) => index !== piece), fault: null })
  })

  test.each([
    ['that is not there', null, 'missing', [3, 4, 5]],
    ['of 0 bytes', 0, 'short', [3, 4, 5]],
    ['that is a byte short', 599_999, 'short', [5]],
  ] as const)('a file %s: its pieces do not match, and why is told', async (_, lengthBytes, code, bad) => {
    const content = contentOf()
    const stored = content.stored.with(5, lengthBytes === null ? null : content.stored[5]!.slice(0, lengthBytes))
    const verdicts = await verify({ ...content, stored }, [PIECES, [0, 1, 2]])
    expect(verdicts).toMatchObject([
      { matches: PIECES.map((piece) => !bad.some((other) => other === piece)), fault: { code } },
      { matches: [true, true, true], fault: null },
    ])
  })
}

function contentOf(): VerifiedContent & { readonly stored: (Uint8Array | null)[] } {
  let offsetBytes = 0
  const files = LENGTHS.map((length, index) => {
    const file = { path: ['t', `${index}`], lengthBytes: Math.abs(length), offsetBytes, pad: length < 0 }
    offsetBytes += file.lengthBytes
    return file
  })
  const content = Uint8Array.from({ length: offsetBytes }, (_, index) => (index * 7) % 251)
  for (const file of files) if (file.pad) content.fill(0, file.offsetBytes, file.offsetBytes + file.lengthBytes)
  const pieceHashes = new Uint8Array(20 * PIECES.length)
  for (const piece of PIECES) {
    const bytes = content.subarray(piece * PIECE_LENGTH_BYTES, (piece + 1) * PIECE_LENGTH_BYTES)
    pieceHashes.set(createHash('sha1').update(bytes).digest(), piece * 20)
  }
  const stored = files.map((file) =>
    file.pad ? null : content.slice(file.offsetBytes, file.offsetBytes + file.lengthBytes),
  )
  return { files, pieceLengthBytes: PIECE_LENGTH_BYTES, pieceHashes, content, stored }
}
