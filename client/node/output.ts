/**
 * What commands print. Text goes out as it is: quote what others wrote through `printable`. Objects go out as JSON
 * Lines, in which nothing can act on a terminal.
 */
import { printable, replaceUnprintable } from '../metainfo/printable.ts'

/** As a shell has it for a process that the signal ended. */
const SIGPIPE_EXIT_CODE = 141

/** Once, at the start: a reader that goes away (`| head`) ends the process without a word. */
export function endQuietlyOnClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(SIGPIPE_EXIT_CODE)
      throw error
    })
  }
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** One object as one line of JSON. */
export function printEvent(event: object): void {
  printLine(jsonLine(event))
}

/** A warning or an error: never silenced, always one line. */
export function printProblem(message: string): void {
  process.stderr.write(`swarmlab: ${printable(message)}\n`)
}

/** What JSON.stringify leaves as it is though it could act on a terminal (C1, direction marks) is escaped too. */
export function jsonLine(value: unknown): string {
  return replaceUnprintable(JSON.stringify(value), escapedUnit)
}

/** The same, indented over several lines, for people. */
export function jsonText(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split('\n')
  return lines.map((line) => replaceUnprintable(line, escapedUnit)).join('\n')
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
