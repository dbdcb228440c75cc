/** What a peer did wrong, as data: a stable code, and what was expected and received. Text is made where it is shown. */
export interface WireFault {
  readonly code: WireFaultCode
  readonly expected: string
  readonly received: string
}

export type WireFaultCode =
  | 'handshake.protocol'
  | 'handshake.infohash'
  | 'handshake.self'
  | 'frame.too-long'
  | 'frame.length'
  | 'bitfield.length'
  | 'bitfield.spare-bits'
  | 'have.piece'
  | 'have-none.late'
  | 'dont-have.piece'
  | 'block.unsolicited'
  | 'reject.unsolicited'
  | 'reject.flood'
  | 'request.refused'
  | 'request.choked'
  | 'message.flood'
  | 'pex.flood'
  | 'extension.too-long'
  | 'extension.bencode'
  | 'extension.length'
  | 'metadata.size'
  | 'metadata.piece'
  | 'metadata.data'

export function wireFault(code: WireFaultCode, expected: string | number, received: string | number): WireFault {
  return { code, expected: String(expected), received: String(received) }
}

export function formatFault(fault: WireFault): string {
  return `${fault.code}: expected ${fault.expected}, received ${fault.received}`
}
