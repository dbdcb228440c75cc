/** The peer speaks extensions of the protocol, honestly, with those who speak them too. BEP 6, 9, 10, 11, 21, 54. */
import { z } from 'zod'
import { addressOption, parseAddress } from '../address.ts'
import { defineBehaviour } from '../behaviour.ts'
import { REQUESTS_QUEUED_MAX } from '../conduct.ts'
import { honestMetadata } from '../metadata-source.ts'

/** As many as one message may name (BEP 11). */
const PEX_MAX = 50

export const speak = defineBehaviour({
  name: 'speak',
  summary: 'Speaks extensions of the protocol with who speaks them too. Begins with later connections.',
  options: z.strictObject({
    fast: z.boolean().default(true).describe('BEP 6: have all and have none, reject'),
    allowedFast: z.number().int().min(0).max(100).default(0).describe('pieces served while it chokes'),
    suggest: z.array(z.number().int().nonnegative()).max(100).default([]).describe('pieces it suggests'),
    extensions: z.boolean().default(true).describe('BEP 10, and lt_donthave (BEP 54)'),
    metadata: z.boolean().default(true).describe('BEP 9: serves the info dictionary'),
    pex: z.array(addressOption).max(PEX_MAX).optional().describe('BEP 11: these peers it tells of, once'),
    uploadOnly: z.boolean().default(false).describe('BEP 21'),
    requestQueueMax: z.number().int().positive().default(REQUESTS_QUEUED_MAX).describe('told as reqq, not enforced'),
  }),
  begin(host, { fast, allowedFast, suggest, extensions, metadata, pex, uploadOnly, requestQueueMax }) {
    const { conduct } = host
    conduct.speaksFast = fast
    conduct.allowedFastCount = allowedFast
    conduct.suggested = suggest
    conduct.extensions = extensions
      ? {
          metadata: metadata ? honestMetadata(host.torrent.infoBytes) : null,
          pex: pex?.map((address) => parseAddress(address)!) ?? null,
          uploadOnly,
          requestQueueMax,
        }
      : null
  },
})
