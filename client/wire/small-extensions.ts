/**
 * Two extension messages of a single number: `lt_donthave` (BEP 54: a piece that was had is gone, u32) and `upload_only`
 * (libtorrent's way to say BEP 21 later than in the handshake: one byte, 0 or not).
 */
import { type WireFault, wireFault } from './fault.ts'

/** The payload. */
export function encodeDontHave(piece: number): Uint8Array {
  const payload = new Uint8Array(4)
  new DataView(payload.buffer).setUint32(0, piece)
  return payload
}

/** A piece index, unchecked: the piece may not exist. */
export function parseDontHave(payload: Uint8Array): { readonly piece: number } | WireFault {
  if (payload.length !== 4) return wireFault('extension.length', 'lt_donthave of 4 bytes', payload.length)
  return { piece: new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0) }
}

export function parseUploadOnly(payload: Uint8Array): { readonly uploadOnly: boolean } | WireFault {
  if (payload.length !== 1) return wireFault('extension.length', 'upload_only of 1 byte', payload.length)
  return { uploadOnly: payload[0] !== 0 }
}
