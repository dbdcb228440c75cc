/**
 * A host's link to the network. Pure data; it travels into scenario records and scripts as JSON.
 *
 * A path between two hosts takes half the sum of both round-trip times in each direction, and both jitters; what lies
 * between the two links, if anything, is in ./distance.ts.
 */
export interface Link {
  /** Null: unlimited; 0: nothing passes. Header bytes of the peer protocol count, those of TCP and IP do not. */
  readonly upBytesPerSecond: number | null
  readonly downBytesPerSecond: number | null
  /** To a host without delay of its own. */
  readonly rttMs: number
  /** Each unit is late by up to this, evenly drawn; order within a connection is kept. */
  readonly jitterMs: number
  /** Share of segments lost, 0 to below 1. Each costs a retransmission, a stall of a round trip: ./loss.ts. */
  readonly lossRate: number
  /** What becomes of it, in the order of time: ./schedule.ts. Left out: it stays as it is. */
  readonly schedule?: readonly LinkChange[]
  /** Connections that send over it begin slowly, and do so again after a pause: ./slow-start.ts. Left out: they do not. */
  readonly slowStart?: boolean
}

/** From `atMs` on these hold; what is left out stays. */
export interface LinkChange {
  /** From the start of the clients. */
  readonly atMs: number
  readonly upBytesPerSecond?: number | null
  readonly downBytesPerSecond?: number | null
  readonly rttMs?: number
  readonly lossRate?: number
}

export const PERFECT_LINK: Link = {
  upBytesPerSecond: null,
  downBytesPerSecond: null,
  rttMs: 0,
  jitterMs: 0,
  lossRate: 0,
}

/** Mbit/s as a user says it, in the bytes/s that links count. */
export function mbitToBytesPerSecond(mbit: number): number {
  return (mbit * 1_000_000) / 8
}

export const NS_PER_MS = 1_000_000

export function msToNs(ms: number): number {
  return Math.round(ms * NS_PER_MS)
}
