import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry } from '../metainfo/geometry.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { TheirRequests } from './their-requests.ts'
import { at } from './wire-words.testing.ts'

const PIECES = 4
const geometry = new Geometry(PIECES * 4 * BLOCK_BYTES - 100, 4 * BLOCK_BYTES)
const content = { geometry, ourPieces: Bitfield.full(PIECES), allowedFast: [] }

function unchoked(): TheirRequests {
  const requests = new TheirRequests()
  requests.unchoke()
  return requests
}

type Step =
  | { readonly do: 'ask'; readonly index: number }
  | { readonly do: 'settle'; readonly index: number }
  | { readonly do: 'drop'; readonly piece: number }
  | { readonly do: 'take' }
  | { readonly do: 'choke' }
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('ask', 'ask', 'settle'), index: fc.nat(15) }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'take' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop'), piece: fc.nat(PIECES - 1) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'choke' }) },
)

test('requests are taken in the order in which they came, each once, and settled once', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const requests = unchoked()
      const waiting: BlockRange[] = []
      const taken: BlockRange[] = []
      const without = (ranges: BlockRange[], goes: (range: BlockRange) => boolean) => {
        const gone = ranges.filter(goes)
        ranges.splice(0, ranges.length, ...ranges.filter((range) => !goes(range)))
        return gone
      }
      for (const step of steps) {
        if (step.do === 'ask') {
          const range = geometry.block(at(step.index >> 2, 0).piece, step.index & 3)
          const isKnown = [...waiting, ...taken].some((each) => same(each, range))
          expect(requests.receive(0, range, content)).toBe(isKnown ? 'asked-before' : 'queued')
          if (!isKnown) waiting.push(range)
        } else if (step.do === 'settle') {
          const range = geometry.block(at(step.index >> 2, 0).piece, step.index & 3)
          const gone = [
            ...without(taken, (each) => same(each, range)),
            ...without(waiting, (each) => same(each, range)),
          ]
          expect(requests.settle(range)).toBe(gone.length === 1)
        } else if (step.do === 'take') {
          const range = waiting.shift() ?? null
          expect(requests.take()).toEqual(range)
          if (range !== null) taken.push(range)
        } else {
          const goes = (range: BlockRange) => step.do === 'choke' || range.piece === step.piece
          const gone = [...without(taken, goes), ...without(waiting, goes)]
          expect(step.do === 'choke' ? requests.choke(0) : requests.drop(at(step.piece, 0).piece)).toEqual(gone)
          requests.unchoke()
        }
        expect(requests.waitingCount).toBe(waiting.length)
      }
    }),
    { numRuns: 300, seed: 4 },
  )
})

const same = (a: BlockRange, b: BlockRange) => a.piece === b.piece && a.offsetBytes === b.offsetBytes

describe('a request is refused', () => {
  test.each([
    ['a whole block', at(0, 0), 'queued'],
    ['the last byte of the content', { ...at(3, 3), offsetBytes: 65_435, lengthBytes: 1 }, 'queued'],
    ['the byte after it', { ...at(3, 3), offsetBytes: 65_436, lengthBytes: 1 }, 'refused'],
    ['a block of 16 KiB across two', { ...at(0, 0), offsetBytes: 100 }, 'queued'],
    ['the last of a piece, and a byte more', { ...at(0, 3), offsetBytes: 49_153 }, 'refused'],
    ['no byte', { ...at(0, 0), lengthBytes: 0 }, 'refused'],
    ['16 KiB and 1', { ...at(0, 0), lengthBytes: 16_385 }, 'refused'],
    ['a piece behind the last', at(4, 0), 'refused'],
  ] as const)('or not, for %s', (_, range, outcome) => {
    expect(unchoked().receive(0, range, content)).toBe(outcome)
  })

  test('while the torrent is not known, or the piece not ours', () => {
    expect(unchoked().receive(0, at(0, 0), null)).toBe('refused')
    expect(unchoked().receive(0, at(0, 0), { ...content, ourPieces: new Bitfield(PIECES) })).toBe('refused')
  })
})
