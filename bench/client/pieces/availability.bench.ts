/** Picking every piece of a torrent once, rarest first, at two sizes: the cost a piece must not grow with the torrent. */
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import { Availability } from '../../../client/pieces/availability.ts'
import { Bitfield } from '../../../client/wire/bitfield.ts'
import { PURPOSE, seededRandom } from '../../../simulator/random.ts'
import type { Suite } from '../../suite.ts'

const LEECHERS = 20

function pickAll(pieceCount: number): void {
  const random = seededRandom(1, 0, PURPOSE.picker)
  const availability = new Availability(pieceCount)
  const seed = Bitfield.full(pieceCount)
  availability.addAll(seed, 1)
  for (let leecher = 0; leecher < LEECHERS; leecher++) {
    const some = new Bitfield(pieceCount)
    for (let piece = leecher; piece < pieceCount; piece += LEECHERS / 2) some.set(piece as PieceIndex)
    availability.addAll(some, 1)
  }
  for (let piece = availability.rarest(seed, random); piece !== null; piece = availability.rarest(seed, random)) {
    availability.take(piece)
  }
}

export const suite: Suite = {
  of: 'client/pieces/availability',
  cases: [1_000, 400_000].map((pieceCount) => ({
    name: `${pieceCount} pieces`,
    work: { amount: pieceCount, unit: 'pieces' },
    run: () => pickAll(pieceCount),
  })),
}
