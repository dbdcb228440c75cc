/**
 * The resume state of a torrent on disk: `.swarmlab/INFOHASH.state` in the download folder. Replaced by renaming, so that
 * a process that is killed leaves the old one or the new one. It is not synced: after a power failure it may be neither,
 * which its checksum tells.
 */
import { constants } from 'node:fs'
import { open, readdir, realpath, rm } from 'node:fs/promises'
import path from 'node:path'
import type { InfoHash } from '../metainfo/infohash.ts'
import { STATE_BYTES_MAX } from '../ports/storage.ts'
import { writeAtomically } from './atomic-file.ts'
import { naming } from './files-faults.ts'
import { prepareFolder, STATE_FOLDER } from './files-prepare.ts'
import { makeFolders } from './make-folders.ts'

/** Null when there is none, or none that can be read. */
export async function readStateFile(rootDir: string, infohash: InfoHash): Promise<Uint8Array | null> {
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const file = await open(statePath(rootDir, infohash), flags)
    try {
      const { size } = await file.stat()
      const bytes = new Uint8Array(Math.min(size, STATE_BYTES_MAX))
      let gotBytes = 0
      for (let isEnd = false; !isEnd && gotBytes < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, gotBytes, bytes.length - gotBytes, gotBytes)
        gotBytes += bytesRead
        isEnd = bytesRead === 0
      }
      return bytes.subarray(0, gotBytes)
    } finally {
      await file.close()
    }
  } catch {
    return null // it only saves time
  }
}

/** Throws a StorageError. */
export async function writeStateFile(rootDir: string, infohash: InfoHash, bytes: Uint8Array): Promise<void> {
  const folder = path.join(rootDir, STATE_FOLDER)
  await naming(folder, async () => {
    await makeFolders(rootDir)
    await prepareFolder(folder, await realpath(rootDir))
  })
  const file = statePath(rootDir, infohash)
  await naming(file, () => writeAtomically(file, bytes, { synced: false }))
}

/** What processes left behind that were killed while they wrote this state. */
export async function removeUnfinishedStates(rootDir: string, infohash: InfoHash): Promise<void> {
  const folder = path.join(rootDir, STATE_FOLDER)
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const isLeft = name.startsWith(`.${infohash}.state.`) && name.endsWith('.unfinished')
    if (isLeft) await rm(path.join(folder, name), { force: true }).catch(() => {})
  }
}

function statePath(rootDir: string, infohash: InfoHash): string {
  return path.join(rootDir, STATE_FOLDER, `${infohash}.state`)
}
