/** Every client that a plan may name, in the order of charts. */
import type { ClientAdapter, ClientName } from './adapter.ts'
import { aria2 } from './aria2.ts'
import { libtorrent } from './libtorrent.ts'
import { qbittorrent } from './qbittorrent.ts'
import { rtorrent } from './rtorrent.ts'
import { swarmlab } from './swarmlab.ts'
import { transmission } from './transmission.ts'
import { webtorrent } from './webtorrent.ts'

export const CLIENTS: Readonly<Record<ClientName, ClientAdapter>> = {
  swarmlab,
  aria2,
  transmission,
  qbittorrent,
  rtorrent,
  libtorrent,
  webtorrent,
}
