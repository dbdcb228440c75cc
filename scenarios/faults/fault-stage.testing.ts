/**
 * A hostile peer, alone with the client or beside an honest one, in virtual time; and all that the client did about it:
 * every dial, end and ban, and every byte that passed, protocol and all.
 *
 * 17 pieces of 256 KiB, the last one short, so that a bitfield has spare bits. A peer's uplink sends a block in 40 ms, so
 * that an honest peer alone takes 10.8 s: long enough for what a flood costs to be seen.
 */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { type TransportTap, tappedTransport } from '../../client/tap/tapped-transport.ts'
import type { HostileKind } from '../../seeder/hostile-kinds.ts'
import { SimulatedDisk } from '../../simulator/storage.ts'
import {
  BLOCK_RATE,
  CLIENT,
  type PeerSpec,
  peerAddress,
  peerName,
  Swarm,
  type SwarmSpec,
} from '../swarm-stage.testing.ts'

export const PIECE_BYTES = 16 * BLOCK_BYTES
export const TOTAL_BYTES = 16 * PIECE_BYTES + 5 * BLOCK_BYTES
export const LINK = { upBytesPerSecond: BLOCK_RATE / 4 }
/** Serves metadata too, to who came by a magnet link. */
export const HONEST: PeerSpec = { link: LINK, script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'speak' } }] }

export interface Traffic {
  connections: number
  receivedBytes: number
  sentBytes: number
}

export class FaultStage extends Swarm {
  /** Of all connections to one host. */
  readonly traffic: ReadonlyMap<string, Traffic>

  constructor(spec: SwarmSpec) {
    const traffic = new Map<string, Traffic>()
    super({
      totalBytes: TOTAL_BYTES,
      pieceLengthBytes: PIECE_BYTES,
      isPlanned: true,
      ...spec,
      settings: { pipelineDepth: 'auto', ...spec.settings },
      transport: (inner, clock) => tappedTransport(inner, countInto(traffic), { clock, localHost: CLIENT.host }),
    })
    this.traffic = traffic
  }

  trafficOf(peer: number): Traffic {
    return this.traffic.get(peerAddress(peer).host) ?? { connections: 0, receivedBytes: 0, sentBytes: 0 }
  }

  dials(peer: number): number {
    return this.judge.all('peer-connecting').filter((event) => event.peer === peerName(peer)).length
  }

  /** `REASON` for the last time, or `REASON, again in N ms`. */
  ends(peer: number): string[] {
    const closed = this.judge.all('peer-closed').filter((event) => event.peer === peerName(peer))
    return closed.map(({ reason, retryInMs }) => (retryInMs === null ? reason : `${reason}, again in ${retryInMs} ms`))
  }

  bans(peer: number): string[] {
    return this.judge.all('peer-banned').flatMap((event) => (event.peer === peerName(peer) ? [event.reason] : []))
  }

  snubs(peer: number): number {
    return this.judge.all('peer-snubbed').filter((event) => event.peer === peerName(peer)).length
  }

  /** Payload that it got of us. */
  uploadedTo(peer: number): number {
    const sent = this.judge.all('block-sent').filter((event) => event.peer === peerName(peer))
    return sent.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  }

  get isComplete(): boolean {
    return this.status.phase === 'complete'
  }
}

function countInto(traffic: Map<string, Traffic>): TransportTap {
  return {
    connection(_, { remote }) {
      const counts = traffic.get(remote.host) ?? { connections: 0, receivedBytes: 0, sentBytes: 0 }
      traffic.set(remote.host, counts)
      counts.connections++
      return {
        opened: () => {},
        sent(_nowMs, parts) {
          counts.sentBytes += parts.reduce((sum, part) => sum + part.length, 0)
        },
        received(_nowMs, chunk) {
          counts.receivedBytes += chunk.length
        },
        ended: () => {},
      }
    },
  }
}

/** The peer of this kind, alone or behind honest ones, with a client that has nothing. */
export function meeting(kind: HostileKind, besides: readonly PeerSpec[], spec: Partial<SwarmSpec> = {}): FaultStage {
  const stage = new FaultStage({
    ...spec,
    peers: [...besides, { link: LINK, script: kind.script }],
    fromMagnet: kind.onlyMagnet === true || spec.fromMagnet === true,
  })
  return stage.start()
}

/** How long the honest one takes alone, in ms. */
export function honestMs(spec: Partial<SwarmSpec> = {}): number {
  return new FaultStage({ ...spec, peers: [HONEST] }).start().complete(60_000)
}

/** With all of the content on it. */
export function wholeDisk(content: Uint8Array): SimulatedDisk {
  const disk = new SimulatedDisk([content.length], [content])
  disk.fill()
  return disk
}
