/** As much of the package as the interop tests use; it has no types of its own. */
declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events'

  interface Options {
    readonly torrentPort: number
    readonly dht: false
    readonly lsd: false
    readonly natUpnp: false
    readonly natPmp: false
  }

  interface Torrent extends EventEmitter {
    readonly progress: number
  }

  class WebTorrent extends EventEmitter {
    constructor(options: Options)
    add(source: string, options: { readonly path: string }): Torrent
    destroy(done: () => void): void
  }

  export = WebTorrent
}
