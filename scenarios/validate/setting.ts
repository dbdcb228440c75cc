/** What the command line asks a validation for, and where its report goes. */
import { join } from 'node:path'
import { CommandError } from '../../client/node/command-error.ts'
import { makeFolders } from '../../client/node/make-folders.ts'
import { writeAtomically } from '../../results/atomic-file.ts'
import { exists, newRunFolder, RUNS_FOLDER } from '../../results/folder.ts'
import { RecordError } from '../../results/record-error.ts'
import type { Effort } from './check.ts'

export interface ValidateSetting {
  /** As the user wrote it; null: all. */
  readonly only: string | null
  readonly effort: Effort
  /** Null: as many as the effort says. */
  readonly seedCount: number | null
  readonly workers: number
  readonly out: string | null
  readonly projectFolder: string
  readonly nodeVersion: string
  readonly now: () => Date
  readonly display: DisplaySetting
}

export interface DisplaySetting {
  readonly json: boolean
  readonly quiet: boolean
  readonly isTerminal: boolean
}

const NAME = 'validate'
const FIRST_SEED = 1

export function seedsOf({ seedCount, effort }: ValidateSetting, defaults: Readonly<Record<Effort, number>>): number[] {
  return Array.from({ length: seedCount ?? defaults[effort] }, (_, index) => FIRST_SEED + index)
}

/** Made before anything runs, so that a wrong folder is said at once. It holds no other report. */
export async function reportFolder(
  { out, projectFolder, now }: ValidateSetting,
  files: readonly string[],
): Promise<string> {
  const folder = out ?? (await newRunFolder(join(projectFolder, RUNS_FOLDER), NAME, now()))
  for (const file of files) {
    if (!(await existsOrProblem(join(folder, file)))) continue
    throw new CommandError(`${folder} already holds ${file}: choose another folder`, 2)
  }
  try {
    await makeFolders(folder)
  } catch (error) {
    throw new CommandError(`the folder ${folder} cannot be made (${(error as NodeJS.ErrnoException).code})`, 1)
  }
  return folder
}

export async function writeReport(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    try {
      await writeAtomically(join(folder, name), text)
    } catch (error) {
      throw error instanceof RecordError ? new CommandError(error.message, 1) : error
    }
  }
}

async function existsOrProblem(path: string): Promise<boolean> {
  try {
    return await exists(path)
  } catch (error) {
    throw error instanceof RecordError ? new CommandError(error.message, 1) : error
  }
}
