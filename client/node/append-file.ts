/**
 * A file that is written to bit by bit, in order, from calls that must not wait: what a tap sees goes here.
 *
 * Buffered up to 64 KiB or half a second, then written at once and synchronously: however fast it comes, memory stays
 * bounded and nothing is out of order, and what is buffered when the process exits is in the file all the same.
 * The first failure (a full disk) is told once, and the file ends there.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { describeSystemError, usageError } from './command-error.ts'

const BUFFER_BYTES = 65_536
const FLUSH_AFTER_MS = 500

export interface AppendFile {
  /** Keeps no view of them. */
  write(bytes: Uint8Array): void
  /** With the end of its line. */
  writeLine(line: string): void
  /** What is buffered is written. After it, and after a failure, writes do nothing. */
  close(): void
}

export interface AppendFileOptions {
  /** What problems begin with: the option that named the file. */
  readonly option: string
  /** Told once when the file cannot be written to any more. */
  readonly failed: (problem: string) => void
}

/** What was in the file is gone. Throws a usage error when it cannot be opened. */
export function openAppendFile(path: string, { option, failed }: AppendFileOptions): AppendFile {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  const opened = openFile(path, option)
  let fd: number | null = opened
  let filledBytes = 0
  let timer: NodeJS.Timeout | null = null

  const end = () => {
    process.off('exit', close)
    if (timer !== null) clearTimeout(timer)
    fd = null
    closeSync(opened)
  }
  const put = (bytes: Uint8Array) => {
    try {
      for (let at = 0; fd !== null && at < bytes.length; ) at += writeSync(fd, bytes, at)
    } catch (error) {
      end()
      failed(`${option} ${path}: ${describeSystemError(error) ?? String(error)}; it ends here`)
    }
  }
  const flush = () => {
    const bytes = buffer.subarray(0, filledBytes)
    filledBytes = 0
    put(bytes)
  }
  const close = () => {
    flush()
    if (fd !== null) end()
  }
  const write = (bytes: Uint8Array) => {
    if (fd === null) return
    if (filledBytes + bytes.length > BUFFER_BYTES) flush()
    if (bytes.length > BUFFER_BYTES) return put(bytes)
    buffer.set(bytes, filledBytes)
    filledBytes += bytes.length
    timer ??= setTimeout(() => {
      timer = null
      flush()
    }, FLUSH_AFTER_MS).unref()
  }
  process.on('exit', close)
  return { write, writeLine: (line) => write(Buffer.from(`${line}\n`)), close }
}

function openFile(path: string, option: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(`${option} ${problem}`)
  }
}
