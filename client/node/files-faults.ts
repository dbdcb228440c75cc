import os from 'node:os'
import { getSystemErrorMessage } from 'node:util'
import type { StorageFault } from '../ports/storage.ts'

/** A fault on its way to the core; what is thrown else by node:fs becomes one by `faultOf`. */
export class StorageError extends Error {
  readonly fault: StorageFault

  constructor(fault: StorageFault) {
    super(`${fault.code}: ${fault.detail}`)
    this.fault = fault
  }
}

const CODES: Readonly<Record<string, StorageFault['code']>> = {
  ENOSPC: 'disk-full',
  ENOENT: 'missing',
  EACCES: 'not-writable',
  EPERM: 'not-writable',
  EROFS: 'not-writable',
  EISDIR: 'not-writable',
  ENOTDIR: 'not-writable',
  ELOOP: 'not-writable',
  EFBIG: 'not-writable',
  ENAMETOOLONG: 'not-writable',
  ETXTBSY: 'not-writable',
}

/** libuv has no name for it. */
const QUOTA_ERRNO = -os.constants.errno.EDQUOT

/** `path` is the file or folder that was being worked on: `a/b.bin: no space left on device (ENOSPC)`. */
export function faultOf(error: unknown, path: string): StorageFault {
  if (error instanceof StorageError) return error.fault
  const { code = '', errno, message } = error as NodeJS.ErrnoException
  if (errno === QUOTA_ERRNO) return { code: 'disk-full', detail: `${path}: disk quota exceeded (EDQUOT)` }
  const said = errno === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`
  return { code: CODES[code] ?? 'broken', detail: `${path}: ${said}` }
}

/** What may not be written may, where it was to be read, not be read. */
export function forReading(fault: StorageFault): StorageFault {
  return fault.code === 'not-writable' ? { ...fault, code: 'not-readable' } : fault
}

/** Runs `act`; what it throws becomes a fault that names `path`. */
export async function naming<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    throw new StorageError(faultOf(error, path))
  }
}
