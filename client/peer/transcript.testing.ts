/**
 * A test of a PeerConnection as a transcript: what went in, with times, and all that came out, in order.
 *
 * Every output must be named by `us` or `event` before the next input, and at the end nothing may be left. Each script
 * runs four times: chunks whole and one byte at a time (but the middle of a block in one), owned and borrowed; a
 * borrowed chunk turns to garbage the moment the call returns. A connection that closed is then tried with every input,
 * and must stay silent.
 *
 * Events are lines: `block 0:16384+16384` is piece 0, from its byte 16384 on, 16384 bytes.
 */
import { expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import type { ConnectionEnd, Ownership } from '../ports/transport.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import { encodeHandshake, HANDSHAKE_BYTES, HandshakeReader, isHandshake } from '../wire/handshake.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import { formatPeerId, peerIdFromBytes } from '../wire/peer-id.ts'
import { bytes, join, pattern } from '../wire/stream.testing.ts'
import { PeerConnection } from './peer-connection.ts'
import { formatCloseReason, type OurReason, type PeerConnectionEvent } from './peer-event.ts'
import type { PipelineDepth } from './pipeline.ts'

export const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
export const OUR_ID = peerIdFromBytes(new TextEncoder().encode('-SL0001-abcdefghijkl'))
export const THEIR_ID = peerIdFromBytes(new TextEncoder().encode('-LT2080-mnopqrstuvwx'))

// What goes over the wire.

export const ours = encodeHandshake({ infohash: INFOHASH, peerId: OUR_ID })
export const theirs = encodeHandshake({ infohash: INFOHASH, peerId: THEIR_ID, reserved: bytes('0000000000100005') })
export const choke: Message = { type: 'choke' }
export const unchoke: Message = { type: 'unchoke' }
export const interested: Message = { type: 'interested' }
export const keepAlive: Message = { type: 'keep-alive' }

export const have = (piece: number): Message => ({ type: 'have', piece })
export const request = (piece: number, blockIndex: number): Message => ({ type: 'request', ...at(piece, blockIndex) })
export const cancel = (piece: number, blockIndex: number): Message => ({ type: 'cancel', ...at(piece, blockIndex) })

/** `bits` as in '1100 01': blanks are for the reader, spare bits are added. */
export function bitfield(bits: string): Message {
  const text = bits.replaceAll(' ', '')
  const octets = text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? []
  return { type: 'bitfield', bits: Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2)) }
}

/** What the content repeats. */
const CONTENT = pattern(BLOCK_BYTES + 251)

/** The bytes that the content has there; different at every place. */
export function block(piece: number, offsetBytes: number, lengthBytes = BLOCK_BYTES): Message & { type: 'piece' } {
  const from = (piece * 31 + offsetBytes) % 251
  return { type: 'piece', piece, offsetBytes, block: CONTENT.subarray(from, from + lengthBytes) }
}

export function at(piece: number, blockIndex: number, lengthBytes = BLOCK_BYTES): BlockRange {
  return { piece: piece as PieceIndex, offsetBytes: blockIndex * BLOCK_BYTES, lengthBytes }
}

// The runner.

export interface Setup {
  readonly pieces: number
  readonly pieceBytes?: number
  readonly totalBytes?: number
  /** The pieces we have, as in '1100'. */
  readonly ourPieces?: string
  readonly depth?: PipelineDepth
  readonly start?: 'connecting' | 'accepted'
}

interface Delivery {
  readonly oneByOne: boolean
  readonly ownership: Ownership
}

const DELIVERIES: readonly Delivery[] = [
  { oneByOne: false, ownership: 'owned' },
  { oneByOne: false, ownership: 'borrowed' },
  { oneByOne: true, ownership: 'owned' },
  { oneByOne: true, ownership: 'borrowed' },
]

/** One vitest test: the script, once for every delivery. */
export function transcript(name: string, setup: Setup, script: (t: Transcript) => void): void {
  test(name, () => {
    for (const delivery of DELIVERIES) {
      const t = new Transcript(setup, delivery)
      script(t)
      t.end()
    }
  })
}

export class Transcript {
  readonly connection: PeerConnection
  readonly ourPieces: Bitfield
  readonly #delivery: Delivery
  readonly #told: string[] = []
  #sent: Uint8Array[] = []
  #nowMs = 0
  #sentHandshake = false
  #closedCount = 0

  constructor(setup: Setup, delivery: Delivery) {
    const pieceBytes = setup.pieceBytes ?? BLOCK_BYTES
    const geometry = new Geometry(setup.totalBytes ?? setup.pieces * pieceBytes, pieceBytes)
    expect(geometry.pieceCount).toBe(setup.pieces)
    this.ourPieces = new Bitfield(setup.pieces)
    for (const [piece, bit] of [...(setup.ourPieces ?? '')].entries()) {
      if (bit === '1') this.ourPieces.set(piece as PieceIndex)
    }
    this.#delivery = delivery
    const options = { geometry, infohash: INFOHASH, peerId: OUR_ID, ourPieces: this.ourPieces }
    const pipelineDepth = setup.depth ?? 10
    this.connection = new PeerConnection({ ...options, pipelineDepth }, 0, setup.start ?? 'connecting')
  }

  // Inputs.

  opened(nowMs: number): void {
    this.#input(nowMs, () => this.connection.opened(nowMs))
  }

  /** Bytes come from the peer: messages, or any bytes, as one chunk. */
  peer(nowMs: number, ...parts: readonly (Message | Uint8Array)[]): void {
    const streams = parts.map((part) => (part instanceof Uint8Array ? part : encodeMessage(part)))
    const { oneByOne, ownership } = this.#delivery
    const chunks = oneByOne ? streams.flatMap(oneAtATime) : [join(...streams)]
    this.#input(nowMs, () => {
      for (const chunk of chunks) {
        this.connection.receiveBytes(nowMs, chunk, ownership)
        if (ownership === 'borrowed') chunk.fill(0xa5)
        this.#drain()
      }
    })
  }

  ended(nowMs: number, end: ConnectionEnd): void {
    this.#input(nowMs, () => this.connection.receiveEnd(end))
  }

  /** The earliest deadline is this one, and passes. */
  deadline(nowMs: number): void {
    expect(this.connection.deadlineMs(), 'the deadline').toBe(nowMs)
    this.#input(nowMs, () => this.connection.handleDeadline(nowMs))
  }

  /** Commands of the owner. */
  command(nowMs: number, run: (connection: PeerConnection) => void): void {
    this.#input(nowMs, () => run(this.connection))
  }

  request(nowMs: number, ...ranges: readonly BlockRange[]): void {
    this.command(nowMs, (connection) => {
      for (const range of ranges) connection.request(nowMs, range)
    })
  }

  close(nowMs: number, why: OurReason): void {
    this.command(nowMs, (connection) => connection.close(why))
  }

  /** Dialled, handshaken, they have these pieces, we are interested and unchoked: all in the first millisecond. */
  ready(bits: string): void {
    this.opened(0)
    this.us(0, ours)
    this.peer(1, theirs, bitfield(bits), unchoke)
    this.event(1, 'handshaken -LT2080-mnopqrstuvwx', `has-these ${bits}`, 'unchoked')
    this.command(1, (connection) => connection.setInterested(1, true))
    this.us(1, interested)
  }

  // Outputs.

  /** We send exactly this, at this time. */
  us(nowMs: number, ...parts: readonly (Message | Uint8Array)[]): void {
    expect(this.#nowMs).toBe(nowMs)
    const expected = join(...parts.map((part) => (part instanceof Uint8Array ? part : encodeMessage(part))))
    const sent = join(...this.#sent)
    this.#sent = []
    expect(readable(sent, this.#sentHandshake), `sent at ${nowMs} ms`).toEqual(readable(expected, this.#sentHandshake))
    this.#sentHandshake ||= sent.length > 0
  }

  /** Exactly these events, at this time. */
  event(nowMs: number, ...lines: readonly string[]): void {
    expect(this.#nowMs).toBe(nowMs)
    expect(this.#told.splice(0), `events at ${nowMs} ms`).toEqual(lines)
  }

  end(): void {
    this.#nothingMore()
    if (this.#closedCount > 0) this.#pokeClosed()
  }

  #input(nowMs: number, run: () => void): void {
    this.#nothingMore()
    expect(nowMs).toBeGreaterThanOrEqual(this.#nowMs)
    this.#nowMs = nowMs
    run()
    this.#drain()
  }

  #nothingMore(): void {
    expect(readable(join(...this.#sent), this.#sentHandshake), `sent at ${this.#nowMs} ms, and not expected`).toEqual(
      [],
    )
    expect(this.#told, `events at ${this.#nowMs} ms that were not expected`).toEqual([])
  }

  #drain(): void {
    for (let sent = this.connection.nextBytes(); sent !== null; sent = this.connection.nextBytes()) {
      this.#sent.push(sent)
    }
    for (let event = this.connection.nextEvent(); event !== null; event = this.connection.nextEvent()) {
      if (this.#closedCount > 0) expect.fail(`${event.type} after closed`)
      if (event.type === 'closed') this.#closedCount++
      this.#told.push(eventLine(event))
    }
    if ((this.connection.state === 'closed') !== (this.#closedCount === 1)) expect.fail('closed, and not told')
  }

  /** `closed` was the last word: no input brings anything forth, and a request is refused. */
  #pokeClosed(): void {
    const { connection } = this
    const nowMs = this.#nowMs + 1
    expect(connection.deadlineMs()).toBeNull()
    connection.opened(nowMs)
    connection.receiveBytes(nowMs, join(theirs, encodeMessage(unchoke), encodeMessage(block(0, 0))), 'owned')
    connection.handleDeadline(nowMs + 1_000_000)
    connection.setInterested(nowMs, !connection.weAreInterested)
    connection.cancel(nowMs, at(0, 0))
    connection.have(nowMs, 0 as PieceIndex)
    expect(connection.requestsFree).toBe(0)
    expect(() => connection.request(nowMs, at(0, 0))).toThrow('request')
    connection.close('stopping')
    connection.receiveEnd('fin')
    expect([connection.nextBytes(), connection.nextEvent(), connection.deadlineMs()]).toEqual([null, null, null])
  }
}

const EDGE_BYTES = 100

function oneAtATime(stream: Uint8Array): Uint8Array[] {
  const single = (part: Uint8Array) => Array.from(part, (byte) => Uint8Array.of(byte))
  if (stream.length <= 2 * EDGE_BYTES) return single(stream)
  const middle = stream.slice(EDGE_BYTES, -EDGE_BYTES)
  return [...single(stream.subarray(0, EDGE_BYTES)), middle, ...single(stream.subarray(-EDGE_BYTES))]
}

/** For a person to compare: the handshake, messages, and what does not decode as hex digits. */
function readable(sent: Uint8Array, pastHandshake: boolean): unknown[] {
  const told: unknown[] = []
  let rest = sent
  if (!pastHandshake && sent.length > 0) {
    const { outcome } = new HandshakeReader().read(sent)
    told.push(outcome !== null && isHandshake(outcome) ? outcome : sent)
    rest = sent.subarray(HANDSHAKE_BYTES)
  }
  const decoder = new MessageDecoder()
  decoder.push(rest, 'owned')
  let readBytes = 0
  for (let next = decoder.next(); next !== null; next = decoder.next()) {
    told.push(next)
    if (next.type !== 'fault') readBytes += encodeMessage(next).length
  }
  return readBytes === rest.length ? told : [...told, rest.subarray(readBytes)]
}

const rangeText = ({ piece, offsetBytes, lengthBytes }: BlockRange) => `${piece}:${offsetBytes}+${lengthBytes}`

function eventLine(event: PeerConnectionEvent): string {
  switch (event.type) {
    case 'handshaken':
      return `handshaken ${formatPeerId(event.peerId)}`
    case 'has-these': {
      const { pieces } = event
      const bits = Array.from({ length: pieces.pieceCount }, (_, piece) => Number(pieces.has(piece as PieceIndex)))
      return `has-these ${bits.join('')}`
    }
    case 'has':
      return `has ${event.piece}${event.completes ? ' and everything' : ''}`
    case 'choked':
    case 'snubbed':
      return [event.type, ...event.voided.map(rangeText)].join(' ')
    case 'unchoked':
      return 'unchoked'
    case 'interested':
      return event.value ? 'interested' : 'not interested'
    case 'block': {
      const { piece, offsetBytes, lengthBytes } = event.range
      const isSame = Buffer.compare(event.bytes, block(piece, offsetBytes, lengthBytes).block) === 0
      return `${event.asked ? 'block' : 'unasked'} ${rangeText(event.range)}${isSame ? '' : ' of other bytes'}`
    }
    case 'closed':
      return [`closed: ${formatCloseReason(event.reason)}`, ...event.voided.map(rangeText)].join(' | ')
  }
}
