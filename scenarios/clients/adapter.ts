/**
 * What a testbed knows of a client that it runs as a program: where it comes from, how it is started, and how it is seen
 * to be ready and complete. Description and pure functions only: whoever runs it spawns it here or in a container.
 *
 * Whatever finds peers but the tracker (DHT, local discovery, port mapping, peer exchange) is off in every client. All
 * other settings are the client's own (`default`), or one set that suits a testbed (`tuned`, in words in docs/clients.md).
 * Once complete, a client goes on until it is ended.
 */

export const CLIENT_NAMES = [
  'swarmlab',
  'aria2',
  'transmission',
  'qbittorrent',
  'rtorrent',
  'libtorrent',
  'webtorrent',
] as const
export type ClientName = (typeof CLIENT_NAMES)[number]

export const SETTINGS_NAMES = ['default', 'tuned'] as const
export type SettingsName = (typeof SETTINGS_NAMES)[number]

export interface ClientAdapter {
  readonly name: ClientName
  readonly origin: Origin
  /** Prints its version, and ends. */
  versionCommand(places: Places): Command
  /** It refuses peers in 127.0.0.0/8. */
  readonly refusesLoopback: boolean
  /** Of the tuned set: the settings that differ from the client's own, as they are written for it. */
  readonly tuned: readonly string[]
  /** Written before it starts. */
  files(order: ClientOrder): readonly SettingsFile[]
  command(order: ClientOrder): Command
  /** A seed has verified its content. */
  seeding(order: ClientOrder): Sign
  /** A downloader has everything on the disk. */
  complete(order: ClientOrder): Sign
}

export type Origin =
  | { readonly kind: 'debian'; readonly package: string }
  | { readonly kind: 'npm'; readonly package: string }
  | { readonly kind: 'project' }

/** Where things are, as the client sees them: here, or in its container. */
export interface Places {
  /** Of this project. */
  readonly projectFolder: string
  /** Node 24. */
  readonly nodePath: string
}

export interface ClientOrder extends Places {
  readonly role: 'seed' | 'download'
  readonly source: Source
  /** Has the content, or gets it. */
  readonly folder: string
  /** Empty; the client's own: settings, state. */
  readonly stateFolder: string
  readonly host: string
  readonly port: number
  readonly settings: SettingsName
}

/** What a link says stands beside it too, for a client that cannot be given one. */
export type Source =
  | { readonly kind: 'torrent'; readonly path: string; readonly bytes: Uint8Array }
  | {
      readonly kind: 'magnet'
      readonly uri: string
      readonly infohash: string
      readonly name: string
      readonly trackerUrl: string
    }

export interface SettingsFile {
  readonly path: string
  readonly content: string | Uint8Array
  /** It is a script, which the client runs. */
  readonly isExecutable?: true
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How something is seen: a line of standard output or error, a file that comes into being, or by the tracker alone. */
export type Sign =
  | { readonly kind: 'line'; readonly pattern: RegExp }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'announce' }

/** As a command line has it. */
export function sourceArgument(source: Source): string {
  return source.kind === 'torrent' ? source.path : source.uri
}
