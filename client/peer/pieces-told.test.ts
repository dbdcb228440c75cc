import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { EarlyPieces } from './early-pieces.ts'
import type { PeerConnectionEvent } from './peer-event.ts'
import { PiecesTold } from './pieces-told.ts'

const PIECES = 9
const geometry = new Geometry(PIECES * 16_384, 16_384)

type Told =
  | { readonly type: 'have' | 'lost'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | { readonly type: 'have-all' }

const anyBits = fc.tuple(fc.nat(255), fc.constantFrom(0, 0x80)).map((bits) => Uint8Array.from(bits))
/** Of wrong length, or with spare bits. */
const wrongBits = fc.constantFrom(Uint8Array.of(255), Uint8Array.of(0, 0, 0), Uint8Array.of(0, 1))
const likely: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ type: fc.constantFrom('have', 'lost'), piece: fc.nat(PIECES - 1) }),
  fc.record({ type: fc.constant('bitfield'), bits: anyBits }),
  fc.constant<Told>({ type: 'have-all' }),
)
const strange: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ type: fc.constantFrom('have', 'lost'), piece: fc.constantFrom(PIECES, 100, 0xffff_ffff) }),
  fc.record({ type: fc.constant('bitfield'), bits: wrongBits }),
)
const anyStory = fc
  .tuple(fc.array(likely, { maxLength: 8 }), fc.array(strange, { maxLength: 1 }), fc.array(likely, { maxLength: 3 }))
  .map((parts) => parts.flat())

/** Its pieces as a text of bits, or null for a fault. */
function tell(story: readonly Told[], knownFrom: number): { bits: string | null; events: PeerConnectionEvent[] } {
  const events: PeerConnectionEvent[] = []
  const told = new PiecesTold(knownFrom === 0 ? geometry : null, (event) => events.push(event))
  for (const [index, message] of story.entries()) {
    if (index === knownFrom && told.contentKnown(geometry) !== null) return { bits: null, events }
    if (isFault(receive(told, message))) return { bits: null, events }
  }
  if (told.contentKnown(geometry) !== null) return { bits: null, events }
  return { bits: bitsOf(told.pieces), events }
}

function receive(told: PiecesTold, message: Told): unknown {
  if (message.type === 'have') return told.receiveHave(message.piece)
  if (message.type === 'lost') return told.receiveLost(message.piece)
  if (message.type === 'bitfield') return told.receiveBitfield(message.bits)
  return told.receiveHaveAll()
}

const isFault = (outcome: unknown) => typeof outcome === 'object' && outcome !== null
const bitsOf = (pieces: Bitfield) =>
  Array.from({ length: pieces.pieceCount }, (_, piece) => Number(pieces.has(piece as PieceIndex))).join('')

test('what a peer tells means the same, whenever we learn how many pieces there are', () => {
  let faults = 0
  fc.assert(
    fc.property(anyStory, fc.nat(12), (story, knownFrom) => {
      const early = tell(story, knownFrom).bits
      expect(early).toBe(tell(story, 0).bits)
      faults += early === null ? 1 : 0
    }),
    { numRuns: 500, seed: 3 },
  )
  expect(faults).toBeGreaterThan(100)
  expect(faults).toBeLessThan(400)
})

test('the events add up to the pieces, and `completes` and `wasFull` are true to them', () => {
  fc.assert(
    fc.property(anyStory, fc.nat(12), (story, knownFrom) => {
      const { bits, events } = tell(story, knownFrom)
      let pieces = new Bitfield(PIECES)
      for (const event of events) {
        if (event.type === 'has-these') pieces = event.pieces.copy()
        else if (event.type === 'has') {
          expect([pieces.set(event.piece), pieces.isFull]).toEqual([true, event.completes])
        } else if (event.type === 'lost') {
          expect([pieces.isFull, pieces.clear(event.piece)]).toEqual([event.wasFull, true])
        }
      }
      if (bits !== null) expect(bitsOf(pieces)).toBe(bits)
      expect(events.filter(({ type }, index) => type === 'has-these' && index > 0)).toEqual([])
    }),
    { numRuns: 500, seed: 5 },
  )
})

describe('before the torrent is known', () => {
  test('have-all is known as such until a piece is lost', () => {
    const early = new EarlyPieces()
    expect([early.hasAll, early.hasSome]).toEqual([false, false])
    early.receiveHaveAll()
    expect([early.hasAll, early.hasSome]).toEqual([true, true])
    early.receiveLost(5)
    expect([early.hasAll, early.hasSome]).toEqual([false, true])
  })

  test('a bitfield of nothing says nothing', () => {
    const early = new EarlyPieces()
    early.receiveBitfield(new Uint8Array(5))
    expect(early.hasSome).toBe(false)
    early.receiveBitfield(Uint8Array.of(0, 0, 0, 0, 1))
    expect(early.hasSome).toBe(true)
  })
})
