/** Where runs are kept: `ROOT/SCENARIO/TIMESTAMP/`, the timestamp in UTC, so that names sort by time. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readManifest } from './read.ts'
import { onDisk } from './record-error.ts'

/** Relative to the project's folder; not committed. */
export const RUNS_FOLDER = join('results', 'runs')

/** A folder that is not there yet: `ROOT/SCENARIO/2026-01-31T093015Z`, with `-2`, `-3`… behind it in the same second. */
export async function newRunFolder(root: string, scenario: string, now: Date): Promise<string> {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')
  for (let nth = 1; ; nth++) {
    const dir = join(root, scenario, nth === 1 ? stamp : `${stamp}-${nth}`)
    if (!(await exists(dir))) return dir
  }
}

/**
 * The newest run of a scenario that is not complete, or null. Folders without a manifest are passed over; a manifest
 * that breaks the schema is an error.
 */
export async function newestIncompleteRun(root: string, scenario: string): Promise<string | null> {
  const runs = join(root, scenario)
  if (!(await exists(runs))) return null
  const names = await onDisk(runs, () => readdir(runs))
  for (const name of names.sort(byTime).reverse()) {
    const dir = join(runs, name)
    if (!(await exists(join(dir, 'manifest.json')))) continue
    if ((await readManifest(dir)).state !== 'complete') return dir
  }
  return null
}

/** Makes one folder, where it is not there yet; what it is in must be there. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
  }
}

export function exists(path: string): Promise<boolean> {
  return onDisk(path, () =>
    stat(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
        throw error
      },
    ),
  )
}

/** `…Z` before `…Z-2` before `…Z-10`. */
function byTime(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}
