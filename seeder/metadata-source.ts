/** The info dictionary as a scripted peer gives it away, honestly. BEP 9. */
import {
  METADATA_PIECE_BYTES,
  type MetadataMessage,
  metadataPieceBytes,
  metadataPieceCount,
} from '../client/wire/ut-metadata.ts'
import type { BehaviourHost } from './behaviour.ts'
import { type ExtensionConduct, type MetadataSource, REQUESTS_QUEUED_MAX } from './conduct.ts'

export function honestMetadata(infoBytes: Uint8Array): MetadataSource {
  const totalBytes = infoBytes.length
  return {
    announcedBytes: totalBytes,
    answer(piece): MetadataMessage {
      if (piece >= metadataPieceCount(totalBytes)) return { kind: 'reject', piece }
      const from = piece * METADATA_PIECE_BYTES
      return {
        kind: 'data',
        piece,
        totalBytes,
        data: infoBytes.subarray(from, from + metadataPieceBytes(totalBytes, piece)),
      }
    },
  }
}

/** What the peer says of extensions; if it did not speak them it does from now on. */
export function extensionsOf({ conduct, torrent }: BehaviourHost): ExtensionConduct {
  conduct.extensions ??= {
    metadata: honestMetadata(torrent.infoBytes),
    pex: null,
    uploadOnly: false,
    requestQueueMax: REQUESTS_QUEUED_MAX,
  }
  return conduct.extensions
}
