/** The peer says something else than its handshake, or says it in another way. */
import { z } from 'zod'
import { type InfoHash, infoHashBytes, infoHashFromBytes } from '../../client/metainfo/infohash.ts'
import { joined } from '../../client/ports/bytes.ts'
import { encodeHandshake, type Handshake } from '../../client/wire/handshake.ts'
import { peerIdFromBytes } from '../../client/wire/peer-id.ts'
import { RESERVED_BYTES } from '../../client/wire/reserved.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'
import type { Greeting } from '../conduct.ts'
import { randomBytes } from '../draw.ts'

/** A Diffie-Hellman key of MSE, and the padding behind it: up to 512 bytes that look like noise. */
const ENCRYPTED_KEY_BYTES = 96
const ENCRYPTED_PAD_BYTES_MAX = 512
const GARBAGE = new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
/** Acts on a terminal and on a page, where it gets there raw. */
const ESCAPES = new TextEncoder().encode('\u001b[2J\u001b]0;x\u0007<b>x</b>\r\n')
/** BEP 52: "I can upgrade to v2". */
const V2_AT = 7
const V2_BIT = 0x10
const CUT_SHORT_BYTES = 48

type Make = (host: BehaviourHost, honest: Handshake, theirs: Handshake | null) => Uint8Array

/** What it then goes on after as an honest peer does. */
const SPOKEN: Record<string, Make> = {
  'other-infohash': (_, honest) => encodeHandshake({ ...honest, infohash: inverted(honest.infohash) }),
  'own-peer-id': (_, honest, theirs) => encodeHandshake({ ...honest, peerId: theirs?.peerId ?? honest.peerId }),
  'escapes-in-peer-id': (_, honest) => encodeHandshake({ ...honest, peerId: peerIdFromBytes(ESCAPES) }),
  'v2-bit': (_, honest) => encodeHandshake({ ...honest, reserved: withV2(honest.reserved) }),
  'all-bits': (_, honest) => encodeHandshake({ ...honest, reserved: new Uint8Array(RESERVED_BYTES).fill(0xff) }),
  'byte-by-byte': (_, honest) => encodeHandshake(honest),
}
/** What it says nothing after. */
const LAST_WORDS: Record<string, Make> = {
  garbage: () => GARBAGE,
  encrypted: ({ random }) => randomBytes(random, ENCRYPTED_KEY_BYTES + random.below(ENCRYPTED_PAD_BYTES_MAX + 1)),
  'cut-short': (_, honest) => encodeHandshake(honest).subarray(0, CUT_SHORT_BYTES),
  never: () => joined([]),
}

export const handshake = defineBehaviour({
  name: 'handshake',
  summary: 'Says another handshake, or says it in another way.',
  options: z.strictObject({
    how: z
      .enum([...Object.keys(SPOKEN), ...Object.keys(LAST_WORDS)])
      .describe('after the last four it says nothing more; `own-peer-id` is the id of who dialled it'),
    everyMs: z.number().min(1).default(100).describe('a byte, where it is byte by byte'),
  }),
  begin(host, { how, everyMs }) {
    host.conduct.greet = (honest, theirs): Greeting => ({
      bytes: (SPOKEN[how] ?? LAST_WORDS[how]!)(host, honest, theirs),
      pace: how === 'byte-by-byte' ? { bytes: 1, everyMs } : null,
      thenSilent: how in LAST_WORDS,
    })
  },
})

function inverted(infohash: InfoHash): InfoHash {
  return infoHashFromBytes(infoHashBytes(infohash).map((byte) => byte ^ 0xff))
}

function withV2(reserved: Uint8Array = new Uint8Array(RESERVED_BYTES)): Uint8Array {
  return reserved.map((byte, at) => (at === V2_AT ? byte | V2_BIT : byte))
}
