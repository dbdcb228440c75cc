/** The peer sends one message again and again, each in itself harmless. */
import { z } from 'zod'
import { encode } from '../../client/bencode/encode.ts'
import { encodeCompactPeers } from '../../client/wire/compact-peers.ts'
import { EXTENSION_HANDSHAKE_ID, EXTENSION_IDS, type ExtensionName } from '../../client/wire/extension-handshake.ts'
import type { Message } from '../../client/wire/messages.ts'
import { encodeDontHave } from '../../client/wire/small-extensions.ts'
import { encodeMetadataMessage } from '../../client/wire/ut-metadata.ts'
import { type BehaviourHost, defineBehaviour } from '../behaviour.ts'
import { drawBlock } from '../draw.ts'
import { extensionsOf } from '../metadata-source.ts'
import { atRate, rateOptions } from '../rate.ts'
import type { Session } from '../session.ts'

interface Flow {
  readonly host: BehaviourHost
  readonly session: Session
  /** How many came before it. */
  readonly index: number
  readonly peersPerMessage: number
}

const UNKNOWN_ID = 99

const piece = ({ host }: Flow): number => host.random.below(host.torrent.geometry.pieceCount)
const range = ({ host }: Flow) => drawBlock(host.random, host.torrent.geometry)

const MESSAGES: Record<string, (flow: Flow) => Message> = {
  have: (flow) => ({ type: 'have', piece: piece(flow) }),
  'have-beyond': ({ host, index }) => ({ type: 'have', piece: host.torrent.geometry.pieceCount + index }),
  'keep-alive': () => ({ type: 'keep-alive' }),
  interest: ({ index }) => ({ type: index % 2 === 0 ? 'interested' : 'not-interested' }),
  choke: ({ index }) => ({ type: index % 2 === 0 ? 'unchoke' : 'choke' }),
  request: (flow) => ({ type: 'request', ...range(flow) }),
  cancel: (flow) => ({ type: 'cancel', ...range(flow) }),
  reject: (flow) => ({ type: 'reject', ...range(flow) }),
  suggest: (flow) => ({ type: 'suggest', piece: piece(flow) }),
  'allowed-fast': (flow) => ({ type: 'allowed-fast', piece: piece(flow) }),
  bitfield: ({ host }) => ({ type: 'bitfield', bits: host.conduct.pieces.toWire() }),
  port: ({ host }) => ({ type: 'port', port: 1 + host.random.below(65_535) }),
  unknown: () => ({ type: 'unknown', id: UNKNOWN_ID, payload: new Uint8Array(16) }),
  'extension-handshake': () => ({ type: 'extended', extensionId: EXTENSION_HANDSHAKE_ID, payload: encode({ m: {} }) }),
  'dont-have': (flow) => extended(flow, 'lt_donthave', encodeDontHave(piece(flow))),
  'metadata-request': (flow) => extended(flow, 'ut_metadata', encodeMetadataMessage({ kind: 'request', piece: 0 })),
  pex: (flow) => extended(flow, 'ut_pex', pexPayload(flow)),
}
const SPOKEN_BY_EXTENSION = new Set(['extension-handshake', 'dont-have', 'metadata-request', 'pex'])

export const flood = defineBehaviour({
  name: 'flood',
  summary: 'Sends a message again and again; `interest` and `choke` alternate with their opposites.',
  options: z.strictObject({
    what: z.enum(Object.keys(MESSAGES)).describe('which message'),
    ...rateOptions({ perSecond: 1_000, count: 10_000 }),
    peersPerMessage: z
      .number()
      .int()
      .min(1)
      .max(5_000)
      .default(200)
      .describe('where it is pex; all are on 127.64.0.0/10'),
  }),
  begin(host, { what, peersPerMessage, ...rate }) {
    if (SPOKEN_BY_EXTENSION.has(what)) extensionsOf(host).pex ??= []
    if (what === 'request') host.sessions.onOpen((session) => session.send({ type: 'interested' }))
    const counts = new WeakMap<Session, number>()
    atRate(host, rate, (session) => {
      const index = counts.get(session) ?? 0
      counts.set(session, index + 1)
      session.send(MESSAGES[what]!({ host, session, index, peersPerMessage }))
    })
  },
})

/** Under the id that they take it under, or else the one that we do. */
function extended({ session }: Flow, name: ExtensionName, payload: Uint8Array): Message {
  return { type: 'extended', extensionId: session.extensions.theirId(name) ?? EXTENSION_IDS[name], payload }
}

/** Peers that are nowhere: loopback addresses, on a port that nobody listens on. */
function pexPayload({ host: { random }, peersPerMessage }: Flow): Uint8Array {
  const peers = Array.from({ length: peersPerMessage }, () => ({
    host: `127.${64 + random.below(64)}.${random.below(256)}.${1 + random.below(254)}`,
    port: 1,
  }))
  const { ipv4 } = encodeCompactPeers(peers)
  return encode({ added: ipv4, 'added.f': new Uint8Array(peersPerMessage) })
}
