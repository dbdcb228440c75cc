/**
 * Simulated Hasher: compares a piece with the content it should be, instead of computing SHA-1 (9 µs a block would cap
 * the simulator). A part that is a view on the content itself is known by its identity, others byte by byte.
 */
import type { HashCheck, Hasher } from '../client/ports/hasher.ts'
import type { Simulation } from './simulation.ts'

/** `content` holds all pieces of the torrent, one after another. */
export function simulatedHasher(simulation: Simulation, content: Uint8Array, pieceLengthBytes: number): Hasher {
  return {
    verify: (check, done) => {
      const pieceAt = check.piece * pieceLengthBytes
      const matches = isContent(check.parts, content.subarray(pieceAt, pieceAt + pieceLengthBytes))
      simulation.soon((nowMs) => done(nowMs, matches))
    },
  }
}

function isContent(parts: HashCheck['parts'], piece: Uint8Array): boolean {
  let offset = 0
  for (const part of parts) {
    const isSame = part.buffer === piece.buffer && part.byteOffset === piece.byteOffset + offset
    if (!isSame && !isAt(part, piece, offset)) return false
    offset += part.length
  }
  return offset === piece.length
}

/** A loop without a call for each byte: pieces between our own clients are copies, and all of them are compared. */
function isAt(part: Uint8Array, piece: Uint8Array, offset: number): boolean {
  for (let index = 0; index < part.length; index++) if (part[index] !== piece[offset + index]) return false
  return true
}
