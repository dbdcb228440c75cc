import type { ConnectionHandler, Transport } from './transport.ts'

/**
 * A transport whose borrowed chunks turn to garbage when the call returns, as a shared receive buffer does sooner or
 * later. Tests of what receives put it around theirs: who kept a view instead of a copy is found out at once.
 */
export function poisonBorrowed(transport: Transport): Transport {
  const poisoned = (handler: ConnectionHandler): ConnectionHandler => ({
    opened: (nowMs) => handler.opened(nowMs),
    received(nowMs, chunk, ownership) {
      handler.received(nowMs, chunk, ownership)
      if (ownership === 'borrowed') chunk.fill(0xa5)
    },
    drained: (nowMs) => handler.drained(nowMs),
    ended: (nowMs, end) => handler.ended(nowMs, end),
  })
  return {
    connect: (remote, handler) => transport.connect(remote, poisoned(handler)),
    listen: (local, handler) =>
      transport.listen(local, {
        listening: (nowMs, bound) => handler.listening(nowMs, bound),
        failed: (nowMs, fault) => handler.failed(nowMs, fault),
        accepted: (nowMs, connection) => poisoned(handler.accepted(nowMs, connection)),
      }),
  }
}
