/**
 * Bytes are conserved on every connection: sent = received + in flight + lost to a reset. Nothing comes that was not
 * sent; who hears a FIN has got all that was sent before it; what has not left is not here.
 */
import { type Invariant, Violation } from '../violation.ts'
import type { Wire } from '../wires.ts'

const PROPERTY = 'bytes-conserved'

export function bytesConserved(): Invariant {
  const check = (wire: Wire, isAll: boolean): void => {
    const { twin } = wire
    if (twin === null) return
    const inFlight = twin.sentBytes - wire.receivedBytes
    if (inFlight < twin.unsentBytes || (isAll && inFlight !== 0)) {
      const counts = `${twin.sentBytes} sent, ${twin.unsentBytes} of them still there, ${wire.receivedBytes} received`
      throw new Violation(PROPERTY, `from ${twin.host} to ${wire.host}: ${counts}`)
    }
  }
  return {
    received: (wire) => check(wire, false),
    ended: (wire, end) => check(wire, end === 'fin' && wire.left === null && wire.twin?.left === 'close'),
  }
}
