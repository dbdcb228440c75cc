/** The order in which pieces are begun: rarest first is the default, the others are for comparison (and for watching). */
export type PickStrategy = 'rarest-first' | 'sequential' | 'random'
