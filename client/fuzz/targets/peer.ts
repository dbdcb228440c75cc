/**
 * A PeerConnection that hears anything at all after an honest handshake. First byte: what both speak and know; second:
 * how the stream is cut. It is part of the target `wire`.
 */
import { Geometry, type PieceIndex } from '../../metainfo/geometry.ts'
import type { InfoHash } from '../../metainfo/infohash.ts'
import { PeerConnection } from '../../peer/peer-connection.ts'
import { formatCloseReason, type PeerConnectionEvent } from '../../peer/peer-event.ts'
import type { PeerContent } from '../../peer/peer-options.ts'
import { joined } from '../../ports/bytes.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { encodeHandshake } from '../../wire/handshake.ts'
import { peerIdFromBytes } from '../../wire/peer-id.ts'
import { ourReserved } from '../../wire/reserved.ts'
import { holds, sameBytes } from '../target.ts'

const SPEAKS_NOTHING = 0x01
const IS_MAGNET = 0x02
const WE_DIAL = 0x04
const WE_UNCHOKE = 0x08
const WE_ASK = 0x10

const INFOHASH = '32687b3a1687dd0b40ebdc0676b1fb1359ddbc20' as InfoHash
const idOf = (text: string) => peerIdFromBytes(new TextEncoder().encode(text))
const GEOMETRY = new Geometry(20 * 32_768 - 5, 32_768)
const NOW_MS = 1000
/** What an input may make us send: our greeting and pieces, and for each message of 5 bytes one of 17. */
const SENT_BYTES_MAX = 2000
const SENT_PER_BYTE_MAX = 4

interface Life {
  readonly events: readonly PeerConnectionEvent[]
  readonly sent: Uint8Array
  readonly connection: PeerConnection
}

export function checkPeer(input: Uint8Array): string {
  const flags = input[0] ?? 0
  const stream = input.subarray(2)
  const whole = lifeOf(flags, stream, Math.max(1, stream.length))
  const inParts = lifeOf(flags, stream, ((input[1] ?? 0) % 64) + 1)
  holds(sameBytes(whole.sent, inParts.sent), 'what we send does not depend on how the stream was cut')
  holds(whole.connection.state === inParts.connection.state, 'nor does the state')
  const [end, otherEnd] = [whole, inParts].map(({ events }) => events.at(-1))
  const reasonOf = (event: typeof end) => (event?.type === 'closed' ? formatCloseReason(event.reason) : 'open')
  holds(reasonOf(end) === reasonOf(otherEnd), 'nor does the reason of the end')
  holds(sameBytes(whole.connection.pieces.toWire(), inParts.connection.pieces.toWire()), 'nor what the peer has')
  const { connection, events, sent } = whole
  const ends = events.filter(({ type }) => type === 'closed').length
  holds(ends === (connection.state === 'closed' ? 1 : 0), 'the end is told once')
  holds(ends === 0 || end?.type === 'closed', 'and it is the last event')
  holds(sent.length <= SENT_BYTES_MAX + SENT_PER_BYTE_MAX * stream.length, 'a peer cannot make us send much more')
  holds(connection.requestsQueued <= 2000, 'no more requests are queued than we say')
  const why = end?.type === 'closed' && end.reason.kind === 'fault' ? end.reason.fault.code : reasonOf(end)
  return `peer ${why} ${events.at(-2)?.type}`
}

function lifeOf(flags: number, stream: Uint8Array, chunkBytes: number): Life {
  const has = (flag: number) => (flags & flag) !== 0
  const content: PeerContent = {
    geometry: GEOMETRY,
    ourPieces: has(WE_DIAL) ? Bitfield.full(GEOMETRY.pieceCount) : new Bitfield(GEOMETRY.pieceCount),
    allowedFast: [3 as PieceIndex],
  }
  const greeting = { listenPort: 6881, metadataBytes: 100, uploadOnly: false, usePex: true, remoteHost: '192.0.2.7' }
  const options = {
    infohash: INFOHASH,
    peerId: idOf('-SL0001-abcdefghijkl'),
    pipelineDepth: 'auto',
    content: has(IS_MAGNET) ? null : content,
    greeting: () => greeting,
  } as const
  const connection = new PeerConnection(options, NOW_MS, has(WE_DIAL) ? 'connecting' : 'accepted')
  if (has(WE_DIAL)) connection.opened(NOW_MS)
  const reserved = has(SPEAKS_NOTHING) ? new Uint8Array(8) : ourReserved()
  const peerId = idOf('-LT2080-mnopqrstuvwx')
  connection.receiveBytes(NOW_MS, encodeHandshake({ infohash: INFOHASH, peerId, reserved }), 'owned')
  if (has(WE_UNCHOKE)) connection.setChoking(NOW_MS, false)
  const events: PeerConnectionEvent[] = []
  const sent: Uint8Array[] = []
  drain(connection, events, sent)
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const chunk = stream.slice(at, at + chunkBytes)
    connection.receiveBytes(NOW_MS, chunk, 'borrowed')
    chunk.fill(0xa5)
    drain(connection, events, sent)
  }
  if (has(IS_MAGNET)) connection.contentKnown(NOW_MS, content)
  if (has(WE_ASK)) ask(connection)
  drain(connection, events, sent)
  return { events, sent: joined(sent), connection }
}

function drain(connection: PeerConnection, events: PeerConnectionEvent[], sent: Uint8Array[]): void {
  for (let parts = connection.nextParts(); parts !== null; parts = connection.nextParts()) sent.push(...parts)
  for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) events.push(event)
}

/** Everything that may be asked for, and every deadline. */
function ask(connection: PeerConnection): void {
  connection.setInterested(NOW_MS, true)
  for (let piece = 0; piece < GEOMETRY.pieceCount && connection.requestsFree > 0; piece++) {
    if (connection.requestable.has(piece as PieceIndex))
      connection.request(NOW_MS, GEOMETRY.block(piece as PieceIndex, 0))
  }
  connection.handleDeadline(connection.deadlineMs() ?? NOW_MS)
}
