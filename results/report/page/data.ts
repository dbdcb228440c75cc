/** What the page of a run holds, as JSON in the page itself. Timelines are columns: a row each would be five times as long. */
export interface ReportData {
  readonly scenario: string
  readonly question: string
  readonly verdict: string
  /** One line each: runtime, seed, versions, machine, times. */
  readonly facts: readonly string[]
  readonly charts: readonly { readonly title: string; readonly spec: object }[]
  readonly table: ReportTable
  readonly timelines: readonly ReportTimeline[]
  /** Why some cells have no timeline here, or null. */
  readonly timelinesLeftOut: string | null
}

export interface ReportTable {
  /** Those that are filtered by come first, as many as `filters`. */
  readonly columns: readonly string[]
  readonly filters: number
  readonly rows: readonly ReportRow[]
}

export interface ReportRow {
  readonly cell: number
  readonly repeat: number
  readonly seed: number
  readonly result: 'passed' | 'failed' | 'invalid'
  /** Of what did not pass. */
  readonly why: string | null
  /** By column; null: it has none. */
  readonly values: readonly (number | string | null)[]
}

export interface ReportTimeline {
  readonly cell: number
  readonly label: string
  readonly endMs: number
  readonly binMs: number
  readonly peers: readonly string[]
  /** Payload received: when, from which of `peers`, how much. In the order of time. */
  readonly samples: {
    readonly tMs: readonly number[]
    readonly peer: readonly number[]
    readonly bytes: readonly number[]
  }
  /** Pieces as they were stored. */
  readonly pieces: { readonly tMs: readonly number[]; readonly piece: readonly number[] }
  /** Of the content; 0: not known. */
  readonly pieceCount: number
  readonly marks: readonly ReportMark[]
  readonly swarm: readonly SwarmMoment[]
}

export interface ReportMark {
  readonly tMs: number
  readonly mark: string
  /** Of `peers`, or null: it met the client itself. */
  readonly peer: number | null
  readonly detail: string | null
}

export interface SwarmMoment {
  readonly tMs: number
  readonly leechers: number
  readonly seeds: number
  readonly rarestCopies: number
  readonly meanCopies: number
}
