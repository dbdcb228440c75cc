/** Where it goes what peers say, and what the swarm does by itself. The peers are played by the tests; times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { InfoHash } from '../metainfo/infohash.ts'
import { infoHashFromBytes } from '../metainfo/infohash.ts'
import { extended, haveAll, INFOHASH, interested, OUR_ID } from '../peer/wire-words.testing.ts'
import type { ClientEvent } from '../ports/events.ts'
import { EXTENSION_IDS, parseExtensionHandshake } from '../wire/extension-handshake.ts'
import { encodeMetadataMessage, METADATA_PIECE_BYTES } from '../wire/ut-metadata.ts'
import { encodePexMessage } from '../wire/ut-pex.ts'
import { Peers } from './peers.ts'
import { addressOf, FakeTransport, fakeSha1, type Hello, peerIdOf, RemoteEnd } from './remote-end.testing.ts'
import { DEFAULT_CHOICES, type DownloadChoices, type DownloadPorts } from './settings.ts'

/** Of a magnet link whose metadata is not here yet: no content. */
class Stage {
  readonly transport = new FakeTransport()
  readonly peers: Peers
  readonly log: string[] = []
  nowMs = 0
  mayConnect = true
  isComplete = false
  isPrivate = false

  constructor(choices: Partial<DownloadChoices> = {}, infohash: InfoHash = INFOHASH) {
    const stage = this
    const magnet = { kind: 'magnet' as const, infohash, name: null, trackers: [], webSeeds: [], peers: [] }
    const ports = { transport: this.transport, sha1: fakeSha1 } as unknown as DownloadPorts
    this.peers = new Peers(
      infohash,
      {
        ...DEFAULT_CHOICES,
        peersMax: 2,
        ...choices,
        source: { kind: 'magnet', magnet: { ...magnet, selectedFiles: null } },
        peerId: OUR_ID,
        listenPort: 6881,
      },
      ports,
      {
        get mayConnect() {
          return stage.mayConnect
        },
        get isComplete() {
          return stage.isComplete
        },
        get isPrivate() {
          return stage.isPrivate
        },
        content: null,
        metadataComplete: (nowMs, bytes, { peer }) =>
          this.log.push(`${nowMs}: ${bytes.length} bytes of ${number(peer.name)}`),
        wantMorePeers: (nowMs) => this.log.push(`${nowMs}: more peers`),
        peerCame: () => this.log.push('came'),
        lastPeerGone: (nowMs) => this.log.push(`${nowMs}: alone`),
        touched: (nowMs) => {
          this.nowMs = nowMs
          this.settle()
        },
        emit: (nowMs, event) => this.log.push(`${nowMs}: ${lineOf(event)}`),
      },
    )
  }

  settle(): void {
    this.peers.settle(this.nowMs)
  }

  /** Every deadline by then. */
  until(endMs: number): this {
    for (let dueMs = this.peers.deadlineMs(); dueMs !== null && dueMs <= endMs; dueMs = this.peers.deadlineMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs)
      this.peers.handleDeadline(this.nowMs)
      this.settle()
    }
    this.nowMs = endMs
    return this
  }

  heardOf(...numbers: readonly number[]): void {
    this.peers.heardOf(numbers.map(addressOf))
    this.settle()
  }

  dialled(number: number, hello: Hello = {}): RemoteEnd {
    this.heardOf(number)
    const remote = this.transport.dialled.findLast((end) => end.remote.host === addressOf(number).host)!
    remote.opens(this.nowMs)
    remote.greets(this.nowMs, { peerId: peerIdOf(number), ...hello })
    return remote
  }

  accept(number: number): RemoteEnd {
    const remote = new RemoteEnd({ ...addressOf(number), port: 50_000 })
    remote.handler = this.peers.connector.accept(this.nowMs, remote)
    return remote
  }

  told(): string[] {
    return this.log.splice(0)
  }

  /** Of these kinds only. */
  toldOf(...words: readonly string[]): string[] {
    return this.told().filter((line) => words.some((word) => line.includes(word)))
  }
}

const number = (peer: string) => peer.split('.')[2]!

function lineOf(event: ClientEvent): string {
  if (!('peer' in event)) return event.type
  const who = number(event.peer)
  switch (event.type) {
    case 'peer-closed':
      return `${who} closed, ${event.reason}, ${event.retryInMs}`
    case 'peer-banned':
      return `${who} banned, ${event.reason}`
    case 'peer-exchanged':
      return `${who} exchanged +${event.added} -${event.dropped}`
    case 'we-unchoked':
      return `${who} unchoked ${event.why}`
    default:
      return `${who} ${event.type.replace('peer-', '')}`
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('a peer that comes', () => {
  test('is told of step by step, and one that is interested is unchoked at once', () => {
    const remote = stage.dialled(1)
    remote.says(0, interested)
    expect(stage.told().filter((line) => !line.endsWith('more peers'))).toEqual([
      '0: 1 connecting',
      '0: 1 connected',
      'came',
      '0: 1 handshaken',
      '0: 1 extended',
      '0: 1 interested',
      '0: 1 unchoked regular',
    ])
    expect(remote.hearsOf('unchoke')).toHaveLength(1)
  })

  test('and leaves as the last one leaves us alone', () => {
    const [one, two] = [stage.dialled(1), stage.dialled(2)]
    one.ends(500, 'fin')
    expect(stage.toldOf('alone')).toEqual([])
    two.ends(700, 'fin')
    expect(stage.toldOf('alone')).toEqual(['700: alone'])
  })

  test('has the place in the choker’s slots that another left, at once', () => {
    stage = new Stage({ uploadSlots: 1, peersMax: 3 })
    const [one, two, three] = [stage.dialled(1), stage.dialled(2), stage.dialled(3)]
    for (const remote of [one, two, three]) remote.says(0, interested)
    expect(stage.toldOf('unchoked')).toEqual(['0: 1 unchoked regular', '0: 2 unchoked optimistic'])
    stage.nowMs = 500
    one.ends(500, 'reset')
    expect(stage.toldOf('unchoked')).toEqual(['500: 3 unchoked regular'])
  })
})

describe('places', () => {
  test('all taken and somebody waiting: one is freed 10 s after that, where it has been useless for 30 s, and each 10 s', () => {
    for (const number of [1, 2]) stage.dialled(number)
    stage.heardOf(3, 4)
    stage.told()
    stage.until(29_999)
    expect(stage.toldOf('closed', 'connecting')).toEqual([])
    stage.until(30_000)
    expect(stage.toldOf('closed', 'connecting')).toEqual([
      expect.stringMatching(/^30000: [12] closed, of no use for too long, 1000$/),
      '30000: 3 connecting',
    ])
    stage.until(39_999)
    expect(stage.toldOf('useless', 'no use')).toEqual([])
    stage.until(40_000)
    expect(stage.toldOf('no use')).toHaveLength(1)
  })

  test('nobody waits: whoever is there stays', () => {
    for (const number of [1, 2]) stage.dialled(number)
    stage.until(100_000)
    expect(stage.toldOf('no use')).toEqual([])
  })

  test('few of them taken and nobody left to dial: trackers are asked for more; not where all is here', () => {
    stage.settle()
    expect(stage.told()).toEqual(['0: more peers'])
    stage.isComplete = true
    stage.settle()
    stage.isComplete = false
    stage.mayConnect = false
    stage.settle()
    expect(stage.told()).toEqual([])
  })

  test('somebody left to dial, or as many as are few: trackers are left alone', () => {
    stage.dialled(1)
    stage.told()
    stage.heardOf(2)
    expect(stage.toldOf('more peers')).toEqual([])
    stage.heardOf(3)
    stage.settle()
    expect(stage.toldOf('more peers')).toEqual([])
  })
})

describe('two that need nothing of each other', () => {
  test('when we are complete one that only uploads is let go, and not dialled again', () => {
    stage.isComplete = true
    stage.peers.complete(0)
    stage.dialled(1, { greeting: { uploadOnly: true } })
    expect(stage.toldOf('closed')).toEqual(['0: 1 closed, neither of us needs anything, null'])
    stage.until(1_000_000)
    expect(stage.toldOf('connecting')).toEqual([])
  })

  test('one that wants something stays when we complete, and hears that we only upload', () => {
    const [wanting, seed] = [stage.dialled(1), stage.dialled(2, { greeting: { uploadOnly: true } })]
    wanting.hears()
    stage.told()
    stage.isComplete = true
    stage.peers.complete(0)
    stage.settle()
    expect(stage.toldOf('closed')).toEqual(['0: 2 closed, neither of us needs anything, null'])
    expect([wanting.ending, seed.ending]).toEqual([null, 'closed'])
    const [greeting] = wanting.hearsExtension(0)
    expect(parseExtensionHandshake(greeting!)).toMatchObject({ uploadOnly: true })
  })

  test('while something is missing those who only upload stay, and when it is again they are dialled again', () => {
    const seed = stage.dialled(1, { greeting: { uploadOnly: true } })
    expect(seed.ending).toBe(null)
    stage.isComplete = true
    stage.peers.complete(0)
    stage.settle()
    expect(seed.ending).toBe('closed')
    stage.isComplete = false
    stage.peers.incomplete(0)
    stage.told()
    stage.settle()
    expect(stage.until(10_000).toldOf('connecting')[0]).toMatch(/^1000: 1 connecting$/)
  })

  test('what a peer has is no reason to let it go while we know of no content', () => {
    const remote = stage.dialled(1)
    remote.says(0, haveAll)
    expect(remote.ending).toBe(null)
  })
})

describe('peer exchange', () => {
  const message = encodePexMessage({
    added: [7, 8].map((each) => ({ address: addressOf(each), isSeed: false, reachable: true })),
    dropped: [addressOf(9)],
  })

  test('peers that a peer names are dialled', () => {
    stage = new Stage({ peersMax: 10 })
    stage.dialled(1).says(0, extended(EXTENSION_IDS.ut_pex, message))
    expect(stage.until(0).toldOf('exchanged', 'connecting')).toEqual([
      '0: 1 connecting',
      '0: 1 exchanged +2 -1',
      '0: 7 connecting',
      '0: 8 connecting',
    ])
  })

  test.each<[string, Partial<DownloadChoices>, boolean]>([
    ['in a private torrent', {}, true],
    ['that the user switched off', { usePex: false }, false],
  ])('%s is neither offered nor listened to', (_, choices, isPrivate) => {
    stage = new Stage({ peersMax: 10, ...choices })
    stage.isPrivate = isPrivate
    const remote = stage.dialled(1)
    const greeting = parseExtensionHandshake(remote.hearsExtension(0)[0]!)
    expect('ids' in greeting && [...greeting.ids.keys()].includes('ut_pex')).toBe(false)
    remote.says(0, extended(EXTENSION_IDS.ut_pex, message))
    stage.dialled(2)
    expect(stage.until(60_000).toldOf('exchanged', '7 connecting')).toEqual([])
    expect(remote.hearsExtension(11)).toEqual([])
  })

  test('a minute after the first peer the others are told, without waiting for anything else to happen', () => {
    const one = stage.dialled(1)
    stage.dialled(2)
    one.hears()
    stage.until(59_999)
    expect(one.hearsExtension(11)).toHaveLength(0)
    stage.until(60_000)
    expect(one.hearsExtension(11)).toHaveLength(1)
  })
})

describe('metadata', () => {
  test('that a silent peer owes is asked of another after 10 s, without anything else happening', () => {
    stage = new Stage({ peersMax: 10 })
    const remotes = [1, 2, 3, 4].map((each) => stage.dialled(each, hello))
    expect(remotes.map((remote) => remote.hearsExtension(12).length)).toEqual([2, 2, 2, 0])
    stage.until(10_000)
    expect(remotes[3]!.hearsExtension(12)).toHaveLength(2)
  })

  const INFO = new Uint8Array(METADATA_PIECE_BYTES + 1).fill(3)
  const part = (piece: number, info = INFO) =>
    extended(
      EXTENSION_IDS.ut_metadata,
      encodeMetadataMessage({
        kind: 'data',
        piece,
        totalBytes: info.length,
        data: info.subarray(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES),
      }),
    )
  const hello = { greeting: { metadataBytes: INFO.length } }

  test('goes to the owner, once it is whole', () => {
    const infohash = infoHashFromBytes(fakeSha1(INFO))
    stage = new Stage({}, infohash)
    const remote = stage.dialled(1, { ...hello, infohash })
    expect(remote.hearsExtension(12)).toHaveLength(2)
    remote.says(0, part(0))
    expect(stage.toldOf('bytes')).toEqual([])
    remote.says(5, part(1))
    expect(stage.toldOf('bytes')).toEqual(['5: 16385 bytes of 1'])
  })

  test('that is not what the infohash says bans its sender', () => {
    const remote = stage.dialled(1, hello)
    remote.says(0, part(0), part(1))
    expect(stage.toldOf('banned')).toEqual([
      '0: 1 banned, sent metadata that does not match the infohash',
      '0: 1 closed, banned, null',
    ])
    expect([remote.ending, stage.accept(1).ending]).toEqual(['closed', 'reset'])
  })
})
