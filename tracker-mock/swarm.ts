/**
 * A swarm as its tracker knows it: who announced and is not forgotten yet. Times are the caller's milliseconds.
 *
 * Nothing here but forgetting takes longer the more peers there are: swarms of thousands announce in the simulator.
 */
import type { Random } from '../client/ports/random.ts'
import { formatAddress } from '../client/ports/transport.ts'
import type { AnnouncedPeer } from '../client/tracker/announce-response.ts'
import type { PeerId } from '../client/wire/peer-id.ts'

export interface SwarmPeer extends AnnouncedPeer {
  readonly peerId: PeerId
  readonly isComplete: boolean
  /** Not complete, and wants no more (BEP 21). */
  readonly isPartialSeed: boolean
  readonly forgottenAtMs: number
}

export class Swarm {
  /** One for each address, whatever ids it had; in no order. */
  readonly #peers: SwarmPeer[] = []
  readonly #indexByAddress = new Map<string, number>()
  #complete = 0
  #partialSeeds = 0
  #downloaded = 0
  /** Nobody is to be forgotten before. */
  #forgetMs = Number.POSITIVE_INFINITY

  get peerCount(): number {
    return this.#peers.length
  }

  knows(peer: AnnouncedPeer): boolean {
    return this.#indexByAddress.has(formatAddress(peer))
  }

  /** Adds the peer, or what is new of it; a download is counted once for each peer. */
  put(peer: SwarmPeer, hasJustCompleted: boolean): void {
    const address = formatAddress(peer)
    const index = this.#indexByAddress.get(address) ?? this.#peers.length
    const before = this.#peers[index]
    if (hasJustCompleted && before?.isComplete !== true) this.#downloaded += 1
    this.#count(peer, 1)
    if (before !== undefined) this.#count(before, -1)
    this.#peers[index] = peer
    this.#indexByAddress.set(address, index)
    this.#forgetMs = Math.min(this.#forgetMs, peer.forgottenAtMs)
  }

  /** The last one takes its place. */
  remove(peer: AnnouncedPeer): void {
    const address = formatAddress(peer)
    const index = this.#indexByAddress.get(address)
    if (index === undefined) return
    const last = this.#peers.pop()!
    this.#count(this.#peers[index] ?? last, -1)
    if (index < this.#peers.length) {
      this.#peers[index] = last
      this.#indexByAddress.set(formatAddress(last), index)
    }
    this.#indexByAddress.delete(address)
  }

  forget(nowMs: number): void {
    if (nowMs < this.#forgetMs) return
    for (const peer of this.#peers.filter(({ forgottenAtMs }) => forgottenAtMs <= nowMs)) this.remove(peer)
    this.#forgetMs = this.#peers.reduce((least, peer) => Math.min(least, peer.forgottenAtMs), Number.POSITIVE_INFINITY)
  }

  counts() {
    const incomplete = this.#peers.length - this.#complete
    const downloaders = incomplete - this.#partialSeeds
    return { complete: this.#complete, incomplete, downloaded: this.#downloaded, downloaders }
  }

  /** So many peers that are not the asker, neither by address nor by id; which ones, and their order, is by chance. */
  pick(asker: AnnouncedPeer & { peerId: PeerId }, count: number, random: Random): AnnouncedPeer[] {
    const picked: AnnouncedPeer[] = []
    // A shuffle from the end that remembers only what it moved.
    const moved = new Map<number, number>()
    for (let left = this.#peers.length; left > 0 && picked.length < count; left--) {
      const drawn = random.below(left)
      const { host, port, peerId } = this.#peers[moved.get(drawn) ?? drawn]!
      moved.set(drawn, moved.get(left - 1) ?? left - 1)
      const isAsker = (host === asker.host && port === asker.port) || isSameId(peerId, asker.peerId)
      if (!isAsker) picked.push({ host, port, peerId })
    }
    return picked
  }

  #count({ isComplete, isPartialSeed }: SwarmPeer, sign: 1 | -1): void {
    if (isComplete) this.#complete += sign
    if (isPartialSeed) this.#partialSeeds += sign
  }
}

function isSameId(one: PeerId, other: PeerId): boolean {
  return one.every((byte, index) => byte === other[index])
}
