/**
 * What theory predicts for a swarm. Rates in bytes per second, times in milliseconds.
 *
 * T1, the request pipeline: with d requests outstanding a seeder sends d blocks a round trip, until its link is full.
 * T2, speed over seeders: the sum of what each can send, until the leecher's downlink is full.
 */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { PIECE_HEADER_BYTES } from '../../client/wire/messages.ts'

/** What remains of a link's rate for payload: a block travels with 13 bytes of header. */
export function payloadRate(linkBytesPerSecond: number): number {
  return (linkBytesPerSecond * BLOCK_BYTES) / (BLOCK_BYTES + PIECE_HEADER_BYTES)
}

/** T1. */
export function pipelineRate(linkBytesPerSecond: number, rttMs: number, depth: number): number {
  const rate = payloadRate(linkBytesPerSecond)
  return Math.min(rate, (depth * BLOCK_BYTES) / (rttMs / 1000 + BLOCK_BYTES / rate))
}

/** T2, for seeders that are all alike; `downBytesPerSecond` null: no limit. */
export function seedersRate(
  seeders: number,
  link: { readonly upBytesPerSecond: number; readonly rttMs: number },
  depth: number,
  downBytesPerSecond: number | null,
): number {
  const offered = seeders * pipelineRate(link.upBytesPerSecond, link.rttMs, depth)
  return downBytesPerSecond === null ? offered : Math.min(payloadRate(downBytesPerSecond), offered)
}
