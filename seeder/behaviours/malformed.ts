/** The peer sends a frame that is none, once at each connection. */
import { z } from 'zod'
import { joined } from '../../client/ports/bytes.ts'
import { MESSAGE_FORMATS } from '../../client/wire/messages.ts'
import { defineBehaviour } from '../behaviour.ts'
import type { Outgoing } from '../session.ts'

const UNKNOWN_ID = 99
const REQUEST_ID = 6
const CHOKE_ID = 0
const TAIL_BYTES = 1_024

/** Named messages that have a payload, whose frame can be of the id alone. */
const WITH_PAYLOAD = MESSAGE_FORMATS.filter(({ payload }) => payload !== 'none')

const HOWS: Record<string, (id: number) => readonly Outgoing[]> = {
  'length-4-gib': () => [frame(0xffff_ffff, UNKNOWN_ID)],
  'length-2-gib': () => [frame(0x8000_0000, UNKNOWN_ID)],
  'length-over-1-mib': () => [frame(1_048_577, UNKNOWN_ID)],
  'unknown-id': () => [frame(1 + TAIL_BYTES, UNKNOWN_ID, TAIL_BYTES)],
  'id-alone': (id) => [frame(1, id)],
  'too-long': () => [frame(2, CHOKE_ID, 1)],
  truncated: () => [frame(13, REQUEST_ID, 4), { type: 'end', ending: 'fin' }],
  'head-alone': () => [
    { type: 'bytes', bytes: Uint8Array.of(0, 0) },
    { type: 'end', ending: 'fin' },
  ],
  noise: () => [{ type: 'bytes', bytes: Uint8Array.from({ length: TAIL_BYTES }, (_, at) => (at * 181 + 83) & 0xff) }],
}

export const malformed = defineBehaviour({
  name: 'malformed',
  summary: 'Sends a frame that is none, once at each connection.',
  options: z.strictObject({
    how: z
      .enum(Object.keys(HOWS))
      .describe(
        '`id-alone`: no payload where one is due; `too-long`: one where none is; `truncated`: ends in a message',
      ),
    of: z
      .enum(WITH_PAYLOAD.map(({ type }) => type))
      .default('have')
      .describe('which message, where it is `id-alone`'),
  }),
  begin(host, { how, of }) {
    const { id } = WITH_PAYLOAD.find(({ type }) => type === of)!
    host.sessions.onOpen((session) => {
      for (const each of HOWS[how]!(id)) session.sendAsIs(each)
    })
  },
})

/** The length as it is told, an id, and as many zeros. */
function frame(lengthBytes: number, id: number, zeros = 0): Outgoing {
  const head = new Uint8Array(5)
  const view = new DataView(head.buffer)
  view.setUint32(0, lengthBytes)
  view.setUint8(4, id)
  return { type: 'bytes', bytes: joined([head, new Uint8Array(zeros)]) }
}
