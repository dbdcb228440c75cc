/**
 * Who is banned has sent wrong bytes to the one that bans it, over whatever connection: the wire has seen them. Or wrong
 * metadata, which only a peer sends whose script has it so; of web seeds, the one that corrupts.
 */
import { hostOf, webSeedUrl } from '../schedule.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'bans-only-guilty'

export function bansOnlyGuilty({ of: { torrent, content }, schedule }: HuntWorld): Invariant {
  /** Hosts that sent something wrong, by the name of the client that got it. */
  const guilty = new Map<string, Set<string>>()
  const liesAboutMetadata = new Set(
    schedule.peers.flatMap(({ name, script }) => (script.some(isAboutMetadata) ? [hostOf(name)] : [])),
  )
  return {
    hears: ({ client, wire }, message) => {
      if (message.type !== 'piece' || guilty.get(client.name)?.has(wire.remote.host) === true) return
      const { block, piece, offsetBytes } = message
      const at = piece * torrent.geometry.pieceLengthBytes + offsetBytes
      // Of a view on the content itself no byte is compared.
      if (block.buffer === content.buffer && block.byteOffset === content.byteOffset + at) return
      if (Buffer.compare(block, content.subarray(at, at + block.length)) === 0) return
      const hosts = guilty.get(client.name) ?? new Set()
      guilty.set(client.name, hosts.add(wire.remote.host))
    },
    event: (client, _, event) => {
      if (event.type !== 'peer-banned') return
      if (schedule.webSeeds.some(({ name, fault }) => event.peer === webSeedUrl(name) && fault === 'corrupt')) return
      const host = event.peer.slice(0, event.peer.lastIndexOf(':'))
      if (guilty.get(client.name)?.has(host) === true) return
      if (event.reason.includes('metadata') && liesAboutMetadata.has(host)) return
      throw new Violation(PROPERTY, `${client.name} bans ${event.peer}, which sent it no wrong byte: ${event.reason}`)
    },
  }
}

function isAboutMetadata(step: Record<string, unknown>): boolean {
  return JSON.stringify(step.do).includes('"metadata"')
}
