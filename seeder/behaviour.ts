/**
 * What a behaviour is, and what it can reach: one way of (mis)behaving, begun by a step of a script.
 *
 * A behaviour lives in a file of its own under `behaviours/`, says its options as a zod schema, and begins with one call.
 */
import type { z } from 'zod'
import type { Random } from '../client/ports/random.ts'
import type { Message } from '../client/wire/messages.ts'
import type { Link } from '../links/link.ts'
import type { Upload } from './upload.ts'

/** The peer, as a behaviour sees it. */
export interface BehaviourHost {
  readonly random: Random
  /** The connections that are open now. */
  uploads(): readonly Upload[]
  /** Takes connections or not; a port that is not listened on refuses. */
  setListening(listening: boolean): void
  /** Sees every connection as it is accepted, after which it may be gone. */
  onAccepted(hook: (upload: Upload) => void): void
  /** Wraps the stream of messages out: what it gives is sent instead, null sends nothing. */
  intercept(interceptor: Interceptor): void
  /** Changes the peer's link from the next unit on. */
  changeLink(change: Partial<Link>): void
  /** Serves, or holds every block back. New connections too. */
  setServing(serving: boolean): void
  /** Chokes every connection, or unchokes those that are interested. New connections too. */
  setChoking(choking: boolean): void
  inMs(delayMs: number, action: () => void): void
}

export type Interceptor = (message: Message) => Message | null

export interface Behaviour<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly options: Options
  begin(host: BehaviourHost, options: z.infer<Options>): void
}

/** Only for its types. */
export function defineBehaviour<Options extends z.ZodObject>(behaviour: Behaviour<Options>): Behaviour<Options> {
  return behaviour
}
