/** What a display needs to know of a download beside its status: collected from its events. */
import type { ClientEvent, Events } from '../ports/events.ts'
import type { DownloadStatus } from '../swarm/status.ts'

/** Of a connected peer. */
export interface PeerFacts {
  /** It dialled us. */
  readonly incoming: boolean
  /** What its peer id says it is, as `LT2080`; null where that says nothing. */
  software: string | null
  /** It wants something of ours. */
  isInterested: boolean
  /** It is unchoked on trial, not for what it gave. */
  isOptimistic: boolean
}

export class SwarmWatch implements Events {
  /** Safe to print; of a magnet link without a name its infohash, until the torrent is known. */
  name = ''
  /** Of the torrent, wanted or not; null until it is known. */
  totalBytes: number | null = null
  pieceCount: number | null = null
  /** How far the check of what is on the disk is. */
  checked: { readonly pieces: number; readonly ofPieces: number } | null = null
  isEndgame = false
  /** Bytes of pieces that came from others and are stored. */
  fetchedBytes = 0
  /** Peers, and URLs of web seeds, that blocks came from. */
  readonly sources = new Set<string>()
  /** By name, the connected ones. */
  readonly peers = new Map<string, PeerFacts>()
  startedMs: number | null = null
  /** Since when all that is wanted is here. */
  completedMs: number | null = null

  /** Of the connected peers, those that have everything. */
  seedCount({ peers }: DownloadStatus): number {
    return peers.filter(({ pieces }) => pieces > 0 && pieces === this.pieceCount).length
  }

  emit(nowMs: number, event: ClientEvent): void {
    this.startedMs ??= nowMs
    switch (event.type) {
      case 'magnet-started':
        this.name = event.name ?? event.infohash
        break
      case 'started':
        this.name = event.name
        this.totalBytes = event.totalBytes
        this.pieceCount = event.pieceCount
        break
      case 'verifying':
        this.checked = { pieces: event.pieces, ofPieces: event.ofPieces }
        break
      case 'endgame':
        this.isEndgame = true
        break
      case 'piece-stored':
        this.fetchedBytes += event.bytes
        break
      case 'block-received':
        if (!event.wasted) this.sources.add(event.peer)
        break
      case 'completed':
        this.completedMs ??= nowMs
        this.isEndgame = false
        break
      default:
        this.#peerEvent(event)
    }
  }

  #peerEvent(event: ClientEvent): void {
    if (event.type === 'peer-connected') {
      this.peers.set(event.peer, {
        incoming: event.incoming,
        software: null,
        isInterested: false,
        isOptimistic: false,
      })
      return
    }
    const facts = 'peer' in event ? this.peers.get(event.peer) : undefined
    if (facts === undefined) return
    if (event.type === 'peer-closed') this.peers.delete(event.peer)
    else if (event.type === 'peer-handshaken') facts.software = /^-(\w{6})-/.exec(event.peerId)?.[1] ?? null
    else if (event.type === 'peer-interested') facts.isInterested = event.value
    else if (event.type === 'we-unchoked') facts.isOptimistic = event.why === 'optimistic'
    else if (event.type === 'we-choked') facts.isOptimistic = false
  }
}
