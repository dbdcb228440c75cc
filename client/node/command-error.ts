/** What ends a command as its user expects an end: one line on stderr and an exit code. */

/** 1: what was asked for failed. 2: it was asked for wrongly. 3: something it needs is missing. */
export type FailureCode = 1 | 2 | 3

export class CommandError extends Error {
  readonly exitCode: FailureCode

  /** `message` is one line, without "swarmlab:" before it; it may quote anything. */
  constructor(message: string, exitCode: FailureCode) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Wrong usage: the message names what is wrong. */
export function usageError(message: string): CommandError {
  return new CommandError(message, 2)
}

const IN_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'is a folder',
  ELOOP: 'a circle of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'not permitted',
  EROFS: 'a read-only file system',
}

/** What the system said about a path, in words; null for an error that is not the system's. */
export function describeSystemError(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return null
  const words = IN_WORDS[String(error.code)]
  if (words === undefined) return error.message
  return 'path' in error && typeof error.path === 'string' ? `${error.path}: ${words}` : words
}
