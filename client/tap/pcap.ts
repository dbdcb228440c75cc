/**
 * A pcap file of what passes over connections, for Wireshark and its like. Times are nanoseconds.
 *
 * What a transport carries are streams; packets are made up around them: a three-way handshake, each chunk in segments as
 * long as IP allows, with the sequence number of its side and all that the other has sent acknowledged, a FIN or RST.
 * Where the port at our end is not known (we dialled), one of the dynamic range stands for it.
 *
 * Not here: the file. What is to be written to it, in this order, goes to a sink.
 */
import { parseIpAddress } from '../ports/ip-address.ts'
import type { PeerAddress } from '../ports/transport.ts'
import { addressBeside, type Endpoint, encodePacket, SEGMENT_BYTES_MAX, type Segment, TCP_FLAGS } from './packet.ts'
import type { ConnectionTap, TapEnd, TappedConnection, TransportTap } from './tapped-transport.ts'

export interface PcapOptions {
  /** When the clock said 0, in ms since 1970, fractions allowed: 0 for virtual time. */
  readonly originUnixMs: number
  /** Gets each array for itself. */
  readonly write: (bytes: Uint8Array) => void
}

const MAGIC_NANOSECONDS = 0xa1b2_3c4d
const VERSION = [2, 4] as const
/** Longer than any packet, which IP holds to 65,575 bytes. */
const SNAPSHOT_BYTES = 262_144
/** Packets begin with an IP header, of either version. */
const LINKTYPE_RAW = 101
const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16

const DYNAMIC_PORT_FIRST = 49_152
const DYNAMIC_PORTS = 16_384

/** Its connections may be of several transports, as in a simulated swarm. The file's header is written at once. */
export function pcapTap({ originUnixMs, write }: PcapOptions): TransportTap {
  const file = new PcapFile(originUnixMs, write)
  let dialled = 0
  return {
    connection(nowMs, connection) {
      const remote = endpointOf(connection.remote)
      if (remote === null) return UNSEEN
      const port = connection.localPort ?? DYNAMIC_PORT_FIRST + (dialled++ % DYNAMIC_PORTS)
      const local = { address: addressBeside(remote.address, connection.localHost), port }
      return new PcapConnection(file, connection, local, remote, nowMs)
    },
  }
}

/** Null for what no connection can come from. */
function endpointOf({ host, port }: PeerAddress): Endpoint | null {
  const address = parseIpAddress(host)
  return address === null ? null : { address, port }
}

const UNSEEN: ConnectionTap = { opened() {}, sent() {}, received() {}, ended() {} }

/** One direction: who sends, and the sequence number of what it sends next. */
interface Side {
  readonly endpoint: Endpoint
  sequence: number
}

class PcapConnection implements ConnectionTap {
  readonly #file: PcapFile
  readonly #us: Side
  readonly #them: Side
  #isOpen = false

  constructor(file: PcapFile, { incoming }: TappedConnection, local: Endpoint, remote: Endpoint, nowMs: number) {
    this.#file = file
    this.#us = { endpoint: local, sequence: 0 }
    this.#them = { endpoint: remote, sequence: 0 }
    const { syn, ack } = TCP_FLAGS
    this.#segment(nowMs, incoming ? this.#them : this.#us, syn)
    if (!incoming) return
    this.#segment(nowMs, this.#us, syn | ack)
    this.#open(nowMs, this.#them)
  }

  opened(nowMs: number): void {
    this.#segment(nowMs, this.#them, TCP_FLAGS.syn | TCP_FLAGS.ack)
    this.#open(nowMs, this.#us)
  }

  sent(nowMs: number, parts: readonly Uint8Array[]): void {
    this.#carry(nowMs, this.#us, parts)
  }

  received(nowMs: number, chunk: Uint8Array): void {
    this.#carry(nowMs, this.#them, [chunk])
  }

  ended(nowMs: number, end: TapEnd): void {
    const { fin, rst, ack } = TCP_FLAGS
    if (!this.#isOpen) {
      if (end === 'refused' || end === 'reset') this.#segment(nowMs, this.#them, rst | ack)
    } else if (end === 'closed' || end === 'fin') {
      const [first, second] = end === 'closed' ? [this.#us, this.#them] : [this.#them, this.#us]
      this.#segment(nowMs, first, fin | ack)
      this.#segment(nowMs, second, fin | ack)
      this.#segment(nowMs, first, ack)
    } else {
      this.#segment(nowMs, end === 'aborted' ? this.#us : this.#them, rst | ack)
    }
  }

  /** The last of three: `side` asked for the connection. */
  #open(nowMs: number, side: Side): void {
    this.#isOpen = true
    this.#segment(nowMs, side, TCP_FLAGS.ack)
  }

  #carry(nowMs: number, side: Side, parts: readonly Uint8Array[]): void {
    let segment: Uint8Array[] = []
    let roomBytes = SEGMENT_BYTES_MAX
    const flush = () => {
      if (segment.length > 0) this.#segment(nowMs, side, TCP_FLAGS.psh | TCP_FLAGS.ack, segment)
      segment = []
      roomBytes = SEGMENT_BYTES_MAX
    }
    for (const part of parts) {
      for (let at = 0; at < part.length; ) {
        const piece = part.subarray(at, at + roomBytes)
        segment.push(piece)
        at += piece.length
        roomBytes -= piece.length
        if (roomBytes === 0) flush()
      }
    }
    flush()
  }

  #segment(nowMs: number, side: Side, flags: number, parts: readonly Uint8Array[] = []): void {
    const other = side === this.#us ? this.#them : this.#us
    const acknowledged = (flags & TCP_FLAGS.ack) === 0 ? 0 : other.sequence
    const { endpoint: from, sequence } = side
    const lengthBytes = this.#file.write(nowMs, { from, to: other.endpoint, sequence, acknowledged, flags, parts })
    side.sequence += lengthBytes
  }
}

class PcapFile {
  readonly #write: (bytes: Uint8Array) => void
  readonly #originSeconds: number
  readonly #originNs: number
  #lastMs = Number.NEGATIVE_INFINITY
  #packets = 0

  constructor(originUnixMs: number, write: (bytes: Uint8Array) => void) {
    this.#write = write
    this.#originSeconds = Math.floor(originUnixMs / 1000)
    this.#originNs = Math.round((originUnixMs - this.#originSeconds * 1000) * NS_PER_MS)
    const bytes = new Uint8Array(FILE_HEADER_BYTES)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, MAGIC_NANOSECONDS, true)
    view.setUint16(4, VERSION[0], true)
    view.setUint16(6, VERSION[1], true)
    view.setUint32(16, SNAPSHOT_BYTES, true)
    view.setUint32(20, LINKTYPE_RAW, true)
    write(bytes)
  }

  /** How many sequence numbers the segment takes: its bytes, and one for a SYN or FIN. Time does not go backwards. */
  write(nowMs: number, segment: Segment): number {
    this.#lastMs = Math.max(this.#lastMs, nowMs)
    const bytes = encodePacket(segment, RECORD_HEADER_BYTES, this.#packets++)
    const packetBytes = bytes.length - RECORD_HEADER_BYTES
    const ns = Math.round(this.#lastMs * NS_PER_MS) + this.#originNs
    const view = new DataView(bytes.buffer)
    view.setUint32(0, this.#originSeconds + Math.floor(ns / NS_PER_SECOND), true)
    view.setUint32(4, ns % NS_PER_SECOND, true)
    view.setUint32(8, packetBytes, true)
    view.setUint32(12, packetBytes, true)
    this.#write(bytes)
    const dataBytes = segment.parts.reduce((sum, part) => sum + part.length, 0)
    return dataBytes + ((segment.flags & (TCP_FLAGS.syn | TCP_FLAGS.fin)) === 0 ? 0 : 1)
  }
}

const NS_PER_MS = 1_000_000
const NS_PER_SECOND = 1_000_000_000
