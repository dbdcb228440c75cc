/**
 * Why a record could not be made, read or continued. The message is one line for a person; `code` is for the caller:
 *
 * `exists` a record is there already · `missing` none is there · `invalid` a file breaks the schema ·
 * `different` the record belongs to another run · `not-writable`, `disk-full` what the disk said.
 */
export type RecordErrorCode = 'exists' | 'missing' | 'invalid' | 'different' | 'not-writable' | 'disk-full'

export class RecordError extends Error {
  readonly code: RecordErrorCode

  constructor(code: RecordErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RecordError'
    this.code = code
  }
}

/** Runs a file operation; what the system refuses becomes one line that names `path`. */
export async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw diskError(path, error)
  }
}

function diskError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (error instanceof RecordError || typeof code !== 'string') return error
  if (code === 'ENOENT') return new RecordError('missing', `${path}: there is no such file or folder`, { cause: error })
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RecordError('disk-full', `${path}: the disk is full (${code})`, { cause: error })
  }
  return new RecordError('not-writable', `${path}: ${reason(code)} (${code})`, { cause: error })
}

function reason(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') return 'no permission'
  if (code === 'EROFS') return 'the file system is read-only'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a file is where a folder is needed'
  if (code === 'EISDIR') return 'a folder is where a file is needed'
  return 'the system refused'
}
