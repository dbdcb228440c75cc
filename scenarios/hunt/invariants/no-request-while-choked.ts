/** Nothing is asked of a peer that chokes, but for pieces that it allowed all the same (BEP 6). */
import { type Invariant, Violation } from '../violation.ts'

const PROPERTY = 'no-request-while-choked'

export function noRequestWhileChoked(): Invariant {
  return {
    says: ({ client, wire, book }, message) => {
      if (message.type !== 'request' || !book.theyChoke) return
      if (book.usesFast && book.allowedToUs.has(message.piece)) return
      const block = `${message.piece}:${message.offsetBytes}`
      throw new Violation(PROPERTY, `${client.name} asks ${wire.remote.host}, which chokes it, for ${block}`)
    },
  }
}
