/**
 * The peer wire: handshake, messages, bitfield, and a PeerConnection that hears them. First byte: which of them. A stream
 * of messages then has a byte that says how it is cut, a bitfield two that say how many pieces there are.
 */
import { infoHashFromBytes } from '../../metainfo/infohash.ts'
import { joined } from '../../ports/bytes.ts'
import type { Random } from '../../ports/random.ts'
import type { Ownership } from '../../ports/transport.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { type Decoded, MessageDecoder } from '../../wire/decoder.ts'
import { formatFault, type WireFault } from '../../wire/fault.ts'
import { encodeHandshake, HANDSHAKE_BYTES, type Handshake, HandshakeReader, isHandshake } from '../../wire/handshake.ts'
import { encodeMessage, MESSAGE_FORMATS } from '../../wire/messages.ts'
import { peerIdFromBytes } from '../../wire/peer-id.ts'
import { happens, pick, someBytes, times } from '../chance.ts'
import { type FuzzTarget, holds, sameBytes } from '../target.ts'
import { checkPeer } from './peer.ts'

const STREAM = 0
const HANDSHAKE = 1
const BITFIELD = 2
const PEER = 3

/** `makeDecoder` stands in for the decoder where a test plants a mistake in it. */
export function wireTarget(
  makeDecoder: () => Pick<MessageDecoder, 'push' | 'next'> = () => new MessageDecoder(),
): FuzzTarget {
  return {
    name: 'wire',
    generate(random) {
      const what = random.below(4)
      if (what === STREAM) return joined([Uint8Array.of(STREAM, random.below(256)), ...someFrames(random)])
      if (what === PEER) return joined([Uint8Array.of(PEER), someChoices(random), ...someFrames(random)])
      if (what === HANDSHAKE) return joined([Uint8Array.of(HANDSHAKE), someHandshake(random)])
      return joined([Uint8Array.of(BITFIELD, 0, random.below(40)), someBytes(random, 8)])
    },
    reshape(random, input) {
      if (input[0] === STREAM) return reshapedStream(random, input, 2)
      return input[0] === PEER ? reshapedStream(random, input, 3) : null
    },
    run(input) {
      if (input[0] === HANDSHAKE) return checkHandshake(input.subarray(1))
      if (input[0] === BITFIELD) return checkBitfield(input)
      if (input[0] === PEER) return checkPeer(input.subarray(1))
      return checkStream(input.subarray(2), input[1] ?? 0, makeDecoder)
    },
  }
}

function someFrames(random: Random): Uint8Array[] {
  return times(random, 12, () => someFrame(random))
}

function someFrame(random: Random): Uint8Array {
  const { id, lengthMin, lengthMax } = pick(random, MESSAGE_FORMATS)
  const length = pick(random, [lengthMin, Math.min(lengthMax, lengthMin + random.below(40))])
  const frame = new Uint8Array(4 + length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, happens(random, 95) ? length : pick(random, [0, 1, lengthMin - 1, lengthMax + 1, 2 ** 31]))
  view.setUint8(4, happens(random, 95) ? id : random.below(256))
  for (let at = 5; at < frame.length; at++) view.setUint8(at, happens(random, 80) ? 0 : random.below(256))
  return frame
}

function someHandshake(random: Random): Uint8Array {
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.below(256))
  const handshake = encodeHandshake({
    infohash: infoHashFromBytes(bytes(20)),
    peerId: peerIdFromBytes(bytes(20)),
    reserved: bytes(8),
  })
  return joined([handshake, someBytes(random, 5)])
}

function someChoices(random: Random): Uint8Array {
  return Uint8Array.of(random.below(256), random.below(256))
}

/** A frame more, or one twice. */
function reshapedStream(random: Random, input: Uint8Array, startBytes: number): Uint8Array {
  const ends = frameEnds(input, startBytes)
  const [from, to] = [pick(random, ends), pick(random, ends)]
  const part = happens(random, 50) ? someFrame(random) : input.subarray(Math.min(from, to), Math.max(from, to))
  return joined([input.subarray(0, to), part, input.subarray(to)])
}

function frameEnds(input: Uint8Array, startBytes: number): number[] {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const ends = [Math.min(startBytes, input.length)]
  for (let at = startBytes; at + 4 <= input.length; ) {
    at += 4 + view.getUint32(at)
    if (at <= input.length) ends.push(at)
  }
  return ends
}

function checkStream(
  stream: Uint8Array,
  cutting: number,
  makeDecoder: () => Pick<MessageDecoder, 'push' | 'next'>,
): string {
  const decodedIn = (chunkBytes: number, ownership: (chunk: number) => Ownership) =>
    decodeChunks(makeDecoder(), stream, chunkBytes, ownership)
  const whole = decodedIn(Math.max(1, stream.length), () => 'owned')
  const inParts = decodedIn((cutting % 64) + 1, (chunk) => (chunk % 2 === 0 ? 'owned' : 'borrowed'))
  const byteByByte = decodedIn(1, () => 'borrowed')
  holds(sameDecoded(whole, inParts), 'a stream in parts is the stream as a whole')
  holds(sameDecoded(whole, byteByByte), 'a stream byte by byte is the stream as a whole')
  const messages = whole.filter((each) => each.type !== 'fault')
  const encoded = joined(messages.map(encodeMessage))
  holds(sameBytes(encoded, stream.subarray(0, encoded.length)), 'messages are encoded as they came')
  const last = whole.at(-1)
  holds(messages.length >= whole.length - 1, 'there is nothing after a fault')
  if (last?.type !== 'fault') holds(isUnfinished(stream.subarray(encoded.length)), 'a whole frame is not held back')
  const [first, end] = [messages[0]?.type, last?.type === 'fault' ? formatFault(last.fault) : last?.type]
  return `stream ${first} ${end?.replace(/\d+/g, '#')}`
}

/** A borrowed chunk turns to garbage when the decoder is done with it, as a shared buffer does. */
function decodeChunks(
  decoder: Pick<MessageDecoder, 'push' | 'next'>,
  stream: Uint8Array,
  chunkBytes: number,
  ownership: (chunk: number) => Ownership,
): Decoded[] {
  const decoded: Decoded[] = []
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const chunk = stream.slice(at, at + chunkBytes)
    const owned = ownership(at / chunkBytes)
    decoder.push(chunk, owned)
    for (let next = decoder.next(); next !== null; next = decoder.next()) decoded.push(next)
    if (owned === 'borrowed') chunk.fill(0xa5)
  }
  return decoded
}

function sameDecoded(a: readonly Decoded[], b: readonly Decoded[]): boolean {
  return a.length === b.length && a.every((each, index) => sameBytes(bytesOf(each), bytesOf(b[index]!)))
}

/** An encoding names the type and every field of a message. */
function bytesOf(decoded: Decoded): Uint8Array {
  return decoded.type === 'fault' ? new TextEncoder().encode(formatFault(decoded.fault)) : encodeMessage(decoded)
}

function isUnfinished(rest: Uint8Array): boolean {
  if (rest.length < 4) return true
  return rest.length < 4 + new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0)
}

function checkHandshake(bytes: Uint8Array): string {
  const whole = readHandshake(bytes, Math.max(1, bytes.length))
  const byteByByte = readHandshake(bytes, 1)
  const { outcome } = whole
  if (outcome === null) {
    holds(byteByByte.outcome === null, 'a handshake byte by byte is the handshake as a whole')
    return 'handshake unfinished'
  }
  if (!isHandshake(outcome)) {
    holds(
      byteByByte.outcome !== null && !isHandshake(byteByByte.outcome) && sameFault(outcome, byteByByte.outcome),
      'a fault byte by byte is the fault as a whole',
    )
    return `handshake ${outcome.code}`
  }
  const encoded = encodeHandshake(outcome)
  holds(sameBytes(encoded, bytes.subarray(0, HANDSHAKE_BYTES)), 'a handshake is encoded as it came')
  holds(whole.takenBytes === HANDSHAKE_BYTES && byteByByte.takenBytes === HANDSHAKE_BYTES, 'no byte more is taken')
  const again = byteByByte.outcome
  holds(
    again !== null && isHandshake(again) && sameBytes(encodeHandshake(again), encoded),
    'a handshake byte by byte is the handshake as a whole',
  )
  return 'handshake'
}

function readHandshake(
  bytes: Uint8Array,
  chunkBytes: number,
): { readonly outcome: Handshake | WireFault | null; readonly takenBytes: number } {
  const reader = new HandshakeReader()
  let takenBytes = 0
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const read = reader.read(bytes.subarray(at, at + chunkBytes))
    takenBytes += read.takenBytes
    if (read.outcome !== null) return { outcome: read.outcome, takenBytes }
  }
  return { outcome: null, takenBytes }
}

function sameFault(a: WireFault, b: WireFault): boolean {
  return formatFault(a) === formatFault(b)
}

function checkBitfield(input: Uint8Array): string {
  const pieceCount = ((input[1] ?? 0) << 8) | (input[2] ?? 0)
  const bits = input.subarray(3)
  const bitfield = Bitfield.fromWire(bits, pieceCount)
  if ('code' in bitfield) return `bitfield ${bitfield.code}`
  holds(sameBytes(bitfield.toWire(), bits), 'a bitfield is sent as it came')
  const ones = Array.from(bits, (byte) => byte.toString(2).replaceAll('0', '').length)
  holds(ones.reduce((sum, count) => sum + count, 0) === bitfield.setCount, 'pieces are counted')
  return `bitfield ${bitfield.isFull ? 'full' : ''}${bitfield.setCount === 0 ? 'empty' : ''}`
}
