/** The peer's extension handshake is none, or one that costs whoever reads it. It then speaks the extension protocol. BEP 10. */
import { z } from 'zod'
import { type Encodable, encode } from '../../client/bencode/encode.ts'
import { joined } from '../../client/ports/bytes.ts'
import { EXTENSION_HANDSHAKE_ID } from '../../client/wire/extension-handshake.ts'
import { defineBehaviour } from '../behaviour.ts'
import { extensionsOf } from '../metadata-source.ts'

const BYTES_MAX = 16_777_216
const LEVELS_MAX = 1_000_000
/** Few enough bytes to be read, more names than anybody needs. */
const NAMES = 3_000

interface Sizes {
  readonly bytes: number
  readonly levels: number
}

const text = new TextEncoder()

/** The payload instead of the honest one. */
const PAYLOADS: Record<string, (honest: Uint8Array, sizes: Sizes) => Uint8Array> = {
  huge: (_, { bytes }) => encode({ m: {}, v: 'x'.repeat(bytes) }),
  nested: (_, { levels }) => joined([text.encode('d1:m'), text.encode('l'.repeat(levels) + 'e'.repeat(levels + 1))]),
  'nested-open': (_, { levels }) => text.encode('l'.repeat(levels)),
  'not-bencoded': () => text.encode('this is not bencoded'),
  'not-a-dictionary': () => text.encode('le'),
  empty: () => new Uint8Array(0),
  'cut-off': (honest) => honest.subarray(0, honest.length - 1),
  'wrong-types': () =>
    encode({ m: ['ut_metadata', 1], metadata_size: 'large', p: 'six', reqq: [], upload_only: {}, v: 1, yourip: 7 }),
  'wrong-values': () =>
    encode({ m: { ut_metadata: 256, ut_pex: -1 }, metadata_size: -1, p: 65_536, reqq: -1, v: '', yourip: 'abc' }),
  'zero-reqq': () => encode({ m: { ut_metadata: 2 }, reqq: 0 }),
  'many-names': () =>
    encode({ m: Object.fromEntries(Array.from({ length: NAMES }, (_, at): [string, Encodable] => [`x${at}`, 1])) }),
  escapes: () => encode({ m: {}, v: '\u001b[2J\u001b]0;x\u0007<script>alert(1)</script>' }),
}

export const extensionHandshake = defineBehaviour({
  name: 'extension-handshake',
  summary: 'Sends a wrong extension handshake (BEP 10). Begins with later connections.',
  options: z.strictObject({
    how: z
      .enum(Object.keys(PAYLOADS))
      .describe('`nested-open` is never closed; `escapes` would act on a terminal or a page'),
    bytes: z.number().int().min(0).max(BYTES_MAX).default(1_000_000).describe('where it is huge'),
    levels: z.number().int().min(1).max(LEVELS_MAX).default(10_000).describe('where it is nested'),
  }),
  begin(host, { how, ...sizes }) {
    extensionsOf(host)
    host.sessions.intercept((message) => {
      if (message.type !== 'extended' || message.extensionId !== EXTENSION_HANDSHAKE_ID) return message
      return { ...message, payload: PAYLOADS[how]!(message.payload, sizes) }
    })
  },
})
