/** Downloading, from the bytes of sockets to pieces that are written: the cost a block must not grow with the torrent. */
import type { BenchCase, Suite } from '../../suite.ts'
import { InstantDownload, type InstantDownloadSpec } from './instant-download.ts'

/** Of the smallest torrent here a run is most, without the endgame. */
const BLOCKS_A_RUN = 600

function caseOf(spec: InstantDownloadSpec): BenchCase {
  const { pieceCount, blocksPerPiece, hashed } = spec
  let download: InstantDownload | null = null
  return {
    name: `${pieceCount} pieces of ${blocksPerPiece * 16} KiB${hashed ? ', hashed' : ''}`,
    work: { amount: BLOCKS_A_RUN, unit: 'blocks' },
    prepare() {
      download ??= new InstantDownload(spec)
      return download.prepare(BLOCKS_A_RUN)
    },
    run: () => download!.receive(BLOCKS_A_RUN),
    async: true,
  }
}

const SETTINGS: readonly Omit<InstantDownloadSpec, 'pieceCount'>[] = [
  { blocksPerPiece: 16, hashed: true },
  { blocksPerPiece: 1, hashed: true },
  { blocksPerPiece: 16, hashed: false },
  { blocksPerPiece: 1, hashed: false },
]

export const suite: Suite = {
  of: 'client/swarm/download-manager',
  cases: SETTINGS.flatMap((setting) => [1_000, 400_000].map((pieceCount) => caseOf({ ...setting, pieceCount }))),
}
