/** Reads a pcap file of ours back, by the book and not by the writer: packets, their checksums, and the two streams. */

export interface ReadPacket {
  readonly seconds: number
  readonly nanoseconds: number
  readonly from: string
  readonly to: string
  readonly flags: string
  readonly sequence: number
  readonly acknowledged: number
  readonly optionBytes: number
  readonly payload: Uint8Array
}

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK']

/** Throws where a length or a checksum is not as it has to be. */
export function readPcap(file: Uint8Array): ReadPacket[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const header = [view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true), view.getUint32(20, true)]
  if (`${header}` !== `${[0xa1b23c4d, 2, 4, 101]}`) throw new Error(`the file begins with ${header}`)
  const packets: ReadPacket[] = []
  for (let at = 24; at < file.length; ) {
    const [captured, original] = [view.getUint32(at + 8, true), view.getUint32(at + 12, true)]
    if (captured !== original || captured > view.getUint32(16, true)) throw new Error(`cut: ${captured} of ${original}`)
    const packet = file.subarray(at + 16, at + 16 + captured)
    packets.push({ seconds: view.getUint32(at, true), nanoseconds: view.getUint32(at + 4, true), ...readIp(packet) })
    at += 16 + captured
  }
  return packets
}

/** What each side sent, by its endpoint, put together by sequence numbers; throws at a hole or an overlap. */
export function streamsOf(packets: readonly ReadPacket[]): Map<string, Uint8Array> {
  const next = new Map<string, number>()
  const streams = new Map<string, Uint8Array[]>()
  for (const { from, to, flags, sequence, acknowledged, payload } of packets) {
    const expected = next.get(from) ?? sequence
    if (sequence !== expected) throw new Error(`${from}: sequence ${sequence}, not ${expected}`)
    if (flags.includes('ACK') && acknowledged !== next.get(to)) throw new Error(`${from}: acknowledges ${acknowledged}`)
    const taken = payload.length + (/SYN|FIN/.test(flags) ? 1 : 0)
    next.set(from, (sequence + taken) % 2 ** 32)
    streams.set(from, [...(streams.get(from) ?? []), payload])
  }
  return new Map([...streams].map(([from, parts]) => [from, new Uint8Array(Buffer.concat(parts))]))
}

type IpPacket = Omit<ReadPacket, 'seconds' | 'nanoseconds'>

function readIp(packet: Uint8Array): IpPacket {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  const isIpv4 = packet[0] === 0x45
  if (!isIpv4 && packet[0] !== 0x60) throw new Error(`a packet begins with ${packet[0]}`)
  const ipBytes = isIpv4 ? 20 : 40
  const saidBytes = isIpv4 ? view.getUint16(2) : view.getUint16(4) + 40
  if (saidBytes !== packet.length) throw new Error(`IP says ${saidBytes} bytes, not ${packet.length}`)
  if (packet[isIpv4 ? 9 : 6] !== 6) throw new Error('not TCP')
  if (isIpv4 && onesComplement(packet.subarray(0, 20)) !== 0xffff) throw new Error('IPv4 checksum')
  const addresses = isIpv4 ? packet.subarray(12, 20) : packet.subarray(8, 40)
  const tcp = packet.subarray(ipBytes)
  const pseudo = Buffer.concat([addresses, Uint8Array.of(0, 6, tcp.length >> 8, tcp.length & 0xff)])
  if (onesComplement(Buffer.concat([pseudo, tcp])) !== 0xffff) throw new Error('TCP checksum')
  const half = addresses.length / 2
  const headerBytes = (tcp[12]! >> 4) * 4
  return {
    from: `${addresses.subarray(0, half).join('.')}:${view.getUint16(ipBytes)}`,
    to: `${addresses.subarray(half).join('.')}:${view.getUint16(ipBytes + 2)}`,
    flags: FLAG_NAMES.filter((_, bit) => (tcp[13]! & (1 << bit)) !== 0).join(' '),
    sequence: view.getUint32(ipBytes + 4),
    acknowledged: view.getUint32(ipBytes + 8),
    optionBytes: headerBytes - 20,
    payload: tcp.slice(headerBytes),
  }
}

function onesComplement(bytes: Uint8Array): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(0)])
  let sum = 0
  for (let at = 0; at < even.length; at += 2) {
    sum += even[at]! * 256 + even[at + 1]!
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}
