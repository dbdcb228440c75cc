/**
 * What a client claims to have is on its disk, byte for byte: when it says that a piece is stored, when it tells a peer
 * (have, bitfield, have-all), and when it says that it is complete. What the world harmed since is not held against it.
 */
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import { Bitfield } from '../../../client/wire/bitfield.ts'
import type { HuntedClient } from '../hunted-client.ts'
import { type Invariant, Violation } from '../violation.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'only-good-bytes-claimed'

export function onlyGoodBytesClaimed({ of: { torrent } }: HuntWorld): Invariant {
  const { pieceCount } = torrent.geometry
  const check = (client: HuntedClient, piece: number, how: string): void => {
    if (piece < pieceCount && (client.disk.isHarmed(piece) || client.disk.isGood(piece))) return
    throw new Violation(PROPERTY, `${client.name} ${how} piece ${piece}, and its bytes are not on the disk`)
  }
  return {
    event: (client, _, event) => {
      if (event.type === 'piece-stored') check(client, event.piece, 'says that it stored')
      if (event.type !== 'completed') return
      for (const piece of client.wanted()) check(client, piece, 'is complete with')
    },
    says: ({ client, wire }, message) => {
      const how = `tells ${wire.remote.host} that it has`
      if (message.type === 'have') check(client, message.piece, how)
      else if (message.type === 'have-all') for (let piece = 0; piece < pieceCount; piece++) check(client, piece, how)
      else if (message.type === 'bitfield') {
        const shown = Bitfield.fromWire(message.bits, pieceCount)
        if (!(shown instanceof Bitfield)) throw new Violation(PROPERTY, `${client.name} sends a bitfield that is none`)
        for (let piece = 0; piece < pieceCount; piece++) if (shown.has(piece as PieceIndex)) check(client, piece, how)
      }
    },
  }
}
