/** Mixes of nine hostile peers: every kind is in one, and no mix has two of a row. Deterministic. */
import { HOSTILE_KINDS, type HostileKind } from '../seeder/hostile-kinds.ts'

const HOSTILE_PER_MIX = 9

/** Kinds that bite only who came by a magnet link are honest to anybody else: they are left out. */
export const HOSTILE_MIXES: readonly (readonly HostileKind[])[] = mixes(
  HOSTILE_KINDS.filter((kind) => !kind.onlyMagnet),
)

/** Dealt out like cards, so that neighbours of the list, which are alike, meet in different mixes. */
function mixes(kinds: readonly HostileKind[]): HostileKind[][] {
  const count = Math.ceil(kinds.length / HOSTILE_PER_MIX)
  const dealt = Array.from({ length: count }, (_, mix) => kinds.filter((_, index) => index % count === mix))
  // The last ones are filled up from the front.
  return dealt.map((mix, index) => [...mix, ...kinds.slice(index)].slice(0, HOSTILE_PER_MIX))
}

export function mixName(mix: readonly HostileKind[]): string {
  return mix.map(({ name }) => name).join(', ')
}
