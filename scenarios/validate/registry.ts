/** Every check of theory there is, in the order of their numbers. */
import type { TheoryCheck } from './check.ts'
import { requestPipeline } from './t01-request-pipeline.ts'
import { speedVsSeeders } from './t02-speed-vs-seeders.ts'
import { minimumDistribution } from './t03-minimum-distribution.ts'
import { pieceGranularity } from './t04-piece-granularity.ts'
import { fluidModel } from './t05-fluid-model.ts'
import { missingPiece } from './t06-missing-piece.ts'
import { rarestFirst } from './t07-rarest-first.ts'
import { clustering } from './t08-clustering.ts'
import { utilisation } from './t09-upload-utilisation.ts'
import { latency } from './t10-latency.ts'
import { unchokeFairness } from './t13-unchoke-fairness.ts'

export const CHECKS: readonly TheoryCheck[] = [
  requestPipeline,
  speedVsSeeders,
  minimumDistribution,
  pieceGranularity,
  fluidModel,
  missingPiece,
  rarestFirst,
  clustering,
  utilisation,
  latency,
  unchokeFairness,
]
