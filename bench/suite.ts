/** A benchmark file: cases that do the same work in ways to be compared, or at sizes to be compared. */
export interface Suite {
  /** The source that is measured, as its path without ending. */
  readonly of: string
  readonly cases: readonly BenchCase[]
}

export interface BenchCase {
  readonly name: string
  /** Before each run, and not measured. */
  readonly prepare?: () => void | Promise<void>
  readonly run: () => void | Promise<void>
  /** `run` gives a promise. Said here, because to find it out takes a run that nothing was prepared for. */
  readonly async?: boolean
  /** Work in one run, for a rate that means something: blocks, pieces, bytes. */
  readonly work: { readonly amount: number; readonly unit: string }
}
