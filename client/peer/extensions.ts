/**
 * What the peer and we told each other by the extension protocol (BEP 10): which messages it takes under which ids, and
 * what it says of itself. Payloads become messages here, and messages payloads; who acts on them is the owner's matter.
 *
 * Limits: a handshake of 64 KiB (wire); six ut_pex messages a minute, of which BEP 11 allows one.
 */
import {
  EXTENSION_HANDSHAKE_ID,
  EXTENSION_IDS,
  type ExtensionHandshake,
  type ExtensionName,
  encodeExtensionHandshake,
  parseExtensionHandshake,
} from '../wire/extension-handshake.ts'
import { type WireFault, wireFault } from '../wire/fault.ts'
import type { Message } from '../wire/messages.ts'
import { parseDontHave, parseUploadOnly } from '../wire/small-extensions.ts'
import { type MetadataMessage, parseMetadataMessage } from '../wire/ut-metadata.ts'
import { type PexMessage, parsePexMessage } from '../wire/ut-pex.ts'
import type { Greeting } from './peer-options.ts'
import { REQUESTS_QUEUED_MAX } from './their-requests.ts'

/** What others show of us; our version is in the peer id. */
const CLIENT_NAME = 'swarmlab'
/** More in a minute close: libtorrent's limit. */
export const PEX_MESSAGES_MAX = 6
const PEX_WINDOW_MS = 60_000

/** Each value is the last one they gave; null: none. */
export type TheirGreeting = Pick<ExtensionHandshake, 'listenPort' | 'metadataBytes' | 'requestQueueMax' | 'clientName'>

export type Extended =
  /** What they say of themselves has changed. */
  | { readonly kind: 'greeting' }
  | { readonly kind: 'metadata'; readonly message: MetadataMessage }
  | { readonly kind: 'pex'; readonly message: PexMessage }
  | { readonly kind: 'dont-have'; readonly piece: number }
  /** Nothing that we offered, or of a kind that no BEP names. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'fault'; readonly fault: WireFault }

export class Extensions {
  readonly #ourGreeting: () => Greeting
  /** Ids under which they take what we speak; those that we do not know are not kept. */
  readonly #ids = new Map<ExtensionName, number>()
  #usesPex = false
  #saidUploadOnly = false
  #theirs = NOTHING_SAID
  #isUploadOnly = false
  readonly #pexTimesMs: number[] = []

  constructor(ourGreeting: () => Greeting) {
    this.#ourGreeting = ourGreeting
  }

  get theirs(): TheirGreeting {
    return this.#theirs
  }

  get isUploadOnly(): boolean {
    return this.#isUploadOnly
  }

  speaks(name: ExtensionName): boolean {
    return this.#ids.has(name) && (name !== 'ut_pex' || this.#usesPex)
  }

  /** Our handshake, as things are now. */
  greet(): Message {
    const greeting = this.#ourGreeting()
    this.#usesPex = greeting.usePex
    this.#saidUploadOnly = greeting.uploadOnly
    const payload = encodeExtensionHandshake({
      ids: new Map(Object.entries(EXTENSION_IDS).filter(([name]) => name !== 'ut_pex' || greeting.usePex)),
      listenPort: greeting.listenPort,
      metadataBytes: greeting.metadataBytes,
      requestQueueMax: REQUESTS_QUEUED_MAX,
      clientName: CLIENT_NAME,
      uploadOnly: greeting.uploadOnly,
      yourIp: greeting.remoteHost,
    })
    return { type: 'extended', extensionId: EXTENSION_HANDSHAKE_ID, payload }
  }

  /** Null when they know it already. */
  greetAnew(): Message | null {
    return this.#ourGreeting().uploadOnly === this.#saidUploadOnly ? null : this.greet()
  }

  /** The message that carries it. Only what they speak. */
  message(name: ExtensionName, payload: Uint8Array): Message {
    return { type: 'extended', extensionId: this.#ids.get(name)!, payload }
  }

  receive(nowMs: number, extensionId: number, payload: Uint8Array): Extended {
    switch (extensionId) {
      case EXTENSION_HANDSHAKE_ID:
        return this.#receiveGreeting(parseExtensionHandshake(payload))
      case EXTENSION_IDS.ut_metadata:
        return this.#receiveMetadata(parseMetadataMessage(payload))
      case EXTENSION_IDS.ut_pex:
        return this.#usesPex ? this.#receivePex(nowMs, payload) : UNKNOWN
      case EXTENSION_IDS.lt_donthave: {
        const outcome = parseDontHave(payload)
        return 'code' in outcome ? { kind: 'fault', fault: outcome } : { kind: 'dont-have', piece: outcome.piece }
      }
      case EXTENSION_IDS.upload_only: {
        const outcome = parseUploadOnly(payload)
        if ('code' in outcome) return { kind: 'fault', fault: outcome }
        this.#isUploadOnly = outcome.uploadOnly
        return { kind: 'greeting' }
      }
      default:
        return UNKNOWN
    }
  }

  /** It may come again; what is left out then stays as it was, but for the flag of BEP 21. */
  #receiveGreeting(greeting: ExtensionHandshake | WireFault): Extended {
    if ('code' in greeting) return { kind: 'fault', fault: greeting }
    for (const name of Object.keys(EXTENSION_IDS) as ExtensionName[]) {
      const id = greeting.ids.get(name)
      if (id === 0) this.#ids.delete(name)
      else if (id !== undefined) this.#ids.set(name, id)
    }
    const before = this.#theirs
    this.#theirs = {
      listenPort: greeting.listenPort ?? before.listenPort,
      metadataBytes: greeting.metadataBytes ?? before.metadataBytes,
      requestQueueMax: greeting.requestQueueMax ?? before.requestQueueMax,
      clientName: greeting.clientName ?? before.clientName,
    }
    this.#isUploadOnly = greeting.uploadOnly
    return { kind: 'greeting' }
  }

  #receivePex(nowMs: number, payload: Uint8Array): Extended {
    const times = this.#pexTimesMs
    if (times.length === PEX_MESSAGES_MAX && nowMs - times.shift()! < PEX_WINDOW_MS) {
      return { kind: 'fault', fault: wireFault('pex.flood', `at most ${PEX_MESSAGES_MAX} a minute`, 'more') }
    }
    times.push(nowMs)
    const message = parsePexMessage(payload)
    return 'code' in message ? { kind: 'fault', fault: message } : { kind: 'pex', message }
  }

  #receiveMetadata(message: MetadataMessage | WireFault | null): Extended {
    if (message === null) return UNKNOWN
    return 'code' in message ? { kind: 'fault', fault: message } : { kind: 'metadata', message }
  }
}

const UNKNOWN: Extended = { kind: 'unknown' }
const NOTHING_SAID: TheirGreeting = { listenPort: null, metadataBytes: null, requestQueueMax: null, clientName: null }
