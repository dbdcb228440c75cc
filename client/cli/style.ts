/** What text is drawn on, and how parts of it stand out. */

/** Columns and lines of what is drawn on. */
export interface Space {
  readonly columns: number
  readonly rows: number
}

/** How parts stand out; plain text where nothing can. */
export interface Style {
  strong(text: string): string
  faint(text: string): string
}

export const PLAIN: Style = { strong: (text) => text, faint: (text) => text }
