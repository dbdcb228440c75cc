/**
 * What a client says is right: it asks for blocks that there are; it sends blocks that were asked for, to peers that it
 * does not choke (allowed-fast pieces aside), with the bytes of the content, unless its disk was harmed.
 */
import { BLOCK_BYTES, type PieceIndex } from '../../../client/metainfo/geometry.ts'
import type { Message, WireRange } from '../../../client/wire/messages.ts'
import { type ClientWire, type Invariant, Violation } from '../violation.ts'
import { nameOf } from '../wire-book.ts'
import type { HuntWorld } from '../world.ts'

const PROPERTY = 'speaks-the-protocol'

export function speaksTheProtocol({ of: { torrent, content } }: HuntWorld): Invariant {
  const { geometry } = torrent
  return {
    says: (of, message) => {
      if (message.type === 'request') checkRequest(of, message)
      else if (message.type === 'piece') checkBlock(of, message)
    },
  }

  function checkRequest({ client, wire }: ClientWire, range: WireRange): void {
    const piece = geometry.pieceIndex(range.piece)
    const isBlock = piece !== null && geometry.blockIndexAt(piece, range.offsetBytes, range.lengthBytes) !== null
    if (isBlock && range.lengthBytes <= BLOCK_BYTES) return
    throw new Violation(PROPERTY, `${client.name} asks ${wire.remote.host} for ${nameOf(range)}, which is no block`)
  }

  function checkBlock({ client, wire, book }: ClientWire, message: Message & { type: 'piece' }): void {
    const { piece, offsetBytes, block } = message
    const name = nameOf({ piece, offsetBytes, lengthBytes: block.length })
    const to = `${client.name} sends ${name} to ${wire.remote.host}`
    if (!book.owedByUs.has(name)) throw new Violation(PROPERTY, `${to}, which did not ask for it, or has it already`)
    if (book.weChoke && !book.allowedToThem.has(piece)) throw new Violation(PROPERTY, `${to}, which it chokes`)
    const at = piece * geometry.pieceLengthBytes + offsetBytes
    if (client.disk.isHarmed(piece as PieceIndex)) return
    if (Buffer.compare(block, content.subarray(at, at + block.length)) !== 0) {
      throw new Violation(PROPERTY, `${to}, and it is not the content`)
    }
  }
}
