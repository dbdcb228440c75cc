/** The peer gives the info dictionary away in a wrong way. It then speaks the extension protocol. BEP 9. */
import { z } from 'zod'
import { EXTENSION_IDS } from '../../client/wire/extension-handshake.ts'
import { encodeMetadataMessage, metadataPieceBytes, metadataPieceCount } from '../../client/wire/ut-metadata.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'
import type { MetadataSource } from '../conduct.ts'
import { extensionsOf, honestMetadata } from '../metadata-source.ts'
import { atRate } from '../rate.ts'

const UNASKED = { perSecond: 100, count: 1_000 }

/** What it gives instead of the honest one. */
const SOURCES: Record<string, (infoBytes: Uint8Array, announcedBytes: number) => MetadataSource> = {
  'wrong-hash': (infoBytes) =>
    honestMetadata(infoBytes.map((byte, at) => (at === infoBytes.length >>> 1 ? byte ^ 1 : byte))),
  'too-small': (infoBytes) => honestMetadata(infoBytes.subarray(0, infoBytes.length - 1)),
  'too-large': (infoBytes) =>
    honestMetadata(Uint8Array.from({ length: infoBytes.length + 1 }, (_, at) => infoBytes[at] ?? 0)),
  'other-size-in-data': (infoBytes) => ({ ...honestMetadata(infoBytes.subarray(1)), announcedBytes: infoBytes.length }),
  'short-data': (infoBytes) => {
    const honest = honestMetadata(infoBytes)
    return {
      ...honest,
      answer(piece) {
        const message = honest.answer(piece)
        return message?.kind === 'data' ? { ...message, data: message.data.subarray(1) } : message
      },
    }
  },
  gigabytes: (_, announcedBytes) => ({
    announcedBytes,
    answer: (piece) => ({
      kind: 'data',
      piece,
      totalBytes: announcedBytes,
      data: new Uint8Array(metadataPieceBytes(announcedBytes, piece)),
    }),
  }),
  rejects: (infoBytes) => ({ announcedBytes: infoBytes.length, answer: (piece) => ({ kind: 'reject', piece }) }),
  ignores: (infoBytes) => ({ announcedBytes: infoBytes.length, answer: () => null }),
}

export const metadata = defineBehaviour({
  name: 'metadata',
  summary: 'Gives the info dictionary away in a wrong way (BEP 9). Begins with later connections.',
  options: z.strictObject({
    how: z
      .enum([...Object.keys(SOURCES), 'unasked'])
      .describe('`too-small`, `too-large`: by a byte; `short-data`: each piece by a byte; `gigabytes`: of zeros'),
    announcedBytes: z
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .default(0xffff_ffff)
      .describe('where it is gigabytes'),
  }),
  begin(host, { how, announcedBytes }) {
    const extensions = extensionsOf(host)
    if (how === 'unasked') sendUnasked(host)
    else extensions.metadata = SOURCES[how]!(host.torrent.infoBytes, announcedBytes)
  },
})

/** Zeros, piece after piece and again, to everybody: under the id that they take them under, or else the one that we do. */
function sendUnasked(host: BehaviourHost): void {
  const totalBytes = Math.max(1, host.torrent.infoBytes.length)
  let sent = 0
  atRate(host, UNASKED, (session) => {
    const piece = sent++ % metadataPieceCount(totalBytes)
    const data = new Uint8Array(metadataPieceBytes(totalBytes, piece))
    const payload = encodeMetadataMessage({ kind: 'data', piece, totalBytes, data })
    const extensionId = session.extensions.theirId('ut_metadata') ?? EXTENSION_IDS.ut_metadata
    session.send({ type: 'extended', extensionId, payload })
  })
}
