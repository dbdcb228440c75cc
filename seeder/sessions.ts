/** The connections that a scripted peer has, and what behaviours have hung in: hooks on what happens, and interceptors. */
import type { Message } from '../client/wire/messages.ts'
import type { Outgoing, Session } from './session.ts'

export type Interceptor = (message: Message, session: Session) => Outgoing | readonly Outgoing[] | null
type SessionHook = (session: Session) => void
type MessageHook = (session: Session, message: Message) => void

export class Sessions {
  readonly #all = new Set<Session>()
  readonly #connectedHooks: SessionHook[] = []
  readonly #openHooks: SessionHook[] = []
  readonly #endedHooks: SessionHook[] = []
  readonly #receivedHooks: MessageHook[] = []
  readonly #interceptors: Interceptor[] = []

  /** Open or not yet, in the order in which they came. */
  get all(): readonly Session[] {
    return [...this.#all]
  }

  get open(): readonly Session[] {
    return this.all.filter((session) => session.isOpen)
  }

  // What behaviours do.

  /** Now for each session that is open, and for each later one once it has said what an honest peer says at first. */
  onOpen(action: SessionHook): void {
    this.#openHooks.push(action)
    for (const session of this.open) action(session)
  }

  /** Each later one as it is accepted or dialled, after which it may be gone. */
  onConnected(hook: SessionHook): void {
    this.#connectedHooks.push(hook)
  }

  onEnded(hook: SessionHook): void {
    this.#endedHooks.push(hook)
  }

  /** After the peer has done what is due for the message. */
  onReceived(hook: MessageHook): void {
    this.#receivedHooks.push(hook)
  }

  /** Wraps the stream of messages out: what it gives is sent instead, null sends nothing. The first hung in is asked first. */
  intercept(interceptor: Interceptor): void {
    this.#interceptors.push(interceptor)
  }

  // What the peer does.

  connected(session: Session): void {
    this.#all.add(session)
    for (const hook of this.#connectedHooks) hook(session)
  }

  opened(session: Session): void {
    for (const hook of this.#openHooks) hook(session)
  }

  ended(session: Session): void {
    this.#all.delete(session)
    for (const hook of this.#endedHooks) hook(session)
  }

  received(session: Session, message: Message): void {
    for (const hook of this.#receivedHooks) hook(session, message)
  }

  outgoing(honest: Message, session: Session): readonly Outgoing[] {
    return this.#interceptors.reduce<readonly Outgoing[]>(
      (messages, interceptor) =>
        messages.flatMap((message) => {
          if (message.type === 'bytes' || message.type === 'end') return [message]
          return interceptor(message, session) ?? []
        }),
      [honest],
    )
  }

  /** Nobody hears of the ends. */
  closeAll(): void {
    this.#endedHooks.length = 0
    for (const session of this.all) session.close()
  }
}
