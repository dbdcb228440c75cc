/**
 * A test of a PeerConnection as a transcript: what went in, with times, and all that came out, in order.
 *
 * Every output must be named by `us` or `event` before the next input, and at the end nothing may be left. Each script
 * runs four times: chunks whole and one byte at a time (but the middle of a block in one), owned and borrowed; a
 * borrowed chunk turns to garbage the moment the call returns. A connection that closed is then tried with every input,
 * and must stay silent.
 *
 * Events are lines: `block 0:16384+16384` is piece 0, from its byte 16384 on, 16384 bytes. `requests` stands for one or
 * more of them.
 */
import { expect, test } from 'vitest'
import { BLOCK_BYTES, type BlockRange, Geometry, type PieceIndex } from '../metainfo/geometry.ts'
import { type ConnectionEnd, formatAddress, type Ownership } from '../ports/transport.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import type { WireFaultCode } from '../wire/fault.ts'
import { HANDSHAKE_BYTES, HandshakeReader, isHandshake } from '../wire/handshake.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import { formatPeerId } from '../wire/peer-id.ts'
import { join } from '../wire/stream.testing.ts'
import { PeerConnection } from './peer-connection.ts'
import { formatCloseReason, type OurReason, type PeerConnectionEvent } from './peer-event.ts'
import type { Greeting, PeerContent } from './peer-options.ts'
import type { PipelineDepth } from './pipeline.ts'
import {
  allowedFast,
  at,
  bitfield,
  block,
  GREETING,
  haveAll,
  haveNone,
  INFOHASH,
  interested,
  OUR_ID,
  ourGreeting,
  ours,
  theirs,
  unchoke,
} from './wire-words.testing.ts'

export interface Setup {
  readonly pieces: number
  readonly pieceBytes?: number
  readonly totalBytes?: number
  /** The pieces we have, as in '1100'. */
  readonly ourPieces?: string
  readonly depth?: PipelineDepth
  readonly start?: 'connecting' | 'accepted'
  /** The pieces that they may ask for while we choke. */
  readonly allowedFast?: readonly number[]
  /** A magnet link: the torrent is known from `contentKnown` on. */
  readonly isMagnet?: boolean
  readonly greeting?: Partial<Greeting>
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
  readonly content: PeerContent
  greeting: Greeting
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
    const allowedFast = (setup.allowedFast ?? []) as readonly PieceIndex[]
    this.content = { geometry, ourPieces: this.ourPieces, allowedFast }
    this.greeting = { ...GREETING, ...setup.greeting }
    const options = {
      infohash: INFOHASH,
      peerId: OUR_ID,
      pipelineDepth: setup.depth ?? 10,
      content: setup.isMagnet === true ? null : this.content,
      greeting: () => this.greeting,
    }
    this.connection = new PeerConnection(options, 0, setup.start ?? 'connecting')
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

  /** The next of their requests, in order, and no other. */
  takes(...ranges: readonly (BlockRange | null)[]): void {
    expect(ranges.map(() => this.connection.nextRequest())).toEqual(ranges)
  }

  /** Our answers to requests; false when nobody waits for one of them. */
  sends(nowMs: number, ...ranges: readonly BlockRange[]): boolean {
    const answers = ranges.map((range) => ({ range, ...block(range.piece, range.offsetBytes, range.lengthBytes) }))
    let sentCount = 0
    this.command(nowMs, (connection) => {
      for (const { range, block: bytes } of answers) sentCount += connection.sendBlock(nowMs, range, bytes) ? 1 : 0
    })
    return sentCount === ranges.length
  }

  setChoking(nowMs: number, choking: boolean): void {
    this.command(nowMs, (connection) => connection.setChoking(nowMs, choking))
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

  /** They dialled, with this handshake, and these messages after it; ours and what follows it is looked at. */
  accepts(handshake: Uint8Array, ...messages: readonly (Message | Uint8Array)[]): void {
    const speaksExtended = (handshake[25]! & 0x10) !== 0
    const speaksFast = (handshake[27]! & 0x04) !== 0
    this.peer(0, handshake, ...messages)
    const told = this.#told.splice(0, 1)
    expect(told).toEqual(['handshaken -LT2080-mnopqrstuvwx'])
    const greeting = speaksExtended ? [ourGreeting(this.greeting)] : []
    const allowed = speaksFast ? this.content.allowedFast.map(allowedFast) : []
    this.us(0, ours, ...greeting, ...this.#ourPiecesTold(speaksFast), ...allowed)
  }

  #ourPiecesTold(speaksFast: boolean): Message[] {
    const { setCount, isFull } = this.ourPieces
    if (setCount === 0) return speaksFast ? [haveNone] : []
    return speaksFast && isFull ? [haveAll] : [{ type: 'bitfield', bits: this.ourPieces.toWire() }]
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

  /** One event, the end, for a fault of this code. */
  closedWith(nowMs: number, code: WireFaultCode): void {
    const [line] = this.#told
    expect(line?.startsWith(`closed: ${code}:`), `${line} for ${code}`).toBe(true)
    this.event(nowMs, line!)
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
    for (let sent = this.connection.nextParts(); sent !== null; sent = this.connection.nextParts()) {
      this.#sent.push(...sent)
    }
    for (let event = this.connection.nextEvent(); event !== null; event = this.connection.nextEvent()) {
      if (this.#closedCount > 0) expect.fail(`${event.type} after closed`)
      if (event.type === 'closed') this.#closedCount++
      // How many there are depends on how often the owner looked.
      if (event.type === 'requests' && this.#told.at(-1) === 'requests') continue
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
    pokeUpload(connection, nowMs, this.content)
    expect([connection.nextParts(), connection.nextEvent(), connection.deadlineMs()]).toEqual([null, null, null])
  }
}

/** The commands of an owner that serves, given to one that is closed. */
function pokeUpload(connection: PeerConnection, nowMs: number, content: PeerContent): void {
  connection.setChoking(nowMs, !connection.weChoke)
  connection.contentKnown(nowMs, content)
  connection.dontHave(nowMs, 0 as PieceIndex)
  connection.rejectRequest(nowMs, at(0, 0))
  connection.sendMetadata(nowMs, { kind: 'reject', piece: 0 })
  connection.sendPex(nowMs, { added: [], dropped: [] })
  connection.setUploadOnly(nowMs)
  expect([connection.nextRequest(), connection.requestsQueued]).toEqual([null, 0])
  expect(connection.sendBlock(nowMs, at(0, 0), block(0, 0).block)).toBe(false)
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
    case 'lost':
      return `lost ${event.piece}${event.wasFull ? ' of everything' : ''}`
    case 'suggested':
      return `suggested ${event.piece}`
    case 'rejected':
      return `rejected ${rangeText(event.range)}`
    case 'requests':
    case 'extended':
      return event.type
    case 'metadata':
      return `metadata ${event.message.kind} ${event.message.piece}`
    case 'pex': {
      const { added, dropped } = event.message
      return `pex +${added.map(({ address }) => formatAddress(address))} -${dropped.map(formatAddress)}`
    }
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
