/** The terminal that stdout is, where it is one. */
import { styleText } from 'node:util'

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** What a terminal that does not know its size is taken to have. */
const SIZE_BY_DEFAULT: TerminalSize = { columns: 80, rows: 24 }

/** As it is now, users resize. Null: a file, a pipe, or a terminal that can only print. */
export function terminalSize(): TerminalSize | null {
  const { isTTY, columns, rows } = process.stdout
  if (isTTY !== true || process.env.TERM === 'dumb') return null
  return columns > 0 && rows > 0 ? { columns, rows } : SIZE_BY_DEFAULT
}

/** How a part stands out, as far as the terminal and NO_COLOR let it. */
export function strong(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

export function faint(text: string): string {
  return styleText('dim', text, { stream: process.stdout })
}

/** Calls `resized` when its size changes, until what it gives is called. */
export function onResize(resized: () => void): () => void {
  process.stdout.on('resize', resized)
  return () => process.stdout.off('resize', resized)
}

/** The cursor goes so many lines up, and nothing is left from there on. */
export function clearAbove(lines: number): void {
  if (lines > 0) process.stdout.write(`\u001b[${lines}A\u001b[J`)
}

/** Whoever draws hides it. */
export function showCursor(isShown: boolean): void {
  if (terminalSize() !== null) process.stdout.write(isShown ? '\u001b[?25h' : '\u001b[?25l')
}
