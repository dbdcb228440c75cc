/**
 * The ports of a client that can be killed: after `cut` nothing that it does is seen by anybody, and nothing wakes it.
 * Its connections are reset, as the system does for a process that died. What it may still write goes to a disk that
 * nobody reads any more (`SimulatedDisk.crash` has shown what was there).
 */
import type { Clock } from '../../../client/ports/clock.ts'
import type { Events } from '../../../client/ports/events.ts'
import type { HttpClient } from '../../../client/ports/http.ts'
import type {
  Connection,
  ConnectionHandler,
  Listener,
  ListenHandler,
  PeerAddress,
  Transport,
} from '../../../client/ports/transport.ts'

export class Lifeline {
  readonly #connections = new Set<Connection>()
  readonly #listeners: Listener[] = []
  #isCut = false

  cut(): void {
    this.#isCut = true
    for (const listener of this.#listeners) listener.close()
    for (const connection of this.#connections) connection.reset()
  }

  clock(inner: Clock): Clock {
    return {
      nowMs: () => inner.nowMs(),
      alarm: (wake) =>
        inner.alarm((nowMs) => {
          if (!this.#isCut) wake(nowMs)
        }),
    }
  }

  events(inner: Events): Events {
    return {
      emit: (nowMs, event) => {
        if (!this.#isCut) inner.emit(nowMs, event)
      },
    }
  }

  http(inner: HttpClient): HttpClient {
    return {
      get: (request, done) => {
        if (this.#isCut) return { cancel() {} }
        return inner.get(request, (nowMs, outcome) => {
          if (!this.#isCut) done(nowMs, outcome)
        })
      },
    }
  }

  transport(inner: Transport): Transport {
    return {
      connect: (remote, handler) => {
        if (this.#isCut) return deadConnection(remote)
        const connection: Connection = inner.connect(
          remote,
          this.#handler(handler, () => connection),
        )
        this.#connections.add(connection)
        return connection
      },
      listen: (local, handler) => {
        const listener = inner.listen(local, this.#listenHandler(handler))
        this.#listeners.push(listener)
        return listener
      },
    }
  }

  #listenHandler(handler: ListenHandler): ListenHandler {
    return {
      listening: (nowMs, local) => handler.listening(nowMs, local),
      failed: (nowMs, fault) => handler.failed(nowMs, fault),
      accepted: (nowMs, connection) => {
        this.#connections.add(connection)
        return this.#handler(handler.accepted(nowMs, connection), () => connection)
      },
    }
  }

  #handler(handler: ConnectionHandler, connection: () => Connection): ConnectionHandler {
    const alive = (call: () => void) => {
      if (!this.#isCut) call()
    }
    return {
      opened: (nowMs) => alive(() => handler.opened(nowMs)),
      received: (nowMs, chunk, ownership) => alive(() => handler.received(nowMs, chunk, ownership)),
      drained: (nowMs) => alive(() => handler.drained(nowMs)),
      ended: (nowMs, end) => {
        this.#connections.delete(connection())
        alive(() => handler.ended(nowMs, end))
      },
    }
  }
}

function deadConnection(remote: PeerAddress): Connection {
  return { remote, unsentBytes: 0, send() {}, close() {}, reset() {}, pauseReceiving() {}, resumeReceiving() {} }
}
