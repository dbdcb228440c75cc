/**
 * What two ends have said to each other over a wire of a client of ours, as the wire has it: who chokes whom, what is
 * owed, how many bytes of blocks went which way. Read from the bytes themselves, so that it owes the client nothing.
 *
 * *Owed by them* is what the client asked for over the wire and may still wait for; it gives up what a snubbed peer owes
 * without a word, which the world tells the book.
 */
import type { Ownership } from '../../client/ports/transport.ts'
import { MessageDecoder } from '../../client/wire/decoder.ts'
import { EXTENSION_HANDSHAKE_ID, parseExtensionHandshake } from '../../client/wire/extension-handshake.ts'
import { type Handshake, HandshakeReader, isHandshake } from '../../client/wire/handshake.ts'
import type { Message, WireRange } from '../../client/wire/messages.ts'
import { hasFast } from '../../client/wire/reserved.ts'
import type { Wire } from './wires.ts'

export class WireBook {
  readonly wire: Wire
  readonly ours = new WireReader()
  readonly theirs = new WireReader()
  theyChoke = true
  weChoke = true
  theyAreInterested = false
  /** Since when they want something of us and are choked, by the client's clock, jumps aside; null: they are not. */
  waitingSinceMs: number | null = null
  readonly allowedToUs = new Set<number>()
  readonly allowedToThem = new Set<number>()
  readonly owedByThem = new Set<string>()
  /** How often we may still send each: they asked so often. */
  readonly owedByUs = new Map<string, number>()
  /** How many requests they queue, as they say. */
  queueMax = Number.POSITIVE_INFINITY
  receivedPayloadBytes = 0
  sentPayloadBytes = 0

  constructor(wire: Wire) {
    this.wire = wire
  }

  get usesFast(): boolean {
    return hasFast(reservedOf(this.ours)) && hasFast(reservedOf(this.theirs))
  }

  /** Our end says it. */
  said(nowMs: number, message: Message): void {
    switch (message.type) {
      case 'choke':
        this.weChoke = true
        if (this.theyAreInterested) this.waitingSinceMs ??= nowMs
        break
      case 'unchoke':
        this.weChoke = false
        this.waitingSinceMs = null
        break
      case 'allowed-fast':
        this.allowedToThem.add(message.piece)
        break
      case 'request':
        this.owedByThem.add(nameOf(message))
        break
      case 'cancel':
        this.owedByThem.delete(nameOf(message))
        break
      case 'piece':
        this.sentPayloadBytes += message.block.length
        this.#answered(nameOf({ ...message, lengthBytes: message.block.length }))
        break
      case 'reject':
        this.#answered(nameOf(message))
        break
      default:
    }
  }

  /** Our end hears it. */
  heard(nowMs: number, message: Message): void {
    switch (message.type) {
      case 'choke':
        this.theyChoke = true
        for (const name of this.owedByThem) if (!this.allowedToUs.has(pieceOf(name))) this.owedByThem.delete(name)
        break
      case 'unchoke':
        this.theyChoke = false
        break
      case 'interested':
      case 'not-interested':
        this.theyAreInterested = message.type === 'interested'
        if (!this.theyAreInterested) this.waitingSinceMs = null
        else if (this.weChoke) this.waitingSinceMs ??= nowMs
        break
      case 'allowed-fast':
        this.allowedToUs.add(message.piece)
        break
      case 'piece':
        this.receivedPayloadBytes += message.block.length
        this.owedByThem.delete(nameOf({ ...message, lengthBytes: message.block.length }))
        break
      case 'reject':
        this.owedByThem.delete(nameOf(message))
        break
      case 'request': {
        const name = nameOf(message)
        this.owedByUs.set(name, (this.owedByUs.get(name) ?? 0) + 1)
        break
      }
      case 'extended':
        if (message.extensionId === EXTENSION_HANDSHAKE_ID) this.#greeted(message.payload)
        break
      default:
    }
  }

  /** By the client, without a word. */
  snubbed(): void {
    this.owedByThem.clear()
  }

  #answered(name: string): void {
    const left = this.owedByUs.get(name) ?? 0
    if (left <= 1) this.owedByUs.delete(name)
    else this.owedByUs.set(name, left - 1)
  }

  #greeted(payload: Uint8Array): void {
    const greeting = parseExtensionHandshake(payload)
    if ('ids' in greeting && greeting.requestQueueMax !== null) this.queueMax = Math.max(1, greeting.requestQueueMax)
  }
}

/** One direction: bytes in, messages out, until what comes is none. */
class WireReader {
  handshake: Handshake | null = null
  /** Of our own client this must not be. */
  isBroken = false
  readonly #greeting = new HandshakeReader()
  readonly #decoder = new MessageDecoder()

  read(chunk: Uint8Array, ownership: Ownership = 'owned'): Message[] {
    let rest = chunk
    if (this.handshake === null && !this.isBroken) {
      const { takenBytes, outcome } = this.#greeting.read(chunk)
      if (outcome === null) return NONE
      if (isHandshake(outcome)) this.handshake = outcome
      else this.isBroken = true
      rest = chunk.subarray(takenBytes)
    }
    if (this.isBroken || rest.length === 0) return NONE
    const messages: Message[] = []
    this.#decoder.push(rest, ownership)
    for (let decoded = this.#decoder.next(); decoded !== null; decoded = this.#decoder.next()) {
      if (decoded.type !== 'fault') messages.push(decoded)
      else this.isBroken = true
    }
    return messages
  }
}

export function nameOf({ piece, offsetBytes, lengthBytes }: WireRange): string {
  return `${piece}:${offsetBytes}+${lengthBytes}`
}

function pieceOf(name: string): number {
  return Number(name.slice(0, name.indexOf(':')))
}

function reservedOf({ handshake }: WireReader): Uint8Array {
  return handshake?.reserved ?? NOTHING
}

const NONE: Message[] = []
const NOTHING = new Uint8Array(8)
