/**
 * `npm run fuzz -- --target NAME`: inputs made up for a while, or one from a file. What is found is written as a file
 * into the corpus, which is replayed by every later run and by the tests.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeAtomically } from '../node/atomic-file.ts'
import { type Command, defineCommand } from '../node/command.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { parseInteger, parseNumber, parseOneOf } from '../node/option-values.ts'
import { printLine } from '../node/output.ts'
import { nodeRandom } from '../node/random.ts'
import { seededRandom } from './chance.ts'
import { execute, type FuzzOutcome, type FuzzWorld, fuzz } from './fuzz.ts'
import { type FuzzTarget, INPUT_BYTES_MAX } from './target.ts'

const CORPUS_FOLDER = fileURLToPath(new URL('corpus/', import.meta.url))

const SECONDS_MAX = 86_400
const SEED_MAX = 2 ** 32 - 1

export function fuzzCommandOf(targets: readonly FuzzTarget[], world: FuzzWorld): Command {
  return defineCommand({
    name: 'fuzz',
    summary: 'Look for bytes that a codec does not stand, and end with exit code 1 when some are found',
    positionals: {},
    options: {
      target: {
        demandOption: true,
        coerce: parseOneOf<string>(...targets.map(({ name }) => name)),
        describe: `What to fuzz: ${targets.map(({ name }) => name).join(', ')}`,
      },
      seconds: { coerce: parseNumber(0.01, SECONDS_MAX), default: 60, describe: 'For how long' },
      seed: {
        coerce: parseInteger(0, SEED_MAX),
        defaultDescription: 'any',
        describe: 'Which inputs: the same seed and corpus give the same',
      },
      out: { describe: 'The folder to write a finding to', defaultDescription: 'the corpus' },
      replay: { describe: 'Instead: this file once' },
    },
    async run({ target: name, seconds, seed = nodeRandom().below(SEED_MAX), out, replay }) {
      const target = targets.find((each) => each.name === name)!
      if (replay !== undefined) {
        if (out !== undefined) throw usageError('--out goes with a search, not with --replay')
        return replayFile(target, world, userPath(replay))
      }
      const kept = await corpusOf(name)
      const outcome = fuzz(target, world, {
        corpus: kept.map(({ bytes }) => bytes),
        random: seededRandom(seed),
        durationMs: seconds * 1000,
        executionsMax: Number.POSITIVE_INFINITY,
      })
      if (outcome.finding === null) printLine(`${name}: ${nothingFound(outcome, seed)}`)
      else await reportFinding(name, outcome, kept, out === undefined ? join(CORPUS_FOLDER, name) : userPath(out))
    },
  })
}

export interface CorpusFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** In the order of their names; none where there is no such folder. */
export async function corpusOf(targetName: string): Promise<CorpusFile[]> {
  const folder = join(CORPUS_FOLDER, targetName)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const paths = names.sort().map((name) => join(folder, name))
  return Promise.all(paths.map(async (path) => ({ path, bytes: new Uint8Array(await readFile(path)) })))
}

async function replayFile(target: FuzzTarget, world: FuzzWorld, path: string): Promise<void> {
  const bytes = new Uint8Array(await readFile(path))
  if (bytes.length > INPUT_BYTES_MAX) throw usageError(`${path}: longer than ${INPUT_BYTES_MAX} bytes`)
  const { kind, problem } = execute(target, world, bytes)
  if (problem !== null) throw new CommandError(`${target.name}: ${path} ${problem}`, 1)
  printLine(`${target.name}: ${path} breaks nothing (${kind})`)
}

function nothingFound({ executions, elapsedMs, kinds }: FuzzOutcome, seed: number): string {
  const rate = Math.round((executions * 1000) / Math.max(1, elapsedMs))
  const took = `${(elapsedMs / 1000).toFixed(1)} s`
  return `nothing found by ${executions} executions in ${took}, ${rate} a second, ${kinds} kinds of outcome, seed ${seed}`
}

/** The finding of an input that is in the corpus already stays where it is. */
async function reportFinding(
  name: string,
  { finding }: FuzzOutcome,
  kept: readonly CorpusFile[],
  folder: string,
): Promise<never> {
  const { input, problem } = finding!
  let path = kept.find(({ bytes }) => bytes === input)?.path
  if (path === undefined) {
    path = join(folder, `finding-${createHash('sha1').update(input).digest('hex').slice(0, 12)}.bin`)
    await mkdir(folder, { recursive: true })
    await writeAtomically(path, input)
  }
  const replay = `npm run fuzz -- --target ${name} --replay ${path}`
  throw new CommandError(`${name}: ${input.length} bytes ${problem}; again by: ${replay}`, 1)
}
