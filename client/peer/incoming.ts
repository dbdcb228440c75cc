/**
 * A message that came in, and where it goes: to what we want of the peer, to what it wants of us, to what it has, to the
 * extensions. And what it costs the peer's budget where it is of no use. BEP 3, 6, 10.
 *
 * Messages of an extension that only one of us speaks count as unknown, and unknown ones are ignored.
 */
import type { Decoded } from '../wire/decoder.ts'
import { EXTENSION_HANDSHAKE_ID, EXTENSION_IDS } from '../wire/extension-handshake.ts'
import type { WireFault } from '../wire/fault.ts'
import type { Message } from '../wire/messages.ts'
import type { DownloadSide } from './download-side.ts'
import type { Extensions } from './extensions.ts'
import { COSTS, MessageBudget } from './message-budget.ts'
import type { Outputs } from './outputs.ts'
import type { PeerContent } from './peer-options.ts'
import type { PiecesTold } from './pieces-told.ts'
import type { UploadSide } from './upload-side.ts'

export interface Rooms {
  readonly out: Outputs
  readonly extensions: Extensions
  readonly told: PiecesTold
  readonly download: DownloadSide
  readonly upload: UploadSide
}

/** What both sides speak. */
export interface Spoken {
  readonly fast: boolean
  readonly extensions: boolean
}

export class Incoming {
  readonly #rooms: Rooms
  readonly #budget = new MessageBudget()
  #spoken: Spoken = { fast: false, extensions: false }

  constructor(rooms: Rooms) {
    this.#rooms = rooms
  }

  begin(nowMs: number, spoken: Spoken): void {
    this.#budget.begin(nowMs)
    this.#spoken = spoken
  }

  /** The fault for which the connection ends, or null. */
  receive(nowMs: number, message: Decoded, content: PeerContent | null): WireFault | null {
    const { told, download, upload } = this.#rooms
    switch (message.type) {
      case 'fault':
        return message.fault
      case 'piece':
        return download.receiveBlock(nowMs, message, content?.geometry ?? null)
      case 'request': {
        const outcome = upload.receiveRequest(nowMs, message, content)
        if (outcome === 'asked-before') return this.#budget.spend(nowMs, COSTS.message)
        return typeof outcome === 'string' ? null : outcome
      }
      case 'cancel':
        upload.receiveCancel(nowMs, message)
        return this.#budget.spend(nowMs, COSTS.message)
      case 'have': {
        const isNew = told.receiveHave(message.piece)
        if (isNew === false) return this.#budget.spend(nowMs, COSTS.message)
        return isNew === true ? null : isNew
      }
      case 'bitfield':
        return this.#budget.spend(nowMs, COSTS.message, message.bits.length * 8) ?? told.receiveBitfield(message.bits)
      case 'choke':
      case 'unchoke':
        if (message.type === 'choke') download.receiveChoke()
        else download.receiveUnchoke()
        return this.#budget.spend(nowMs, COSTS.change)
      case 'interested':
      case 'not-interested':
        upload.receiveInterest(message.type === 'interested')
        return this.#budget.spend(nowMs, COSTS.change)
      case 'extended':
        return this.#spoken.extensions ? this.#receiveExtended(nowMs, message) : this.#receiveUseless(nowMs, message)
      default:
        return this.#spoken.fast ? this.#receiveFast(nowMs, message, content) : this.#receiveUseless(nowMs, message)
    }
  }

  /** BEP 6, and what is left. */
  #receiveFast(nowMs: number, message: Message, content: PeerContent | null): WireFault | null {
    const { out, told, download } = this.#rooms
    switch (message.type) {
      case 'have-all':
        told.receiveHaveAll()
        return this.#budget.spend(nowMs, COSTS.message, told.pieces.pieceCount)
      case 'have-none':
        return told.receiveHaveNone() ?? this.#budget.spend(nowMs, COSTS.message)
      case 'reject':
        return download.receiveReject(nowMs, message)
      case 'allowed-fast':
        download.allowedFast(message.piece)
        return this.#budget.spend(nowMs, COSTS.message)
      case 'suggest': {
        const piece = content?.geometry.pieceIndex(message.piece) ?? null
        if (piece !== null) out.tell({ type: 'suggested', piece })
        return this.#budget.spend(nowMs, COSTS.message)
      }
      default:
        return this.#receiveUseless(nowMs, message)
    }
  }

  /** BEP 10. Paid before it is parsed. */
  #receiveExtended(nowMs: number, { extensionId, payload }: Message & { type: 'extended' }): WireFault | null {
    const { out, extensions, told, download } = this.#rooms
    const isMetadata = extensionId === EXTENSION_IDS.ut_metadata
    const flood = this.#budget.spend(nowMs, costOf(extensionId), isMetadata ? 0 : payload.length)
    if (flood !== null) return flood
    const extended = extensions.receive(nowMs, extensionId, payload)
    switch (extended.kind) {
      case 'fault':
        return extended.fault
      case 'dont-have':
        return told.receiveLost(extended.piece)
      case 'greeting':
        if (extensions.theirs.requestQueueMax !== null) download.setQueueMax(extensions.theirs.requestQueueMax)
        out.tell({ type: 'extended' })
        return null
      case 'metadata':
        out.tell({ type: 'metadata', message: extended.message })
        return null
      case 'pex':
        out.tell({ type: 'pex', message: extended.message })
        return null
      case 'unknown':
        return null
    }
  }

  /** Keep-alives, ports of a DHT that we do not join, what nobody offered. */
  #receiveUseless(nowMs: number, message: Message): WireFault | null {
    const isLong = message.type === 'extended' || message.type === 'unknown'
    return this.#budget.spend(nowMs, COSTS.message, isLong ? message.payload.length : 0)
  }
}

function costOf(extensionId: number): number {
  if (extensionId === EXTENSION_IDS.lt_donthave) return COSTS.lost
  const isDictionary = extensionId === EXTENSION_HANDSHAKE_ID || extensionId === EXTENSION_IDS.ut_pex
  return isDictionary ? COSTS.dictionary : COSTS.message
}
