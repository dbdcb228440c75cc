/** The peer sends one message of the script's, or bytes as they are, once at each connection. */
import { z } from 'zod'
import type { Message } from '../../client/wire/messages.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'

const BYTES_MAX = 1_048_576

const u32 = z.number().int().min(0).max(0xffff_ffff)
const byte = z.number().int().min(0).max(0xff)
const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/i, 'expected hex digits, two a byte')
  .max(2 * BYTES_MAX)
/** `beyond`: the first that the torrent does not have. */
const piece = z.union([u32, z.literal('beyond')])
const range = { piece, offsetBytes: u32, lengthBytes: u32 }

const message = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum(['keep-alive', 'choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none']),
  }),
  z.strictObject({ type: z.enum(['have', 'suggest', 'allowed-fast']), piece }),
  z.strictObject({ type: z.enum(['request', 'cancel', 'reject']), ...range }),
  z.strictObject({ type: z.literal('bitfield'), hex }),
  z.strictObject({ type: z.literal('piece'), piece, offsetBytes: u32, hex }),
  z.strictObject({ type: z.literal('port'), port: z.number().int().min(0).max(0xffff) }),
  z.strictObject({ type: z.literal('extended'), extensionId: byte, hex }),
  z.strictObject({ type: z.literal('unknown'), id: byte, hex }),
])

export const send = defineBehaviour({
  name: 'send',
  summary: 'Sends one message, or bytes as they are, once at each connection.',
  options: z
    .strictObject({
      message: message.optional().describe('`{"type": "have", "piece": "beyond"}`; payloads are in `hex`'),
      hex: hex.optional().describe('instead of a message: these bytes'),
    })
    .refine((options) => Object.keys(options).length === 1, 'expected either message or hex'),
  begin(host, { message: given, hex: bytes = '' }) {
    host.sessions.onOpen((session) => {
      if (given === undefined) session.sendAsIs({ type: 'bytes', bytes: bytesOfHex(bytes) })
      else session.send(messageOf(host, given))
    })
  },
})

function messageOf(host: BehaviourHost, given: z.output<typeof message>): Message {
  const { pieceCount } = host.torrent.geometry
  const indexed = <Given extends { piece: number | 'beyond' }>(each: Given) => ({
    ...each,
    piece: each.piece === 'beyond' ? pieceCount : each.piece,
  })
  switch (given.type) {
    case 'bitfield':
      return { type: 'bitfield', bits: bytesOfHex(given.hex) }
    case 'piece': {
      const { piece, offsetBytes } = indexed(given)
      return { type: 'piece', piece, offsetBytes, block: bytesOfHex(given.hex) }
    }
    case 'extended':
      return { type: 'extended', extensionId: given.extensionId, payload: bytesOfHex(given.hex) }
    case 'unknown':
      return { type: 'unknown', id: given.id, payload: bytesOfHex(given.hex) }
    default:
      return 'piece' in given ? (indexed(given) as Message) : given
  }
}

function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16))
}
