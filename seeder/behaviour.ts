/**
 * What a behaviour is, and what it can reach: one way of (mis)behaving, begun by a step of a script.
 *
 * A behaviour lives in a file of its own under `behaviours/`, says its options as a zod schema in which each option is
 * described, and begins with one call. What it does holds for every connection, the later ones too, unless it says
 * otherwise.
 */
import type { z } from 'zod'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import type { Random } from '../client/ports/random.ts'
import type { PeerAddress } from '../client/ports/transport.ts'
import type { Bitfield } from '../client/wire/bitfield.ts'
import type { Message, WireRange } from '../client/wire/messages.ts'
import type { Link } from '../links/link.ts'
import type { Conduct } from './conduct.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/** The peer, as a behaviour sees it. */
export interface BehaviourHost {
  readonly random: Random
  readonly torrent: TorrentFile
  readonly conduct: Conduct
  readonly sessions: Sessions
  /** Takes connections or not; a port that is not listened on refuses. */
  setListening(listening: boolean): void
  /** Null: the client that the peer was started for; a RangeError when it was started for none. */
  dial(address: PeerAddress | null): Session
  /** Changes the peer's link from now on. */
  changeLink(change: Partial<Link>): void
  /** Serves, or holds every block back. */
  setServing(serving: boolean): void
  /** Chokes every connection, or unchokes those that are interested. */
  setChoking(choking: boolean): void
  /** What it has from now on; who is connected is told of the difference. */
  setPieces(pieces: Bitfield): void
  /** A message with bytes of the content. */
  block(range: WireRange): Message & { type: 'piece' }
  inMs(delayMs: number, action: () => void): void
}

export interface Behaviour<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string
  /** One sentence: what the peer does. */
  readonly summary: string
  readonly options: Options
  begin(host: BehaviourHost, options: z.infer<Options>): void
}

/** Only for its types. */
export function defineBehaviour<Options extends z.ZodObject>(behaviour: Behaviour<Options>): Behaviour<Options> {
  return behaviour
}
