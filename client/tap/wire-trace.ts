/**
 * A readable log of what peers say to each other, one line a message:
 *
 *     0.052 127.0.0.2:6881 -- connecting
 *     0.103 127.0.0.2:6881 -> handshake ab… -SL0001-… reserved 0000000000100004 fast extensions
 *     0.155 127.0.0.2:6881 <- bitfield 40/96
 *     0.310 127.0.0.2:6881 -> request 12:16384+16384
 *
 * Seconds since the start, the remote, `->` what we say, `<-` what they say, `--` what becomes of the connection. A
 * direction whose bytes are no messages (a fault) is not read on. Nothing that a peer says acts on a terminal.
 */
import { formatAddress } from '../ports/transport.ts'
import { MessageDecoder } from '../wire/decoder.ts'
import { EXTENSION_HANDSHAKE_ID, parseExtensionHandshake } from '../wire/extension-handshake.ts'
import { HandshakeReader, isHandshake } from '../wire/handshake.ts'
import type { Message } from '../wire/messages.ts'
import { faultText, handshakeText, messageText } from './message-text.ts'
import type { ConnectionTap, TapEnd, TransportTap } from './tapped-transport.ts'

export interface TraceOptions {
  /** What seconds count from. */
  readonly startMs: number
  /** Of the torrent, when it is known by then. */
  readonly pieceCount: () => number | null
  /** Gets each line, without its end. */
  readonly write: (line: string) => void
}

type Arrow = '--' | '->' | '<-'

const SECONDS_WIDTH = 9
const REMOTE_WIDTH = 21

const END_TEXT: Readonly<Record<TapEnd, string>> = {
  fin: 'closed by them',
  reset: 'reset by them',
  closed: 'closed by us',
  aborted: 'reset by us',
  refused: 'refused',
  unreachable: 'unreachable',
}

export function wireTrace(options: TraceOptions): TransportTap {
  return {
    connection(nowMs, { incoming, remote }) {
      const name = formatAddress(remote).padEnd(REMOTE_WIDTH)
      const write = (atMs: number, arrow: Arrow, text: string) => {
        const seconds = ((atMs - options.startMs) / 1000).toFixed(3)
        options.write(`${seconds.padStart(SECONDS_WIDTH)} ${name} ${arrow} ${text}`)
      }
      write(nowMs, '--', incoming ? 'accepted' : 'connecting')
      return traceConnection(options.pieceCount, write)
    },
  }
}

function traceConnection(
  pieceCount: () => number | null,
  write: (nowMs: number, arrow: Arrow, text: string) => void,
): ConnectionTap {
  const out = new TracedStream(pieceCount, () => incoming.ids)
  const incoming: TracedStream = new TracedStream(pieceCount, () => out.ids)
  return {
    opened: (nowMs) => write(nowMs, '--', 'open'),
    sent(nowMs, parts) {
      for (const part of parts) out.read(part, (text) => write(nowMs, '->', text))
    },
    received: (nowMs, chunk) => incoming.read(chunk, (text) => write(nowMs, '<-', text)),
    ended: (nowMs, end) => write(nowMs, '--', END_TEXT[end]),
  }
}

/** One direction of a connection. */
class TracedStream {
  /** By what names its sender takes extension messages (BEP 10): the other direction uses them. */
  readonly ids = new Map<number, string>()
  readonly #pieceCount: () => number | null
  readonly #theirIds: () => ReadonlyMap<number, string>
  readonly #decoder = new MessageDecoder()
  #handshake: HandshakeReader | null = new HandshakeReader()
  #isFaulty = false

  constructor(pieceCount: () => number | null, theirIds: () => ReadonlyMap<number, string>) {
    this.#pieceCount = pieceCount
    this.#theirIds = theirIds
  }

  read(chunk: Uint8Array, tell: (text: string) => void): void {
    if (this.#isFaulty) return
    let rest = chunk
    if (this.#handshake !== null) {
      const { takenBytes, outcome } = this.#handshake.read(chunk)
      if (outcome === null) return
      this.#isFaulty = !isHandshake(outcome)
      tell(isHandshake(outcome) ? handshakeText(outcome) : faultText(outcome))
      if (this.#isFaulty) return
      this.#handshake = null
      rest = chunk.subarray(takenBytes)
    }
    // Views on the chunk, all looked at before this call ends.
    this.#decoder.push(rest, 'owned')
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      tell(next.type === 'fault' ? faultText(next.fault) : this.#text(next))
    }
  }

  #text(message: Message): string {
    const extensionName = (id: number) => this.#theirIds().get(id) ?? null
    const text = messageText(message, { extensionName, pieceCount: this.#pieceCount() })
    if (message.type === 'extended' && message.extensionId === EXTENSION_HANDSHAKE_ID) this.#learn(message.payload)
    return text
  }

  #learn(payload: Uint8Array): void {
    const handshake = parseExtensionHandshake(payload)
    if ('code' in handshake) return
    for (const [name, id] of handshake.ids) {
      for (const [known, knownName] of this.ids) if (knownName === name) this.ids.delete(known)
      if (id !== 0) this.ids.set(id, name)
    }
  }
}
