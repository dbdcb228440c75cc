/**
 * Which cases there are: clients x direction x content x way to the peer, without those that a client cannot do. A case
 * is one seed and one leecher, one of them ours.
 */

export const CLIENTS = ['aria2', 'libtorrent', 'webtorrent'] as const
export const DIRECTIONS = ['from ours', 'to ours'] as const
export const CONTENTS = ['single', 'multi', 'padding', 'hybrid', 'magnet'] as const
export const WAYS = ['our http', 'our udp', 'opentracker http', 'opentracker udp', 'x.pe'] as const

export type ClientName = (typeof CLIENTS)[number]
export type Direction = (typeof DIRECTIONS)[number]
/** `hybrid`: v1 and v2 in one (BEP 52), with padding, made by libtorrent. `magnet`: metadata of more than one piece. */
export type ContentName = (typeof CONTENTS)[number]
/** A tracker and how it is announced to; `x.pe`: no tracker, the magnet link names the peer. */
export type Way = (typeof WAYS)[number]

export interface Case {
  readonly client: ClientName
  readonly direction: Direction
  readonly content: ContentName
  readonly way: Way
}

/** What cannot be, and why. */
const IMPOSSIBLE: readonly { readonly why: string; readonly is: (one: Case) => boolean }[] = [
  { why: 'x.pe is of magnet links', is: ({ way, content }) => way === 'x.pe' && content !== 'magnet' },
  {
    why: 'aria2 knows no x.pe',
    is: ({ client, way, direction }) => client === 'aria2' && way === 'x.pe' && direction === 'from ours',
  },
  {
    why: 'aria2 1.36 reckons another infohash for a hybrid torrent: it writes `info` anew, without its empty keys',
    is: ({ client, content }) => client === 'aria2' && content === 'hybrid',
  },
  {
    why: 'webtorrent announces a magnet link with an empty `left` by HTTP, to which opentracker answers 400',
    is: ({ client, content, way, direction }) =>
      client === 'webtorrent' && content === 'magnet' && way === 'opentracker http' && direction === 'from ours',
  },
  {
    why: 'aria2 speaks to UDP trackers only while its DHT is on',
    is: ({ client, way }) => client === 'aria2' && way.endsWith('udp'),
  },
]

export const CASES: readonly Case[] = CLIENTS.flatMap((client) =>
  DIRECTIONS.flatMap((direction) =>
    CONTENTS.flatMap((content) => WAYS.map((way): Case => ({ client, direction, content, way }))),
  ),
).filter((one) => !IMPOSSIBLE.some(({ is }) => is(one)))

/** Counted by hand: a slip in the table above must not go unseen. */
export const CASES_PER_CLIENT: Readonly<Record<ClientName, number>> = {
  // 2 directions x 4 contents x 2 trackers by HTTP, and x.pe to ours.
  aria2: 17,
  // 2 directions x 5 contents x 4 ways to a tracker, and x.pe both ways.
  libtorrent: 42,
  // The same without magnets from ours by HTTP of opentracker.
  webtorrent: 41,
}

export function caseName({ client, direction, content, way }: Case): string {
  const [from, to] = direction === 'from ours' ? ['ours', client] : [client, 'ours']
  return `${from} seeds, ${to} downloads: ${content}, ${way}`
}
