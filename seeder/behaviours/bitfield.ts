/** The peer shows its pieces in a wrong way, or at a wrong time. */
import { z } from 'zod'
import type { Bitfield } from '../../client/wire/bitfield.ts'
import type { Message } from '../../client/wire/messages.ts'
import { defineBehaviour } from '../behaviour.ts'

const HOWS = ['too-short', 'too-long', 'spare-bits', 'twice', 'late', 'never', 'then-have-none'] as const
const POSSESSION: ReadonlySet<Message['type']> = new Set(['bitfield', 'have-all', 'have-none'])

export const bitfield = defineBehaviour({
  name: 'bitfield',
  summary: 'Shows its pieces by a wrong bitfield, or at a wrong time.',
  options: z.strictObject({
    how: z
      .enum(HOWS)
      .describe(
        '`spare-bits`: those behind the last piece are set, if there are such; `then-have-none`: both are sent',
      ),
    afterMs: z.number().nonnegative().default(1_000).describe('where it is late'),
  }),
  begin(host, { how, afterMs }) {
    host.sessions.intercept((message, session) => {
      if (!POSSESSION.has(message.type)) return message
      const { pieces, claimed } = host.conduct
      const honest: Message = { type: 'bitfield', bits: (claimed ?? pieces).toWire() }
      if (how === 'never') return null
      if (how === 'twice') return [honest, honest]
      if (how === 'then-have-none') return [honest, { type: 'have-none' }]
      if (how !== 'late') return { ...honest, bits: wrongBits(how, honest.bits, pieces) }
      host.inMs(afterMs, () => session.sendAsIs(honest))
      return null
    })
  },
})

function wrongBits(how: 'too-short' | 'too-long' | 'spare-bits', bits: Uint8Array, { pieceCount }: Bitfield) {
  if (how === 'too-short') return bits.subarray(0, bits.length - 1)
  const wrong = new Uint8Array(bits.length + (how === 'too-long' ? 1 : 0))
  wrong.set(bits)
  if (how === 'spare-bits' && pieceCount % 8 !== 0) wrong[wrong.length - 1]! |= 0xff >>> (pieceCount % 8)
  return wrong
}
