/** The peer has only a part of the pieces, from now on. Who is connected is told of the difference (have, BEP 54). */
import { z } from 'zod'
import type { Geometry } from '../../client/metainfo/geometry.ts'
import type { Random } from '../../client/ports/random.ts'
import { Bitfield } from '../../client/wire/bitfield.ts'
import { defineBehaviour } from '../behaviour.ts'

const LISTED_MAX = 100_000

export const hold = defineBehaviour({
  name: 'hold',
  summary: 'Has only these pieces from now on, and tells who is connected what has changed.',
  options: z
    .strictObject({
      pieces: z.array(z.number().int().nonnegative()).max(LISTED_MAX).optional().describe('exactly these'),
      share: z.number().min(0).max(1).optional().describe('this share of all, drawn'),
      claim: z
        .enum(['truth', 'all', 'nothing'])
        .default('truth')
        .describe('what it shows at the start of a connection'),
    })
    .refine(({ pieces, share }) => (pieces === undefined) !== (share === undefined), 'expected either pieces or share'),
  begin(host, { pieces, share = 0, claim }) {
    const { geometry } = host.torrent
    host.setPieces(pieces === undefined ? drawn(host.random, geometry, share) : listed(geometry, pieces))
    host.conduct.claimed = claim === 'all' ? Bitfield.full(geometry.pieceCount) : null
    if (claim === 'nothing') host.conduct.claimed = new Bitfield(geometry.pieceCount)
  },
})

/** Those that the torrent has. */
function listed(geometry: Geometry, pieces: readonly number[]): Bitfield {
  const held = new Bitfield(geometry.pieceCount)
  for (const piece of pieces) {
    const index = geometry.pieceIndex(piece)
    if (index !== null) held.set(index)
  }
  return held
}

function drawn(random: Random, geometry: Geometry, share: number): Bitfield {
  const held = new Bitfield(geometry.pieceCount)
  const left = Array.from({ length: geometry.pieceCount }, (_, piece) => piece)
  const count = Math.round(share * geometry.pieceCount)
  while (held.setCount < count) {
    const at = random.below(left.length)
    held.set(geometry.pieceIndex(left[at]!)!)
    left[at] = left.at(-1)!
    left.pop()
  }
  return held
}
