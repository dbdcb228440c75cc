/**
 * The log file: every event of a download as one line of JSON, appended. `seconds` count from its start.
 *
 * Levels: what ends the download is an error; what goes wrong on the way is a warning; peers, pieces and trackers are
 * info; blocks are debug.
 */
import { openSync } from 'node:fs'
import { pino } from 'pino'
import { printable } from '../metainfo/printable.ts'
import { describeSystemError, usageError } from '../node/command-error.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import { eventAsJson } from './event-json.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export const LEVEL_OF: Readonly<Record<ClientEvent['type'], LogLevel>> = {
  'storage-failed': 'error',
  'metadata-unusable': 'error',
  'piece-lost': 'warn',
  'no-peers': 'warn',
  'resume-state-rejected': 'warn',
  'resume-state-failed': 'warn',
  'web-seed-failed': 'warn',
  'announce-failed': 'warn',
  'piece-failed': 'warn',
  'peer-banned': 'warn',
  'peer-snubbed': 'warn',
  'magnet-started': 'info',
  'metadata-received': 'info',
  started: 'info',
  paused: 'info',
  resumed: 'info',
  'verified-on-disk': 'info',
  'piece-verified': 'info',
  'piece-stored': 'info',
  endgame: 'info',
  completed: 'info',
  'peer-connecting': 'info',
  'peer-connected': 'info',
  'peer-handshaken': 'info',
  'peer-extended': 'info',
  'peer-exchanged': 'info',
  'peer-has': 'info',
  'peer-interested': 'info',
  'we-unchoked': 'info',
  'we-choked': 'info',
  'peer-choked': 'info',
  'peer-unchoked': 'info',
  'peer-closed': 'info',
  announcing: 'info',
  announced: 'info',
  verifying: 'debug',
  'block-requested': 'debug',
  'block-refused': 'debug',
  'piece-taken': 'info',
  'block-sent': 'debug',
  'block-received': 'debug',
}

export interface EventLog extends Events {
  /** Resolves when every line is in the file, or cannot be. */
  close(): Promise<void>
}

/** Throws a usage error when the file cannot be opened; `failed` is told once when it cannot be written later. */
export function openLog(path: string, level: LogLevel, failed: (problem: string) => void): EventLog {
  const file = pino.destination({ fd: openToAppend(path), sync: false })
  let isOver = false
  const closed = new Promise<void>((resolve) => {
    file.once('close', resolve)
    file.on('error', (error) => {
      if (!isOver) failed(`--log ${path}: ${describeSystemError(error) ?? error.message}; the log ends here`)
      isOver = true
      file.destroy()
    })
  })
  const logger = pino(loggerOptions(level), file)
  let startedMs: number | null = null
  return {
    emit(nowMs, event) {
      if (isOver) return
      startedMs ??= nowMs
      logger[LEVEL_OF[event.type]](eventAsJson(event, nowMs - startedMs))
    },
    close() {
      if (!isOver) file.end()
      return closed
    },
  }
}

function openToAppend(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(`--log ${problem}`)
  }
}

function loggerOptions(level: LogLevel) {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: printableFields },
  }
}

/** Logs are read on terminals. */
function printableFields(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value]),
  )
}
