/** The terminal that stdout is, where it is one. */

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
