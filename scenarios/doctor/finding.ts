/** One thing that the doctor looked at. */
export interface Finding {
  readonly what: string
  readonly isThere: boolean
  /** A version, or what is wrong. */
  readonly found: string
  /** Null: there is nothing to do. */
  readonly remedy: string | null
}
