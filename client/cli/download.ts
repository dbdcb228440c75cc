/** `download FILE.torrent|MAGNET --out DIR`: from peers into files, with progress, until it is complete. */
import type { FileSelection } from '../metainfo/file-selection.ts'
import { defineCommand } from '../node/command.ts'
import { usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { parseInteger, parseOneOf, parseRateLimit } from '../node/option-values.ts'
import { readSource } from '../node/read-torrent.ts'
import { AUTO_DEPTH_MAX, type PipelineDepth } from '../peer/pipeline.ts'
import type { PickStrategy } from '../pieces/pick-strategy.ts'
import type { DownloadSource } from '../swarm/settings.ts'
import { parseFiles, refuseMissingFiles } from './file-choice.ts'
import { runSwarm } from './run-swarm.ts'
import { limitersOf, SWARM_OPTIONS } from './swarm-options.ts'

export const downloadCommand = defineCommand({
  name: 'download',
  summary: 'Download a torrent; started again, it goes on where it was',
  positionals: { torrent: { describe: 'A .torrent file, or a magnet link in quotes', demandOption: true } },
  options: {
    out: { demandOption: true, describe: 'The folder that gets the content; made when it is missing' },
    files: { coerce: parseFiles, describe: 'Only these files, by the numbers that `show` prints, as 0,2,4-6' },
    seed: { boolean: true, describe: 'Go on sharing when it is complete, until Ctrl-C' },
    sequential: { boolean: true, describe: 'Pieces in their order; the same as --picker sequential' },
    picker: {
      coerce: parseOneOf<PickStrategy>('rarest-first', 'sequential', 'random'),
      defaultDescription: 'rarest-first',
      describe: 'Which pieces first: rarest-first, sequential or random',
    },
    'limit-down': {
      coerce: parseRateLimit,
      defaultDescription: 'none',
      describe: 'At most so much is downloaded, as 2MiB/s or 20Mbit',
    },
    'pipeline-depth': {
      coerce: parsePipelineDepth,
      defaultDescription: 'auto',
      describe: 'Blocks asked of a peer at a time: a number, or auto',
    },
    'web-seeds': {
      boolean: true,
      default: true,
      describe: 'Use the web seeds of the torrent; --no-web-seeds does not',
    },
    ...SWARM_OPTIONS,
  },
  async run(args) {
    const picker = pickerOf(args.picker, args.sequential)
    const source = await readSource(args.torrent)
    const selectedFiles = selectionOf(source, args.files)
    const choices = {
      picker,
      selectedFiles,
      seeds: args.seed,
      downLimiters: limitersOf(args.limitDown),
      pipelineDepth: args.pipelineDepth ?? 'auto',
      useWebSeeds: args.webSeeds,
    }
    return runSwarm(args, { source, rootDir: userPath(args.out), choices })
  },
})

function pickerOf(picker: PickStrategy | undefined, isSequential: boolean): PickStrategy {
  if (!isSequential) return picker ?? 'rarest-first'
  if (picker === undefined || picker === 'sequential') return 'sequential'
  throw usageError(`either --sequential or --picker ${picker}, not both`)
}

/** What the user says goes before what the magnet link does. */
function selectionOf(source: DownloadSource, files: FileSelection | undefined): FileSelection | null {
  if (source.kind === 'magnet') return files ?? source.magnet.selectedFiles
  refuseMissingFiles(source.torrent, files ?? null)
  return files ?? null
}

function parsePipelineDepth(text: string): PipelineDepth {
  if (text === 'auto') return text
  try {
    return parseInteger(1, AUTO_DEPTH_MAX)(text)
  } catch {
    throw new Error(`wants auto or a whole number from 1 to ${AUTO_DEPTH_MAX}, not "${text}"`)
  }
}
