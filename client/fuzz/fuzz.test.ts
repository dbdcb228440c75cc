import { describe, expect, test } from 'vitest'
import { decode } from '../bencode/decode.ts'
import { joined } from '../ports/bytes.ts'
import type { Ownership } from '../ports/transport.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import { seededRandom } from './chance.ts'
import { type FuzzOptions, type FuzzWorld, fuzz } from './fuzz.ts'
import { corpusOf } from './fuzz-command.ts'
import { type FuzzTarget, holds } from './target.ts'
import { bencodeTarget } from './targets/bencode.ts'
import { wireTarget } from './targets/wire.ts'
import { FUZZ_TARGETS } from './targets.ts'

const STILL: FuzzWorld = { nowMs: () => 0, usedBytes: () => 0 }

const options = (executionsMax: number, corpus: readonly Uint8Array[] = []): FuzzOptions => ({
  corpus,
  random: seededRandom(1),
  durationMs: 1,
  executionsMax,
})

const text = (bytes: Uint8Array | undefined) => new TextDecoder('latin1').decode(bytes)

describe('a mistake that is planted is found, and cut down to what shows it', () => {
  test('a decoder of bencode that takes leading zeros', () => {
    const lenient: typeof decode = (bytes) => {
      const decoded = decode(bytes)
      const isPlanted = decoded.kind === 'fault' && decoded.code === 'bad-integer' && /i0\d/.test(text(bytes))
      return isPlanted ? { kind: 'value', value: 7, irregularities: [] } : decoded
    }
    const { finding } = fuzz(bencodeTarget(lenient), STILL, options(50_000))
    expect(finding?.problem).toBe('broke "a value is its own prefix"')
    expect(text(finding?.input)).toMatch(/i0\d/)
    expect(finding!.input.length).toBeLessThan(40)
  })

  test('a decoder of bencode that forgets what follows the value', () => {
    const lenient: typeof decode = (bytes) => {
      const decoded = decode(bytes)
      if (decoded.kind === 'value' || decoded.code !== 'trailing-bytes') return decoded
      return decode(bytes.subarray(0, decoded.offsetBytes))
    }
    const { finding } = fuzz(bencodeTarget(lenient), STILL, options(20_000))
    expect(finding?.problem).toBe('broke "a value is its own prefix"')
    expect(finding!.input.length).toBeLessThan(20)
  })

  test('a decoder of the wire that keeps views on a borrowed chunk', () => {
    class Careless extends MessageDecoder {
      override push(chunk: Uint8Array, _ownership: Ownership): void {
        super.push(chunk, 'owned')
      }
    }
    const { finding } = fuzz(
      wireTarget(() => new Careless()),
      STILL,
      options(50_000),
    )
    expect(finding?.problem).toMatch(/^broke "a stream (in parts|byte by byte) is the stream as a whole"$/)
    expect(finding!.input.length).toBeLessThan(100)
  })

  test('a decoder of the wire that loses its place when a chunk ends within a length', () => {
    class Forgetful extends MessageDecoder {
      override push(chunk: Uint8Array, ownership: Ownership): void {
        super.push(chunk.length === 3 ? joined([chunk, Uint8Array.of(0)]) : chunk, ownership)
      }
    }
    const { finding } = fuzz(
      wireTarget(() => new Forgetful()),
      STILL,
      options(50_000),
    )
    expect(finding?.problem).toContain('broke "')
    expect(finding!.input.length).toBeLessThan(40)
  })
})

const target = (run: (input: Uint8Array) => string): FuzzTarget => ({
  name: 'planted',
  generate: (random) => Uint8Array.from({ length: random.below(40) }, () => random.below(256)),
  reshape: () => null,
  run,
})

describe('what counts as found', () => {
  test('an exception, with where it was thrown', () => {
    const throwing = target((input) => (input.includes(7) ? (null as unknown as { at: string }).at : 'fine'))
    const { finding, executions } = fuzz(throwing, STILL, options(10_000))
    expect(finding?.problem).toMatch(/^threw TypeError: .* \(fuzz\.test\.ts:\d+\)$/)
    expect(finding?.input).toEqual(Uint8Array.of(7))
    expect(executions).toBeLessThan(10_000)
  })

  test('the numbers in a message do not keep an input from being cut down', () => {
    const counting = target((input) => {
      if (input.includes(7)) throw new RangeError(`${input.length} bytes`)
      return 'fine'
    })
    expect(fuzz(counting, STILL, options(10_000)).finding?.input).toEqual(Uint8Array.of(7))
  })

  test('an input of the corpus, before anything else, and as it is', () => {
    const broken = Uint8Array.of(1, 2, 7, 3)
    const picky = target((input) => {
      holds(!input.includes(7), 'no seven')
      return 'fine'
    })
    const outcome = fuzz(picky, STILL, options(100, [Uint8Array.of(1), broken]))
    expect(outcome).toMatchObject({ executions: 2, finding: { problem: 'broke "no seven"' } })
    expect(outcome.finding?.input).toBe(broken)
  })
})

describe('time and memory', () => {
  test('an execution that takes too long thrice, and not one that does so once', () => {
    let nowMs = 0
    let slowLeft = 0
    const slow = target((input) => {
      if (input.includes(7) && slowLeft-- > 0) nowMs += 2001
      return 'fine'
    })
    const world = { ...STILL, nowMs: () => nowMs }
    slowLeft = 3
    const forever = { ...options(10_000), durationMs: Number.POSITIVE_INFINITY }
    expect(fuzz(slow, world, forever).finding?.problem).toBe('took 2001 ms, more than 2000')
    slowLeft = 2
    expect(fuzz(slow, world, forever).finding).toBe(null)
  })

  test('an execution that allocates too much', () => {
    let used = 0
    const greedy = target((input) => {
      used += input.includes(7) ? 2 ** 27 + 1 : 2 ** 27
      return 'fine'
    })
    const { finding } = fuzz(greedy, { ...STILL, usedBytes: () => used }, options(10_000))
    expect(finding?.problem).toBe('allocated 134217729 bytes, more than 134217728')
    expect(finding?.input).toContain(7)
  })

  test('when the time is up, nothing was found', () => {
    let nowMs = 0
    const world = { ...STILL, nowMs: () => nowMs++ }
    const outcome = fuzz(
      target(() => 'fine'),
      world,
      { ...options(1_000_000), durationMs: 100 },
    )
    expect(outcome.finding).toBe(null)
    expect(outcome.executions).toBeGreaterThan(10)
    expect(outcome.executions).toBeLessThan(100)
  })
})

describe.each(FUZZ_TARGETS)('$name', (target) => {
  test('everything in the corpus holds, and there is a corpus', async () => {
    const kept = await corpusOf(target.name)
    for (const { path, bytes } of kept) expect(() => target.run(bytes), path).not.toThrow()
    expect(kept.length).toBeGreaterThan(5)
  })

  test('400 inputs that are made up hold', async () => {
    const corpus = (await corpusOf(target.name)).map(({ bytes }) => bytes)
    const { executions, finding, kinds } = fuzz(target, STILL, options(corpus.length + 400, corpus))
    expect(finding).toBe(null)
    expect(executions).toBe(corpus.length + 400)
    expect(kinds).toBeGreaterThan(10)
  })

  test('the same seed makes the same inputs, another one others', () => {
    const inputsOf = (seed: number) => {
      const inputs: string[] = []
      const watched = { ...target, run: (input: Uint8Array) => `${inputs.push(text(input))}`.slice(0, 1) }
      fuzz(watched, STILL, { ...options(60), random: seededRandom(seed) })
      return inputs
    }
    expect(inputsOf(3)).toEqual(inputsOf(3))
    expect(inputsOf(3)).not.toEqual(inputsOf(4))
  })
})
