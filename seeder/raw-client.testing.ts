/**
 * A tiny client that speaks to a scripted peer by hand. What it hears is lines, `30: unchoke` being what it heard at
 * 30 ms (whole ms: the few bytes of a small message take some µs).
 */
import { type InfoHash, toHex } from '../client/metainfo/infohash.ts'
import { joined } from '../client/ports/bytes.ts'
import type { Connection, ConnectionHandler } from '../client/ports/transport.ts'
import { MessageDecoder } from '../client/wire/decoder.ts'
import { encodeExtensionHandshake } from '../client/wire/extension-handshake.ts'
import { encodeHandshake, HandshakeReader, isHandshake } from '../client/wire/handshake.ts'
import { encodeMessage, type Message } from '../client/wire/messages.ts'
import { peerIdFromBytes } from '../client/wire/peer-id.ts'

/** Where it plays. */
export interface Scene {
  nowMs(): number
  /** Of the content, from an offset on. */
  contentByte(offsetBytes: number): number | undefined
  readonly pieceLengthBytes: number
}

export class RawClient implements ConnectionHandler {
  readonly connection: Connection
  /** All that came, as it came. */
  readonly chunks: Uint8Array[] = []
  /** Of blocks, right or wrong. */
  readonly blocks: Uint8Array[] = []
  readonly #scene: Scene
  readonly #handshake = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  #state: 'greeting' | 'open' | 'deaf' = 'greeting'
  #heard: string[] = []

  constructor(scene: Scene, handshake: Uint8Array, connect: (handler: ConnectionHandler) => Connection) {
    this.#scene = scene
    this.connection = connect(this)
    this.connection.send(handshake)
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.connection.send(encodeMessage(message))
  }

  get receivedBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** From that byte of all that came on, in hex. */
  hexFrom(offsetBytes: number): string {
    return toHex(joined(this.chunks).subarray(offsetBytes))
  }

  /** What it heard since it was asked last. */
  take(): string[] {
    const heard = this.#heard
    this.#heard = []
    return heard
  }

  opened(): void {
    this.#hear('opened')
  }

  received(_nowMs: number, chunk: Uint8Array): void {
    this.chunks.push(chunk)
    if (this.#state === 'deaf') return
    let rest = chunk
    if (this.#state === 'greeting') {
      const { takenBytes, outcome } = this.#handshake.read(chunk)
      if (outcome === null) return
      this.#state = isHandshake(outcome) ? 'open' : 'deaf'
      this.#hear(isHandshake(outcome) ? `handshake for ${outcome.infohash.slice(0, 6)}` : outcome.code)
      if (!isHandshake(outcome)) return
      rest = chunk.subarray(takenBytes)
    }
    this.#decoder.push(rest, 'owned')
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      this.#hear(next.type === 'fault' ? next.fault.code : this.#line(next))
    }
  }

  drained(): void {}

  ended(_nowMs: number, end: string): void {
    this.#hear(end)
  }

  #line(message: Message): string {
    if (message.type === 'bitfield') {
      return `bitfield ${Array.from(message.bits, (byte) => byte.toString(2).padStart(8, '0')).join('')}`
    }
    if (message.type === 'extended') return `extended ${message.extensionId} ${printed(message.payload)}`
    if (message.type === 'unknown') return `unknown ${message.id} of ${message.payload.length}`
    if ('lengthBytes' in message)
      return `${message.type} ${message.piece}:${message.offsetBytes}+${message.lengthBytes}`
    if (message.type !== 'piece') return 'piece' in message ? `${message.type} ${message.piece}` : message.type
    const { piece, offsetBytes, block } = message
    this.blocks.push(block)
    const from = piece * this.#scene.pieceLengthBytes + offsetBytes
    const wrong = block.filter((byte, at) => byte !== this.#scene.contentByte(from + at)).length
    return `block ${piece}:${offsetBytes}+${block.length}${wrong === 0 ? '' : `, ${wrong} wrong`}`
  }

  #hear(line: string): void {
    this.#heard.push(`${Math.round(this.#scene.nowMs())}: ${line}`)
  }
}

/** The ids under which it takes extension messages. */
const THEIR_IDS = new Map([
  ['ut_metadata', 7],
  ['ut_pex', 8],
  ['lt_donthave', 9],
])

export const extensionGreeting: Message = {
  type: 'extended',
  extensionId: 0,
  payload: encodeExtensionHandshake({
    ids: THEIR_IDS,
    listenPort: null,
    metadataBytes: null,
    requestQueueMax: null,
    clientName: null,
    uploadOnly: false,
    yourIp: null,
  }),
}

/** Without `reserved`: of a client that speaks no extension. */
export function rawHandshake(infohash: InfoHash, reserved?: Uint8Array): Uint8Array {
  const peerId = peerIdFromBytes(new TextEncoder().encode('-XX0000-rawclient000'))
  return encodeHandshake({ infohash, peerId, ...(reserved === undefined ? {} : { reserved }) })
}

/** Short, and what is no text as dots. */
function printed(payload: Uint8Array): string {
  const text = Array.from(payload.subarray(0, PRINTED_BYTES_MAX), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
  ).join('')
  return payload.length > PRINTED_BYTES_MAX ? `${text}… of ${payload.length}` : text
}

const PRINTED_BYTES_MAX = 240
