/** The network of a client that nobody can reach: it has a port, which it announces, and nobody listens there. */
import type { Transport } from '../../../client/ports/transport.ts'

export function notListening(inner: Transport): Transport {
  return {
    connect: (remote, handler) => inner.connect(remote, handler),
    listen: (wanted, handler) => {
      const listener = inner.listen(wanted, {
        ...handler,
        failed: (nowMs, fault) => handler.failed(nowMs, fault),
        listening: (nowMs, bound) => {
          listener.close()
          handler.listening(nowMs, bound)
        },
      })
      return { close: () => {} }
    },
  }
}
