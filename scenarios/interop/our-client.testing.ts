/** Our client in a case, within the test's process, with its wire trace kept for whoever has to find out. */
import { type Download, type DownloadOptions, openDownload } from '../../client/node/download.ts'
import { readMagnet, readTorrentFile } from '../../client/node/read-torrent.ts'
import type { ClientEvent } from '../../client/ports/events.ts'
import type { DownloadSource } from '../../client/swarm/settings.ts'
import { tappedTransport } from '../../client/tap/tapped-transport.ts'
import { wireTrace } from '../../client/tap/wire-trace.ts'
import { HOST } from './programs.testing.ts'

export interface OurClient {
  readonly download: Download
  readonly events: readonly ClientEvent[]
  /** What happened, and every message, in order. */
  readonly output: () => string
}

const CHATTY: readonly ClientEvent['type'][] = ['block-requested', 'block-received', 'block-sent', 'piece-verified']

export async function startOurClient(
  source: DownloadSource,
  options: Pick<DownloadOptions, 'rootDir'> & Partial<DownloadOptions>,
): Promise<OurClient> {
  const events: ClientEvent[] = []
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  let pieceCount: number | null = null
  const emit = (nowMs: number, event: ClientEvent) => {
    events.push(event)
    if (event.type === 'started') pieceCount = event.pieceCount
    if (!CHATTY.includes(event.type)) write(`${(nowMs / 1000).toFixed(3).padStart(9)} ${JSON.stringify(event)}`)
  }
  const download = await openDownload(
    {
      source,
      host: HOST,
      port: 0,
      tapped: (transport, clock) => {
        const tap = wireTrace({ startMs: 0, pieceCount: () => pieceCount, write })
        return tappedTransport(transport, tap, { clock, localHost: HOST })
      },
      ...options,
    },
    { emit },
  )
  download.start()
  return { download, events, output: () => lines.join('\n') }
}

/** A path, or a magnet link. */
export async function sourceOf(text: string): Promise<DownloadSource> {
  if (text.startsWith('magnet:')) return { kind: 'magnet', magnet: readMagnet(text) }
  return { kind: 'torrent', torrent: await readTorrentFile(text) }
}
