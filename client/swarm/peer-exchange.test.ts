/** Who is told of whom, message by message. Times in ms. */
import { beforeEach, describe, expect, test } from 'vitest'
import { extended, haveAll } from '../peer/wire-words.testing.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { EXTENSION_IDS } from '../wire/extension-handshake.ts'
import { encodePexMessage, PEX_SENT_MAX, type PexMessage, parsePexMessage } from '../wire/ut-pex.ts'
import { PEX_EVERY_MS, PeerExchange } from './peer-exchange.ts'
import type { PeerSession } from './peer-session.ts'
import { addressOf, eventsOf, makeSession, type SessionSpec, THEIR_IDS } from './remote-end.testing.ts'

/** The exchange, and who is connected. */
class Stage {
  readonly exchange = new PeerExchange()
  readonly sessions = new Set<PeerSession>()
  nowMs = 0

  /** It connects, and its extension handshake is here; `hears` gives what it is told, a line a message. */
  come(number: number, spec: SessionSpec = {}) {
    const { session, remote } = makeSession(number, { ...spec, nowMs: this.nowMs })
    this.sessions.add(session)
    if (eventsOf(session).some(({ type }) => type === 'extended')) {
      this.exchange.peerExtended(this.nowMs, session, this.sessions)
      session.flush()
    }
    return {
      session,
      remote,
      hears: () =>
        remote.hearsExtension(THEIR_IDS.ut_pex).map((payload) => lineOf(parsePexMessage(payload) as PexMessage)),
      leaves: () => {
        this.sessions.delete(session)
        this.exchange.peerGone(session)
      },
      /** Gives the addresses that are listened to. */
      tells: (message: PexMessage) => {
        remote.says(this.nowMs, extended(EXTENSION_IDS.ut_pex, encodePexMessage(message)))
        return eventsOf(session).flatMap((event) => {
          if (event.type !== 'pex') return []
          return this.exchange.received(this.nowMs, session, event.message).map(({ address }) => formatAddress(address))
        })
      },
    }
  }

  /** The minute is over; gives who is to be flushed. */
  minute(nowMs: number): number[] {
    expect(this.exchange.deadlineMs()).toBe(nowMs)
    this.nowMs = nowMs
    const touched = this.exchange.handleDeadline(nowMs, this.sessions)
    for (const session of touched) session.flush()
    return touched.map(({ peer }) => peer.key)
  }
}

/** `+3 seed +4 -5`, by the number in the address; those that we did not reach ourselves in brackets. */
function lineOf({ added, dropped }: PexMessage): string {
  const number = ({ host, port }: PeerAddress) => `${host.split('.')[2]}${port === 6881 ? '' : `:${port}`}`
  const plus = added.map(({ address, isSeed, reachable }) => {
    return `+${reachable ? number(address) : `(${number(address)})`}${isSeed ? ' seed' : ''}`
  })
  return [...plus, ...dropped.map((address) => `-${number(address)}`)].join(' ')
}

const added = (...numbers: readonly number[]): PexMessage => ({
  added: numbers.map((number) => ({ address: addressOf(number), isSeed: false, reachable: true })),
  dropped: [],
})

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('what we tell', () => {
  test('a newcomer hears of everybody at once, and not of itself; the others a minute after the first', () => {
    const one = stage.come(1)
    const two = stage.come(2)
    stage.nowMs = 500
    const three = stage.come(3)
    expect([one, two, three].map((peer) => peer.hears())).toEqual([[], ['+1'], ['+1 +2']])
    expect(stage.minute(PEX_EVERY_MS)).toEqual([1, 2, 3])
    expect([one, two, three].map((peer) => peer.hears())).toEqual([['+2 +3'], ['+3'], []])
  })

  test('nothing twice: minutes without news are silent', () => {
    const one = stage.come(1)
    stage.come(2)
    stage.minute(60_000)
    one.hears()
    stage.minute(120_000)
    stage.minute(180_000)
    expect(one.hears()).toEqual([])
  })

  test('who left, once, and only to those who were told that it came; and again when it is back', () => {
    const one = stage.come(1)
    const two = stage.come(2)
    stage.minute(60_000)
    two.leaves()
    const three = stage.come(3)
    one.hears()
    stage.minute(120_000)
    expect([one.hears(), three.hears()]).toEqual([['+3 -2'], ['+1']])
    stage.minute(180_000)
    expect(one.hears()).toEqual([])
    stage.come(2)
    stage.minute(240_000)
    expect(one.hears()).toEqual(['+2'])
  })

  test('who came and left within the minute, to nobody', () => {
    const one = stage.come(1)
    stage.come(2).leaves()
    stage.minute(60_000)
    expect(one.hears()).toEqual([])
  })

  test(`${PEX_SENT_MAX} peers a message; the rest a minute later, and so with those who left`, () => {
    const one = stage.come(1)
    const others = Array.from({ length: PEX_SENT_MAX + 2 }, (_, index) => stage.come(index + 2))
    const counts = () => one.hears().map((line) => line.split(' ').length)
    stage.minute(60_000)
    expect(counts()).toEqual([50])
    stage.minute(120_000)
    expect(counts()).toEqual([2])
    for (const other of others) other.leaves()
    stage.minute(180_000)
    expect(counts()).toEqual([50])
    stage.minute(240_000)
    expect(counts()).toEqual([2])
  })
})

describe('whom we tell of', () => {
  test.each<[string, SessionSpec, string[]]>([
    ['that we dialled: where we did', {}, ['+2']],
    [
      'that dialled us and says where it listens: there',
      { incoming: true, greeting: { listenPort: 7_000 } },
      ['+(2:7000)'],
    ],
    ['that dialled us and does not say: of nowhere', { incoming: true }, []],
    ['that has everything: as of a seed', { greeting: { uploadOnly: true } }, ['+2 seed']],
    ['that does not speak of peers itself: all the same', { greeting: { ids: { ut_metadata: 3 } } }, ['+2']],
    ['without extensions: all the same', { speaks: 'bep3' }, ['+2']],
  ])('of a peer %s', (_, spec, heard) => {
    const one = stage.come(1)
    const address = spec.incoming === true ? { ...addressOf(2), port: 50_000 } : addressOf(2)
    stage.come(2, { ...spec, address })
    stage.minute(60_000)
    expect(one.hears()).toEqual(heard)
  })

  test('a peer that has everything by now is told as a seed', () => {
    const two = stage.come(2)
    two.remote.says(0, haveAll)
    expect(stage.come(1).hears()).toEqual(['+2 seed'])
  })

  test('of one whose handshake is not here yet, or that is closed, nothing', () => {
    const one = stage.come(1)
    const two = stage.come(2)
    two.session.machine.close('useless')
    stage.minute(60_000)
    expect(one.hears()).toEqual([])
  })

  test('nobody who does not take ut_pex, and then there is no minute to wait for', () => {
    const one = stage.come(1, { greeting: { ids: { ut_metadata: 3 } } })
    stage.come(2, { speaks: 'bep3' })
    expect([one.remote.hearsOf('extended'), stage.exchange.deadlineMs()]).toEqual([[], null])
  })

  test('when the last one left the minute ends, and begins anew with the next', () => {
    const one = stage.come(1)
    one.leaves()
    expect(stage.exchange.deadlineMs()).toBe(null)
    stage.nowMs = 90_000
    stage.come(2)
    expect(stage.exchange.deadlineMs()).toBe(150_000)
  })
})

describe('what we listen to', () => {
  test('once a minute; 15 s too early is forgiven, and what is not listened to does not count', () => {
    const one = stage.come(1)
    const heardAt = (nowMs: number, number: number) => {
      stage.nowMs = nowMs
      return one.tells(added(number)).length
    }
    expect(heardAt(1_000, 2)).toBe(1)
    expect(heardAt(1_001, 3)).toBe(0)
    expect(heardAt(45_999, 4)).toBe(0)
    expect(heardAt(46_000, 5)).toBe(1)
    expect(heardAt(90_999, 6)).toBe(0)
  })

  test('each peer for itself', () => {
    const [one, two] = [stage.come(1), stage.come(2)]
    expect(one.tells(added(7))).toEqual(['198.51.7.1:6881'])
    expect(two.tells(added(8, 9))).toEqual(['198.51.8.1:6881', '198.51.9.1:6881'])
  })

  test('not one that takes no ut_pex itself, nor one that is gone', () => {
    const one = stage.come(1, { greeting: { ids: { ut_metadata: 3 } } })
    expect(one.tells(added(7))).toEqual([])
    const two = stage.come(2)
    two.leaves()
    expect(two.tells(added(7))).toEqual([])
  })
})
