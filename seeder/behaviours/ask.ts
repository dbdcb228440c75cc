/** The peer asks for what no client gives: it says that it is interested, and requests, choked or not. */
import { z } from 'zod'
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { WireRange } from '../../client/wire/messages.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'
import { drawBlock } from '../draw.ts'
import { atRate, rateOptions } from '../rate.ts'
import { REQUEST_BYTES_MAX } from '../serving.ts'

const U32_MAX = 0xffff_ffff

/** From a request that is right. */
const REQUESTS: Record<string, (right: WireRange, host: BehaviourHost) => WireRange> = {
  'beyond-piece': (right, { torrent: { geometry } }) => ({
    ...right,
    offsetBytes: geometry.pieceBytes(geometry.pieceIndex(right.piece)!) - 1,
    lengthBytes: BLOCK_BYTES,
  }),
  'no-such-piece': (right, { torrent: { geometry } }) => ({ ...right, piece: geometry.pieceCount }),
  'too-long': (right, { random }) => ({
    ...right,
    lengthBytes: BLOCK_BYTES + 1 + random.below(REQUEST_BYTES_MAX - BLOCK_BYTES),
  }),
  empty: (right) => ({ ...right, lengthBytes: 0 }),
  overflow: (right) => ({ ...right, offsetBytes: U32_MAX, lengthBytes: U32_MAX }),
  'while-choked': (right) => right,
}

export const ask = defineBehaviour({
  name: 'ask',
  summary: 'Sends requests that are wrong.',
  options: z.strictObject({
    how: z
      .enum(Object.keys(REQUESTS))
      .describe('`too-long`: 16 KiB and a byte to 128 KiB; `while-choked`: right ones, but only while it is choked'),
    ...rateOptions({ perSecond: 50, count: 1_000 }),
  }),
  begin(host, { how, ...rate }) {
    host.sessions.onOpen((session) => session.send({ type: 'interested' }))
    atRate(host, rate, (session) => {
      if (how === 'while-choked' && !session.leeching.theyChoke) return
      const right = drawBlock(host.random, host.torrent.geometry)
      session.send({ type: 'request', ...REQUESTS[how]!(right, host) })
    })
  },
})
