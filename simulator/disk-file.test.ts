/** A described file behaves as plain bytes would, whatever is written to it, and takes no room for what it should hold. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskFile } from './disk-file.ts'

const LENGTH_BYTES = 50_000
const CONTENT = Uint8Array.from({ length: LENGTH_BYTES }, (_, index) => (index * 31 + (index >> 8)) & 0xff)

type Step =
  | {
      readonly kind: 'write'
      readonly atBytes: number
      readonly lengthBytes: number
      readonly of: 'view' | 'copy' | 'other'
    }
  | { readonly kind: 'resize'; readonly lengthBytes: number }
  | { readonly kind: 'rot'; readonly atBytes: number }
  | { readonly kind: 'remove' }

const place = fc.nat(LENGTH_BYTES - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      atBytes: fc.oneof(place, fc.constantFrom(0, 16_384, 32_768)),
      lengthBytes: fc.oneof(fc.nat(40_000), fc.constantFrom(16_384, LENGTH_BYTES)),
      of: fc.constantFrom('view' as const, 'copy' as const, 'other' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), lengthBytes: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rot' as const), atBytes: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const) }) },
)

/** As far as it was written. */
class PlainFile {
  bytes = new Uint8Array(LENGTH_BYTES)
  lengthBytes = 0

  write(atBytes: number, run: Uint8Array): void {
    this.bytes.set(run, atBytes)
    this.lengthBytes = Math.max(this.lengthBytes, atBytes + run.length)
  }

  resize(lengthBytes: number): void {
    this.bytes.fill(0, Math.min(lengthBytes, this.lengthBytes))
    this.lengthBytes = lengthBytes
  }
}

function take(each: Step, file: DiskFile, plain: PlainFile): void {
  if (each.kind === 'write') {
    const wanted = CONTENT.subarray(each.atBytes, each.atBytes + each.lengthBytes)
    const run = each.of === 'view' ? wanted : wanted.map((byte) => (each.of === 'copy' ? byte : byte ^ 0xff))
    file.write(1, each.atBytes, run)
    plain.write(each.atBytes, run)
  } else if (each.kind === 'resize') {
    file.resize(1, each.lengthBytes)
    plain.resize(each.lengthBytes)
  } else if (each.kind === 'remove') {
    file.remove()
    plain.resize(0)
  } else if (each.atBytes < plain.lengthBytes) {
    file.rot(each.atBytes)
    plain.bytes[each.atBytes]! ^= 0x55
  }
}

test('whatever is written, cut and rots, it reads as plain bytes do, and knows whether it is as it should be', () => {
  let wholeCount = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), place, fc.nat(40_000), (steps, fromBytes, lengthBytes) => {
      const file = new DiskFile(LENGTH_BYTES, CONTENT)
      const plain = new PlainFile()
      for (const each of steps) take(each, file, plain)
      expect(file.lengthBytes).toBe(plain.lengthBytes)
      const end = Math.min(fromBytes + lengthBytes, plain.lengthBytes)
      if (fromBytes < end) {
        expect(Buffer.compare(file.read(fromBytes, end - fromBytes), plain.bytes.subarray(fromBytes, end))).toBe(0)
      }
      const isWhole = plain.lengthBytes === LENGTH_BYTES && Buffer.compare(plain.bytes, CONTENT) === 0
      expect(file.holdsContent).toBe(isWhole)
      wholeCount += isWhole ? 1 : 0
    }),
    { numRuns: 1_000 },
  )
  expect(wholeCount).toBeGreaterThan(20)
})

describe('what is as it should be', () => {
  test('is read as a view on the content, however it came', () => {
    const file = new DiskFile(LENGTH_BYTES, CONTENT)
    file.write(1, 0, CONTENT.slice(0, 20_000))
    file.write(1, 20_000, CONTENT.slice(20_000))
    expect(file.holdsContent).toBe(true)
    expect(file.read(100, 40_000).buffer).toBe(CONTENT.buffer)
  })

  test('is there at once where it is filled', () => {
    const file = new DiskFile(LENGTH_BYTES, CONTENT)
    file.fill()
    expect([file.holdsContent, file.exists, file.lengthBytes]).toEqual([true, true, LENGTH_BYTES])
  })

  test('is not known of a file without a content', () => {
    const file = new DiskFile(4, null)
    file.write(1, 0, Uint8Array.of(1, 2, 3, 4))
    expect([file.holdsContent, [...file.read(0, 4)]]).toEqual([false, [1, 2, 3, 4]])
    expect(() => file.fill()).toThrow('not known')
  })
})
