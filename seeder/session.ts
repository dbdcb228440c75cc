/**
 * One connection of a scripted peer, accepted or dialled, honest in itself: shakes hands, shows what it has, and hands
 * what it hears to those whose matter it is. BEP 3, 6, 10. Behaviours bend it from outside.
 *
 * A session is in exactly one of these: *greeting*; *open* (both have shaken hands); *silent* (says and hears nothing,
 * as its greeting had it); *over*.
 */
import type { Connection, ConnectionHandler, Ownership, PeerAddress } from '../client/ports/transport.ts'
import { MessageDecoder } from '../client/wire/decoder.ts'
import { type Handshake, HandshakeReader, isHandshake } from '../client/wire/handshake.ts'
import { encodeMessage, encodePieceHeader, type Message } from '../client/wire/messages.ts'
import type { PeerId } from '../client/wire/peer-id.ts'
import { hasExtensions, hasFast, RESERVED_BYTES } from '../client/wire/reserved.ts'
import type { Conduct } from './conduct.ts'
import { Extensions } from './extensions.ts'
import { Leeching } from './leeching.ts'
import { type Ending, Outlet, type Pace } from './outlet.ts'
import { Serving } from './serving.ts'
import type { Line, PartOwner } from './session-part.ts'

export interface SessionOwner extends PartOwner {
  readonly peerId: PeerId
  inMs(delayMs: number, action: () => void): void
  /** What to send instead. */
  outgoing(message: Message, session: Session): readonly Outgoing[]
  handshaken(nowMs: number, session: Session): void
  received(nowMs: number, session: Session, message: Message): void
  sent(message: Message): void
  sessionEnded(session: Session): void
}

/** What a session can be told to send: a message, bytes as they are, or its end behind what was sent. */
export type Outgoing =
  | Message
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly ending: Ending }

export class Session implements ConnectionHandler, Line {
  readonly remote: PeerAddress
  readonly serving: Serving
  readonly leeching: Leeching
  readonly extensions: Extensions
  readonly #owner: SessionOwner
  readonly #isDialled: boolean
  readonly #outlet: Outlet
  readonly #handshake = new HandshakeReader()
  readonly #decoder = new MessageDecoder()
  readonly #connection: Connection
  #state: 'greeting' | 'open' | 'silent' | 'over' = 'greeting'
  #theirs: Handshake | null = null

  /** `connect` gives the connection, which was accepted or is being dialled. */
  constructor(owner: SessionOwner, isDialled: boolean, connect: (handler: ConnectionHandler) => Connection) {
    this.#owner = owner
    this.#isDialled = isDialled
    this.#connection = connect(this)
    this.remote = this.#connection.remote
    this.#outlet = new Outlet(this.#connection, (delayMs, action) => owner.inMs(delayMs, action))
    this.serving = new Serving(owner, this)
    this.leeching = new Leeching(owner, this)
    this.extensions = new Extensions(owner, this, this.leeching)
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get usesFast(): boolean {
    return this.#owner.conduct.speaksFast && hasFast(this.#theirs?.reserved ?? NOTHING)
  }

  get usesExtensions(): boolean {
    return this.#owner.conduct.extensions !== null && hasExtensions(this.#theirs?.reserved ?? NOTHING)
  }

  get unsentBytes(): number {
    return this.#outlet.unsentBytes
  }

  // The transport's calls.

  opened(): void {
    this.#greet()
  }

  received(nowMs: number, chunk: Uint8Array, ownership: Ownership): void {
    let rest = chunk
    if (this.#theirs === null && this.#state === 'greeting') {
      const { takenBytes, outcome } = this.#handshake.read(chunk)
      if (outcome === null) return
      if (!isHandshake(outcome) || outcome.infohash !== this.#owner.infohash) return this.close()
      rest = chunk.subarray(takenBytes)
      this.#welcome(nowMs, outcome)
    }
    if (!this.isOpen) return
    this.#decoder.push(rest, ownership)
    for (let decoded = this.#decoder.next(); decoded !== null; decoded = this.#decoder.next()) {
      if (!this.isOpen) return
      if (decoded.type === 'fault') return this.close()
      this.#receive(nowMs, decoded)
      this.#owner.received(nowMs, this, decoded)
    }
    this.serving.serve()
  }

  drained(): void {
    this.#outlet.drained()
    this.serving.serve()
  }

  ended(): void {
    this.#outlet.stop()
    this.#leave()
  }

  // What the owner and behaviours do.

  /** At once, whatever waits. */
  close(): void {
    this.#outlet.stop()
    this.#connection.close()
    this.#leave()
  }

  reset(): void {
    this.#outlet.stop()
    this.#connection.reset()
    this.#leave()
  }

  /** As behaviours have it. */
  send(message: Message): void {
    for (const each of this.#owner.outgoing(message, this)) this.sendAsIs(each)
  }

  /** Past the behaviours that change what is sent. */
  sendAsIs(outgoing: Outgoing): void {
    if (!this.isOpen) return
    if (outgoing.type === 'end') return this.#end(outgoing.ending)
    if (outgoing.type === 'bytes') return this.#outlet.send(outgoing.bytes)
    if (outgoing.type === 'piece') {
      const { piece, offsetBytes, block } = outgoing
      this.#outlet.send(encodePieceHeader(piece, offsetBytes, block.length), block)
    } else {
      this.#outlet.send(encodeMessage(outgoing))
    }
    this.#owner.sent(outgoing)
  }

  /** All from now on. */
  setPace(pace: Pace): void {
    this.#outlet.setPace(pace)
  }

  /** Behind what was sent. */
  #end(ending: Ending): void {
    this.#outlet.end(ending)
    this.#leave()
  }

  #welcome(nowMs: number, theirs: Handshake): void {
    this.#theirs = theirs
    if (!this.#isDialled) this.#greet()
    if (this.#state !== 'greeting') return
    this.#state = 'open'
    this.#showPieces()
    if (this.usesFast) {
      this.serving.allowFast(this.remote.host)
      for (const piece of this.#owner.conduct.suggested) this.send({ type: 'suggest', piece })
    }
    this.extensions.greet()
    this.#owner.handshaken(nowMs, this)
  }

  #greet(): void {
    const { infohash, peerId, conduct } = this.#owner
    const greeting = conduct.greet({ infohash, peerId, reserved: reservedOf(conduct) }, this.#theirs)
    this.#outlet.sendPaced(greeting.bytes, greeting.pace)
    if (greeting.thenSilent) this.#state = 'silent'
  }

  #showPieces(): void {
    const { pieces, claimed } = this.#owner.conduct
    const shown = claimed ?? pieces
    if (this.usesFast && shown.isFull) this.send({ type: 'have-all' })
    else if (this.usesFast && shown.setCount === 0) this.send({ type: 'have-none' })
    else if (shown.setCount > 0) this.send({ type: 'bitfield', bits: shown.toWire() })
  }

  #receive(nowMs: number, message: Message): void {
    switch (message.type) {
      case 'interested':
      case 'not-interested':
        this.serving.interested(message.type === 'interested')
        break
      case 'request':
        this.serving.request(message)
        break
      case 'cancel':
        this.serving.cancel(message)
        break
      case 'extended':
        this.extensions.receive(message.extensionId, message.payload)
        break
      default:
        this.leeching.receive(nowMs, message)
    }
  }

  #leave(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.serving.ended()
    this.#owner.sessionEnded(this)
  }
}

/** BEP 10 and BEP 6; nothing is announced that is not spoken. */
function reservedOf({ speaksFast, extensions }: Conduct): Uint8Array {
  const reserved = new Uint8Array(RESERVED_BYTES)
  if (extensions !== null) reserved[5] = 0x10
  if (speaksFast) reserved[7] = 0x04
  return reserved
}

const NOTHING = new Uint8Array(0)
