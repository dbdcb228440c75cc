import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutIntoUnits, UNIT_BYTES_MAX } from './unit.ts'

const part = (lengthBytes: number, first = 0) => Uint8Array.from({ length: lengthBytes }, (_, at) => (first + at) % 251)

describe('what is sent is cut into units', () => {
  test('a block with its header leaves in one go', () => {
    const [header, block] = [part(13), part(16_384)]
    const units = cutIntoUnits([header, block])
    expect(units).toEqual([{ parts: [header, block], bytes: UNIT_BYTES_MAX }])
    expect(units[0]!.parts[1]).toBe(block)
  })

  test('nothing, and parts without a byte, are no unit', () => {
    expect(cutIntoUnits([])).toEqual([])
    expect(cutIntoUnits([part(0), part(0)])).toEqual([])
  })

  test('one byte more than a unit holds is two units, none empty', () => {
    expect(cutIntoUnits([part(UNIT_BYTES_MAX + 1)]).map(({ bytes }) => bytes)).toEqual([UNIT_BYTES_MAX, 1])
    expect(cutIntoUnits([part(13), part(0), part(16_385)]).map(({ bytes }) => bytes)).toEqual([13, 16_385])
  })

  test('however long the parts: units are within the limit, count their bytes, and are views that join to the same', () => {
    const lengths = fc.array(fc.oneof(fc.nat(20), fc.nat(60_000)), { maxLength: 5 })
    fc.assert(
      fc.property(lengths, (lengthsBytes) => {
        const parts = lengthsBytes.map((lengthBytes, index) => part(lengthBytes, index * 7))
        const units = cutIntoUnits(parts)
        for (const { parts: views, bytes } of units) {
          expect(bytes).toBeGreaterThan(0)
          expect(bytes).toBeLessThanOrEqual(UNIT_BYTES_MAX)
          expect(views.reduce((sum, view) => sum + view.length, 0)).toBe(bytes)
          for (const view of views) expect(parts.some(({ buffer }) => buffer === view.buffer)).toBe(true)
        }
        const joined = Buffer.concat(units.flatMap((unit) => unit.parts))
        expect(Buffer.compare(joined, Buffer.concat(parts))).toBe(0)
      }),
    )
  })
})
