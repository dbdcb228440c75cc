/**
 * The extension messages of one connection of a scripted peer: its handshake, metadata on request, peers it knows, and
 * pieces it lost. BEP 9, 10, 11, 21, 54. What it says is the conduct's; what they said is kept here.
 */
import type { PieceIndex } from '../client/metainfo/geometry.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import {
  EXTENSION_HANDSHAKE_ID,
  EXTENSION_IDS,
  type ExtensionHandshake,
  type ExtensionName,
  encodeExtensionHandshake,
  parseExtensionHandshake,
} from '../client/wire/extension-handshake.ts'
import { encodeDontHave, parseDontHave } from '../client/wire/small-extensions.ts'
import { encodeMetadataMessage, type MetadataMessage, parseMetadataMessage } from '../client/wire/ut-metadata.ts'
import { encodePexMessage } from '../client/wire/ut-pex.ts'
import type { Leeching } from './leeching.ts'
import type { Line, PartOwner } from './session-part.ts'

const CLIENT_NAME = 'swarmlab scripted peer'

export class Extensions {
  readonly #owner: PartOwner
  readonly #line: Line
  readonly #leeching: Leeching
  #theirs: ExtensionHandshake | null = null

  constructor(owner: PartOwner, line: Line, leeching: Leeching) {
    this.#owner = owner
    this.#line = line
    this.#leeching = leeching
  }

  /** The id under which they take it; null where they do not, or have not said so yet. */
  theirId(name: ExtensionName): number | null {
    const id = this.#theirs?.ids.get(name) ?? 0
    return id === 0 ? null : id
  }

  /** The extension handshake; again when something of it has changed (BEP 21). */
  greet(): void {
    const { conduct, listenPort } = this.#owner
    const { extensions } = conduct
    if (extensions === null || !this.#line.usesExtensions) return
    const { ut_pex, ...others } = EXTENSION_IDS
    const ids = new Map<string, number>(Object.entries(extensions.pex === null ? others : { ut_pex, ...others }))
    const payload = encodeExtensionHandshake({
      ids,
      listenPort,
      metadataBytes: extensions.metadata?.announcedBytes ?? null,
      requestQueueMax: extensions.requestQueueMax,
      clientName: CLIENT_NAME,
      uploadOnly: extensions.uploadOnly,
      yourIp: this.#line.remote.host,
    })
    this.#line.send({ type: 'extended', extensionId: EXTENSION_HANDSHAKE_ID, payload })
  }

  /** What is not as it should be is ignored: this peer is patient. */
  receive(extensionId: number, payload: Uint8Array): void {
    if (!this.#line.usesExtensions) return
    if (extensionId === EXTENSION_HANDSHAKE_ID) this.#greeted(parseExtensionHandshake(payload))
    else if (extensionId === EXTENSION_IDS.ut_metadata) this.#metadata(parseMetadataMessage(payload))
    else if (extensionId === EXTENSION_IDS.lt_donthave) this.#theyLost(parseDontHave(payload))
  }

  /** Where they take none, nothing is sent. */
  dontHave(piece: PieceIndex): void {
    this.#send('lt_donthave', () => encodeDontHave(piece))
  }

  tellPeers(peers: readonly PeerAddress[]): void {
    const added = peers.map((address) => ({ address, isSeed: false, reachable: true }))
    this.#send('ut_pex', () => encodePexMessage({ added, dropped: [] }))
  }

  #greeted(theirs: ExtensionHandshake | object): void {
    if (!('ids' in theirs)) return
    const isFirst = this.#theirs === null
    this.#theirs = theirs
    const pex = this.#owner.conduct.extensions?.pex ?? []
    if (isFirst && pex.length > 0) this.tellPeers(pex)
  }

  #metadata(message: MetadataMessage | object | null): void {
    if (message === null || !('kind' in message) || message.kind !== 'request') return
    const { piece } = message
    const source = this.#owner.conduct.extensions?.metadata ?? null
    const answer = source === null ? ({ kind: 'reject', piece } as const) : source.answer(piece)
    if (answer !== null) this.#send('ut_metadata', () => encodeMetadataMessage(answer))
  }

  #theyLost(message: { readonly piece: number } | object): void {
    if ('piece' in message) this.#leeching.theyLost(message.piece)
  }

  #send(name: ExtensionName, payload: () => Uint8Array): void {
    const extensionId = this.theirId(name)
    if (extensionId !== null) this.#line.send({ type: 'extended', extensionId, payload: payload() })
  }
}
