import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPeerId, makePeerId, peerIdFromBytes } from './peer-id.ts'

const ascii = (text: string) => new TextEncoder().encode(text)

test('a peer id of ours is -SL0001- and 12 characters, each drawn from 62', () => {
  const bounds: number[] = []
  const drawn = [0, 9, 10, 35, 36, 61, 1, 2, 3, 4, 5, 6]
  const peerId = makePeerId({
    below(bound) {
      bounds.push(bound)
      return drawn[bounds.length - 1]!
    },
  })
  expect(formatPeerId(peerId)).toBe('-SL0001-09AZaz123456')
  expect(bounds).toEqual(Array(12).fill(62))
})

test.each([0, 19, 21])('%i bytes are no peer id', (length) => {
  expect(() => peerIdFromBytes(new Uint8Array(length))).toThrow(`a peer id has 20 bytes, not ${length}`)
})

test.each([
  ['-LT2080-abcdefghijkl', '-LT2080-abcdefghijkl'],
  ['-XX-\u001b[2J<b>%\n 234567', '-XX-%1B[2J<b>%25%0A%20234567'],
  ['\u007f\u0000\u00e9-234567890abcdef', '%7F%00%C3%A9-234567890abcdef'],
])('%j is shown as %s', (raw, shown) => expect(formatPeerId(peerIdFromBytes(ascii(raw)))).toBe(shown))

test('whatever a peer calls itself, what is shown is printable ASCII without blanks, and says every byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (raw) => {
      const shown = formatPeerId(peerIdFromBytes(raw))
      expect(shown).toMatch(/^[!-~]+$/)
      const back = shown
        .match(/%[0-9A-F]{2}|[^%]/g)!
        .map((part) => (part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0)))
      expect(back).toEqual(Array.from(raw))
    }),
  )
})
