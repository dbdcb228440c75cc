/** Addresses in scripts: `127.0.0.1:6881` or `[::1]:6881`, never names. */
import { z } from 'zod'
import { parseIpAddress } from '../client/ports/ip-address.ts'
import type { PeerAddress } from '../client/ports/transport.ts'

const PORT_MAX = 65_535

export const addressOption = z.string().refine((text) => parseAddress(text) !== null, 'expected IP:PORT')

/** Null when it is none. */
export function parseAddress(text: string): PeerAddress | null {
  const [, ipv6, ipv4, portText] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? ipv4 ?? ''
  const port = Number(portText)
  const lengthBytes = parseIpAddress(host)?.length ?? 0
  return lengthBytes === (ipv6 === undefined ? 4 : 16) && port >= 1 && port <= PORT_MAX ? { host, port } : null
}
