/**
 * The other end of a connection, which a test plays: what a peer says goes in as bytes, what we send comes out as
 * messages. The session between and its machine are the real ones.
 */
import { BLOCK_BYTES, Geometry } from '../metainfo/geometry.ts'
import type { InfoHash } from '../metainfo/infohash.ts'
import { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerConnectionEvent } from '../peer/peer-event.ts'
import type { PeerContent } from '../peer/peer-options.ts'
import { extended, GREETING, INFOHASH, OUR_ID } from '../peer/wire-words.testing.ts'
import {
  type Connection,
  type ConnectionEnd,
  type ConnectionHandler,
  formatAddress,
  NO_HANDLER,
  type PeerAddress,
  type Transport,
} from '../ports/transport.ts'
import { Bitfield } from '../wire/bitfield.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import { encodeExtensionHandshake } from '../wire/extension-handshake.ts'
import { encodeHandshake, HandshakeReader } from '../wire/handshake.ts'
import { encodeMessage, type Message } from '../wire/messages.ts'
import { type PeerId, peerIdFromBytes } from '../wire/peer-id.ts'
import { join } from '../wire/stream.testing.ts'
import type { KnownPeer } from './known-peers.ts'
import { PeerSession } from './peer-session.ts'

/** Four pieces of two blocks. */
export const GEOMETRY = new Geometry(8 * BLOCK_BYTES, 2 * BLOCK_BYTES)
/** Under which ids these peers take extension messages: not ours. */
export const THEIR_IDS = { ut_pex: 11, ut_metadata: 12, lt_donthave: 13 } as const

/** Number 7 is `-XX0007-000000000007`. Our own is the smaller one but for number 0. */
export function peerIdOf(number: number): PeerId {
  const text = `-XX${String(number).padStart(4, '0')}-${String(number).padStart(12, '0')}`
  return peerIdFromBytes(new TextEncoder().encode(text))
}

/** No two of them are alike for BEP 40 or a ban. */
export function addressOf(number: number): PeerAddress {
  return { host: `198.51.${number}.1`, port: 6881 }
}

export interface Hello {
  readonly peerId?: PeerId
  readonly infohash?: InfoHash
  /** Reserved bits of BEP 6 and BEP 10; by default both. */
  readonly speaks?: 'bep3' | 'both'
  /** What the extension handshake says; null: none comes. */
  readonly greeting?: TheirHello | null
}

export interface TheirHello {
  readonly ids?: Readonly<Record<string, number>>
  readonly listenPort?: number
  readonly metadataBytes?: number
  readonly uploadOnly?: boolean
}

export class RemoteEnd implements Connection {
  readonly remote: PeerAddress
  unsentBytes = 0
  /** How we ended it. */
  ending: 'closed' | 'reset' | null = null
  handler: ConnectionHandler = NO_HANDLER
  readonly #handshake = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  readonly #heard: Message[] = []
  #isPastHandshake = false

  constructor(remote: PeerAddress) {
    this.remote = remote
  }

  // What we do.

  send(...parts: readonly Uint8Array[]): void {
    let rest: Uint8Array = join(...parts)
    if (!this.#isPastHandshake) {
      const { takenBytes, outcome } = this.#handshake.read(rest)
      this.#isPastHandshake = outcome !== null
      rest = rest.subarray(takenBytes)
    }
    this.#decoder.push(rest, 'owned')
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next.type === 'fault') throw new Error(`we sent nonsense: ${JSON.stringify(next)}`)
      this.#heard.push(next)
    }
  }
  close(): void {
    this.ending ??= 'closed'
  }
  reset(): void {
    this.ending ??= 'reset'
  }
  pauseReceiving(): void {}
  resumeReceiving(): void {}

  // What the peer does.

  opens(nowMs: number): void {
    this.handler.opened(nowMs)
  }

  says(nowMs: number, ...parts: readonly (Message | Uint8Array)[]): void {
    const streams = parts.map((part) => (part instanceof Uint8Array ? part : encodeMessage(part)))
    this.handler.received(nowMs, join(...streams), 'owned')
  }

  /** Its handshake, and what it says of its extensions. */
  greets(
    nowMs: number,
    { peerId = peerIdOf(1), infohash = INFOHASH, speaks = 'both', greeting = {} }: Hello = {},
  ): void {
    const bits = speaks === 'both' ? { reserved: Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0x04) } : {}
    const hello = speaks === 'both' && greeting !== null ? [helloMessage(greeting)] : []
    this.says(nowMs, encodeHandshake({ infohash, peerId, ...bits }), ...hello)
  }

  ends(nowMs: number, end: ConnectionEnd): void {
    this.handler.ended(nowMs, end)
  }

  /** Every message of ours since the last time it listened. */
  hears(): Message[] {
    return this.#heard.splice(0)
  }

  hearsOf(...types: readonly Message['type'][]): Message[] {
    return this.hears().filter(({ type }) => types.includes(type))
  }

  /** Payloads of one extension of theirs. */
  hearsExtension(extensionId: number): Uint8Array[] {
    return this.hears().flatMap((message) => {
      return message.type === 'extended' && message.extensionId === extensionId ? [message.payload] : []
    })
  }
}

export function helloMessage({ ids = THEIR_IDS, ...rest }: TheirHello): Message {
  return extended(
    0,
    encodeExtensionHandshake({
      ids: new Map(Object.entries(ids)),
      listenPort: rest.listenPort ?? null,
      metadataBytes: rest.metadataBytes ?? null,
      requestQueueMax: null,
      clientName: null,
      uploadOnly: rest.uploadOnly ?? false,
      yourIp: null,
    }),
  )
}

/** Every dial is an end that the test plays. */
export class FakeTransport implements Transport {
  readonly dialled: RemoteEnd[] = []

  connect(remote: PeerAddress, handler: ConnectionHandler): RemoteEnd {
    const end = new RemoteEnd(remote)
    end.handler = handler
    this.dialled.push(end)
    return end
  }

  listen(): never {
    throw new Error('not for this test')
  }
}

/** We have these pieces of `GEOMETRY`; a number stands for so many, from the first on. */
export function contentWith(pieces: Bitfield): PeerContent {
  return { geometry: GEOMETRY, ourPieces: pieces, allowedFast: [] }
}

export function makeMachine(
  nowMs: number,
  start: 'connecting' | 'accepted',
  content: PeerContent | null = contentWith(new Bitfield(GEOMETRY.pieceCount)),
  us: { readonly peerId?: PeerId; readonly pipelineDepth?: number } = {},
): PeerConnection {
  const { peerId = OUR_ID, pipelineDepth = 2 } = us
  return new PeerConnection(
    { infohash: INFOHASH, peerId, pipelineDepth, content, greeting: () => GREETING },
    nowMs,
    start,
  )
}

export interface SessionSpec extends Hello {
  readonly address?: PeerAddress
  readonly incoming?: boolean
  readonly content?: PeerContent | null
  readonly nowMs?: number
}

/** A session past both handshakes, and its other end. Its events wait to be taken. */
export function makeSession(number: number, spec: SessionSpec = {}): { session: PeerSession; remote: RemoteEnd } {
  const { incoming = false, address = addressOf(number), nowMs = 0, content } = spec
  const peer: KnownPeer = { key: number, address, name: formatAddress(address) }
  const machine = makeMachine(nowMs, incoming ? 'accepted' : 'connecting', content)
  const session = new PeerSession(peer, machine, { incoming, nowMs }, { opened() {}, touched() {} })
  const remote = new RemoteEnd(address)
  remote.handler = session
  session.attach(remote)
  if (!incoming) remote.opens(nowMs)
  remote.greets(nowMs, { peerId: peerIdOf(number), ...spec })
  session.flush()
  remote.hears()
  return { session, remote }
}

export function eventsOf(session: PeerSession): PeerConnectionEvent[] {
  const events: PeerConnectionEvent[] = []
  for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) events.push(event)
  return events
}

/** As good as SHA-1 for what tests compare: every byte counts, and its place. */
export function fakeSha1(data: Uint8Array): Uint8Array {
  const digest = new Uint8Array(20)
  for (const [at, byte] of data.entries()) digest[at % 20] = (digest[at % 20]! * 31 + byte + 1) & 0xff
  return digest
}
