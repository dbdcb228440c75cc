/** Which run a user means: a folder, the name of one under `results/`, a scenario (its newest run), or `latest`. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { usageError } from '../../client/node/command-error.ts'
import { exists, RUNS_FOLDER } from '../../results/folder.ts'
import { onDisk } from '../../results/record-error.ts'

const REFERENCE_FOLDER = join('results', 'reference')
const LATEST = 'latest'

/** `word` as the user wrote it, `path` what it is as a path. */
export async function findRun(word: string, path: string, projectFolder: string): Promise<string> {
  const runs = join(projectFolder, RUNS_FOLDER)
  if (word !== LATEST) {
    for (const folder of [path, join(runs, word), join(projectFolder, REFERENCE_FOLDER, word)]) {
      if (await isRun(folder)) return folder
    }
  }
  const candidates = word === LATEST ? (await namesIn(runs)).map((name) => join(runs, name)) : [join(runs, word)]
  const newest = newestOf((await Promise.all(candidates.map(runsIn))).flat())
  if (newest !== undefined) return newest.folder
  throw usageError(
    word === LATEST
      ? `there is no run in ${RUNS_FOLDER} yet`
      : `no run "${word}": neither a folder with a manifest.json nor the name of one under results/`,
  )
}

interface Found {
  /** When it was begun, in UTC: names sort by time. */
  readonly name: string
  readonly folder: string
}

async function runsIn(folder: string): Promise<Found[]> {
  const found = (await namesIn(folder)).map((name) => ({ name, folder: join(folder, name) }))
  const areRuns = await Promise.all(found.map((each) => isRun(each.folder)))
  return found.filter((_, index) => areRuns[index])
}

/** `…Z` before `…Z-2` before `…Z-10`. */
function newestOf(found: readonly Found[]): Found | undefined {
  return [...found].sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true })).at(-1)
}

async function namesIn(folder: string): Promise<string[]> {
  return (await exists(folder)) ? onDisk(folder, () => readdir(folder)) : []
}

function isRun(folder: string): Promise<boolean> {
  return exists(join(folder, 'manifest.json'))
}
