/** Metadata from peers and to them, message by message. Times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type InfoHash, infoHashFromBytes } from '../metainfo/infohash.ts'
import { extended } from '../peer/wire-words.testing.ts'
import { EXTENSION_IDS } from '../wire/extension-handshake.ts'
import type { Message } from '../wire/messages.ts'
import { bytes, pattern } from '../wire/stream.testing.ts'
import {
  encodeMetadataMessage,
  METADATA_PIECE_BYTES,
  type MetadataMessage,
  parseMetadataMessage,
} from '../wire/ut-metadata.ts'
import { METADATA_TIMEOUT_MS, METADATA_TURN_MS, MetadataExchange, SOURCES_MAX } from './metadata-exchange.ts'
import type { PeerSession } from './peer-session.ts'
import {
  eventsOf,
  fakeSha1,
  helloMessage,
  makeSession,
  type RemoteEnd,
  THEIR_IDS,
  type TheirHello,
} from './remote-end.testing.ts'

/** Four parts, the last one short. */
const INFO = pattern(3 * METADATA_PIECE_BYTES + 100)
const INFOHASH: InfoHash = infoHashFromBytes(fakeSha1(INFO))

/** The exchange with the peers that a test brings; `log` is what its owner heard. */
class Stage {
  readonly exchange: MetadataExchange
  readonly log: string[] = []
  nowMs = 0
  received: Uint8Array | null = null
  readonly #peers = new Map<PeerSession, RemoteEnd>()

  constructor(ours: Uint8Array | null) {
    this.exchange = new MetadataExchange(INFOHASH, ours, fakeSha1, {
      metadataComplete: (nowMs, infoBytes, session) => {
        this.received = infoBytes
        this.log.push(`${nowMs}: whole from ${session.peer.key}`)
      },
      metadataAsked: () => {},
      metadataLie: (nowMs, session, reason) => {
        this.log.push(`${nowMs}: ${session.peer.key} ${reason}`)
        session.machine.close('banned')
      },
    })
  }

  /** One that offers metadata of that size; `listens` gives the parts it was asked for since. */
  peer(number: number, hello: TheirHello = { metadataBytes: INFO.length }) {
    const { session, remote } = makeSession(number, { greeting: hello, nowMs: this.nowMs })
    this.#peers.set(session, remote)
    this.#drain()
    const tell = (message: Message) => {
      remote.says(this.nowMs, message)
      this.#drain()
    }
    const heard = (): MetadataMessage[] => {
      return remote
        .hearsExtension(THEIR_IDS.ut_metadata)
        .map((payload) => parseMetadataMessage(payload) as MetadataMessage)
    }
    const says = (message: MetadataMessage) => tell(extended(EXTENSION_IDS.ut_metadata, encodeMetadataMessage(message)))
    return {
      says,
      gives: (...parts: readonly number[]) => {
        for (const part of parts) says(dataOf(INFO, part))
      },
      greetsAnew: () => tell(helloMessage(hello)),
      leaves: () => {
        remote.ends(this.nowMs, 'fin')
        this.#drain()
      },
      asked: () => heard().flatMap((message) => (message.kind === 'request' ? [message.piece] : [])),
      heard: () => heard().map(lineOf),
    }
  }

  peers(...numbers: readonly number[]) {
    return numbers.map((number) => this.peer(number))
  }

  /** The deadline is then, and passes. */
  deadline(nowMs: number): void {
    expect(this.exchange.deadlineMs()).toBe(nowMs)
    this.at(nowMs)
  }

  at(nowMs: number): void {
    this.nowMs = nowMs
    this.exchange.handleDeadline(nowMs)
    this.#drain()
  }

  told(): string[] {
    return this.log.splice(0)
  }

  /** As the owner does: what a machine says goes to the exchange, then everything is sent. */
  #drain(): void {
    for (const session of this.#peers.keys()) {
      for (const event of eventsOf(session)) {
        if (event.type === 'extended') this.exchange.peerExtended(this.nowMs, session)
        else if (event.type === 'metadata') this.exchange.received(this.nowMs, session, event.message)
        else if (event.type === 'closed') this.exchange.peerGone(this.nowMs, session)
      }
    }
    for (const session of this.#peers.keys()) session.flush()
  }
}

function dataOf(info: Uint8Array, piece: number, totalBytes = info.length): MetadataMessage & { kind: 'data' } {
  const data = info.subarray(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES)
  return { kind: 'data', piece, totalBytes, data }
}

/** `data 3`, where those are the bytes that part has. */
function lineOf(message: MetadataMessage): string {
  const isRight = message.kind !== 'data' || Buffer.compare(message.data, dataOf(INFO, message.piece).data) === 0
  return `${message.kind} ${message.piece}${isRight ? '' : ' of other bytes'}`
}

let stage: Stage
beforeEach(() => {
  stage = new Stage(null)
})

describe('asking', () => {
  test('one peer: two parts at a time, and the owner gets the whole with its sender', () => {
    const [a] = stage.peers(1)
    expect(a!.asked()).toEqual([0, 1])
    a!.gives(1)
    expect(a!.asked()).toEqual([2])
    a!.gives(0)
    expect(a!.asked()).toEqual([3])
    stage.nowMs = 50
    a!.gives(2, 3)
    expect([a!.asked(), stage.told()]).toEqual([[], ['50: whole from 1']])
    expect(Buffer.compare(stage.received!, INFO)).toBe(0)
    expect(stage.exchange.deadlineMs()).toBe(null)
  })

  test(`${SOURCES_MAX} peers at a time, each for all of it; the next when one leaves, and the first whole one ends it`, () => {
    const peers = stage.peers(1, 2, 3, 4, 5)
    expect(peers.map((peer) => peer.asked())).toEqual([[0, 1], [0, 1], [0, 1], [], []])
    peers[1]!.leaves()
    expect(peers.map((peer) => peer.asked())).toEqual([[], [], [], [0, 1], []])
    peers[3]!.gives(0, 1, 2, 3)
    expect(stage.told()).toEqual(['0: whole from 4'])
    for (const peer of [peers[0]!, peers[2]!]) peer.gives(0, 1)
    stage.peer(6)
    expect(stage.told()).toEqual([])
    expect(peers[4]!.asked()).toEqual([])
  })

  test.each([
    ['names no size', {}],
    ['takes no ut_metadata', { metadataBytes: INFO.length, ids: { ut_pex: 1 } }],
  ])('nobody who %s', (_, hello) => {
    const peer = stage.peer(1, hello)
    expect([peer.asked(), stage.exchange.deadlineMs()]).toEqual([[], null])
  })

  test('who leaves while it waits is not asked later', () => {
    const peers = stage.peers(1, 2, 3, 4, 5)
    peers[3]!.leaves()
    peers[0]!.leaves()
    expect(peers[4]!.asked()).toEqual([0, 1])
  })
})

describe('a peer that is slow', () => {
  test(`sends nothing for ${METADATA_TIMEOUT_MS} ms: it goes to the end of the line, and what it sent is kept`, () => {
    const [a, b, c, d] = stage.peers(1, 2, 3, 4)
    for (const peer of [a!, b!, c!]) peer.asked()
    stage.nowMs = 1_000
    b!.gives(0)
    c!.gives(1)
    expect([b!.asked(), c!.asked()]).toEqual([[2], [2]])
    stage.deadline(10_000)
    expect([a!, b!, c!, d!].map((peer) => peer.asked())).toEqual([[], [], [], [0, 1]])
    stage.deadline(11_000)
    // Its turn has come again, behind the fourth; then the second's, for what it has not sent.
    expect([a!, b!, c!, d!].map((peer) => peer.asked())).toEqual([[0, 1], [1, 2], [], []])
    expect(stage.told()).toEqual([])
  })

  test('is asked again at once where there is nobody else', () => {
    const [a] = stage.peers(1)
    a!.asked()
    for (const atMs of [10_000, 20_000]) {
      stage.deadline(atMs)
      expect(a!.asked()).toEqual([0, 1])
    }
    a!.gives(0, 1, 2, 3)
    expect(stage.told()).toEqual(['20000: whole from 1'])
  })

  test('that sends what it has sent already, or what it was not asked for, counts as silent', () => {
    const [a] = stage.peers(1)
    a!.gives(0)
    stage.nowMs = 9_000
    a!.gives(0, 3)
    stage.deadline(10_000)
    expect(a!.asked()).toEqual([0, 1, 2, 1, 2])
  })

  test(`has ${METADATA_TURN_MS} ms where others wait, however steadily it sends`, () => {
    const [a, b, c, d] = stage.peers(1, 2, 3, 4)
    for (const [index, part] of [0, 1].entries()) {
      stage.nowMs = (index + 1) * 9_000
      for (const peer of [a!, b!, c!]) peer.gives(part)
    }
    for (const peer of [a!, b!, c!]) peer.asked()
    stage.deadline(20_000)
    // What it sent is kept for its next turn.
    expect([a!, b!, c!, d!].map((peer) => peer.asked())).toEqual([[2, 3], [2, 3], [], [0, 1]])
  })

  test('keeps its turn for as long as it sends where nobody waits, and loses it to who comes later', () => {
    const [a, b, c] = stage.peers(1, 2, 3)
    for (let part = 0; part < 3; part++) {
      stage.at((part + 1) * 9_000)
      a!.gives(part)
      for (const peer of [b!, c!]) peer.gives(part)
    }
    expect(stage.exchange.deadlineMs()).toBe(37_000)
    stage.nowMs = 28_000
    const d = stage.peer(4)
    // All three are overdue; each leaves once, and the newcomer is first.
    stage.deadline(20_000)
    stage.at(28_000)
    expect(d.asked()).toEqual([0, 1])
  })
})

describe('a peer that refuses', () => {
  test('is not asked again, and another takes its place; unless it greets anew', () => {
    const [a, , , d] = stage.peers(1, 2, 3, 4)
    a!.asked()
    a!.says({ kind: 'reject', piece: 0 })
    expect(d!.asked()).toEqual([0, 1])
    d!.leaves()
    expect(a!.asked()).toEqual([])
    a!.greetsAnew()
    expect(a!.asked()).toEqual([0, 1])
  })

  test('without having been asked changes nothing', () => {
    const peers = stage.peers(1, 2, 3, 4)
    peers[3]!.says({ kind: 'reject', piece: 0 })
    peers[0]!.leaves()
    expect(peers[3]!.asked()).toEqual([0, 1])
  })
})

describe('a peer that lies', () => {
  const FALSE_INFO = INFO.with(5, INFO[5]! ^ 1)

  test('about one byte is named, alone, when all of its parts are here; the others go on', () => {
    const [a, b] = stage.peers(1, 2)
    b!.gives(0, 1)
    for (const part of [0, 1, 2, 3]) a!.says(dataOf(FALSE_INFO, part))
    expect(stage.told()).toEqual(['0: 1 sent metadata that does not match the infohash'])
    b!.gives(2, 3)
    expect(stage.told()).toEqual(['0: whole from 2'])
    expect(Buffer.compare(stage.received!, INFO)).toBe(0)
  })

  test('makes room for the next in line', () => {
    const [a, , , d] = stage.peers(1, 2, 3, 4)
    expect(d!.asked()).toEqual([])
    for (const part of [0, 1, 2, 3]) a!.says(dataOf(FALSE_INFO, part))
    expect(d!.asked()).toEqual([0, 1])
  })

  test('about the size is named at its first part', () => {
    const [a] = stage.peers(1)
    const longer = new Uint8Array(INFO.length + 1)
    a!.says(dataOf(longer, 0))
    expect(stage.told()).toEqual(['0: 1 sent metadata of another size than it announced'])
  })

  test('that sends parts to who did not ask is not listened to', () => {
    const peers = stage.peers(1, 2, 3, 4)
    for (const part of [0, 1, 2, 3]) peers[3]!.says(dataOf(FALSE_INFO, part))
    expect([stage.told(), stage.received]).toEqual([[], null])
    // Its parts were not kept: it is asked for all of them when its turn comes.
    peers[0]!.leaves()
    expect(peers[3]!.asked()).toEqual([0, 1])
  })
})

describe('what one peer sent', () => {
  test('is never mixed with what another sent', () => {
    const [a, b] = stage.peers(1, 2)
    a!.gives(0, 1)
    b!.gives(0, 1, 2)
    a!.gives(2)
    expect(stage.told()).toEqual([])
    a!.gives(3)
    expect(stage.told()).toEqual(['0: whole from 1'])
  })
})

describe('serving ours', () => {
  const ask = (piece: number): MetadataMessage => ({ kind: 'request', piece })

  test('every part as it is, to whoever asks', () => {
    const seed = new Stage(INFO)
    const [a] = seed.peers(1)
    for (const part of [3, 0]) a!.says(ask(part))
    expect(a!.heard()).toEqual(['data 3', 'data 0'])
    // Who has it asks nobody.
    expect(seed.exchange.deadlineMs()).toBe(null)
  })

  test.each([
    ['the last part there is', 3, 'data'],
    ['the one behind it', 4, 'reject'],
  ])('%s', (_, part, kind) => {
    const [a] = new Stage(INFO).peers(1)
    a!.says(ask(part))
    expect(a!.heard()).toEqual([`${kind} ${part}`])
  })

  test('four times the whole to each peer, and rejects from then on', () => {
    const seed = new Stage(INFO)
    const [a, b] = seed.peers(1, 2)
    for (let count = 0; count < 4 * 4; count++) a!.says(ask(count % 4))
    expect(a!.heard()).toEqual(Array.from({ length: 16 }, (_, count) => `data ${count % 4}`))
    a!.says(ask(0))
    expect(a!.heard()).toEqual(['reject 0'])
    b!.says(ask(0))
    expect(b!.heard()).toEqual(['data 0'])
  })

  test('nothing while we have none ourselves, and all of it once it is here', () => {
    const [a, b] = stage.peers(1, 2)
    a!.heard()
    a!.says(ask(0))
    expect(a!.heard()).toEqual(['reject 0'])
    b!.gives(0, 1, 2, 3)
    a!.says(ask(0))
    expect(a!.heard()).toEqual(['data 0'])
  })
})

test('the stand-in for SHA-1 tells apart what differs in one byte, or in order', () => {
  const digests = ['0102', '0103', '0201', '010200'].map((text) => infoHashFromBytes(fakeSha1(bytes(text))))
  expect(new Set(digests).size).toBe(4)
})
