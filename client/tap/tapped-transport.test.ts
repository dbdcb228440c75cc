/** What the tap is shown. That a tapped transport is still a transport is shown where there is one to tap. */
import { expect, test } from 'vitest'
import type { Connection, ConnectionHandler, ListenHandler, Transport } from '../ports/transport.ts'
import { type ConnectionTap, type TransportTap, tappedTransport, tapsTogether } from './tapped-transport.ts'

const LOCAL = { host: '127.0.0.1', port: 6881 }
const REMOTE = { host: '127.0.0.2', port: 50_000 }

const chunk = (...values: readonly number[]) => Uint8Array.from(values)

/** A transport that does nothing by itself: the test is the world behind it. */
function scripted() {
  let handler: ConnectionHandler | null = null
  let listening: ListenHandler | null = null
  const done: string[] = []
  const connection: Connection = {
    remote: REMOTE,
    unsentBytes: 5,
    send: (...parts) => done.push(`send ${parts.map((part) => [...part].join()).join('|')}`),
    close: () => done.push('close'),
    reset: () => done.push('reset'),
    pauseReceiving: () => done.push('pause'),
    resumeReceiving: () => done.push('resume'),
  }
  const transport: Transport = {
    connect(_, given) {
      handler = given
      return connection
    },
    listen(_, given) {
      listening = given
      return { close: () => done.push('unlisten') }
    },
  }
  return { transport, connection, done, handler: () => handler!, listening: () => listening! }
}

/** Writes down what it sees, and keeps the very arrays. */
function recorder(name = '') {
  const seen: string[] = []
  const lent: Uint8Array[] = []
  const note = (nowMs: number, what: string) => seen.push(`${nowMs}: ${name}${what}`)
  const tap: TransportTap = {
    connection(nowMs, { incoming, localHost, localPort, remote }): ConnectionTap {
      note(nowMs, `${incoming ? 'accepted at' : 'dialled from'} ${localHost}:${localPort}, remote ${remote.port}`)
      return {
        opened: (openedMs) => note(openedMs, 'opened'),
        sent(sentMs, parts) {
          lent.push(...parts)
          note(sentMs, `sent ${parts.map((part) => [...part].join()).join('|')}`)
        },
        received(receivedMs, bytes) {
          lent.push(bytes)
          note(receivedMs, `received ${bytes.join()}`)
        },
        ended: (endedMs, end) => note(endedMs, `ended ${end}`),
      }
    },
  }
  return { tap, seen, lent }
}

const NO_HANDLER: ConnectionHandler = { opened() {}, received() {}, drained() {}, ended() {} }

function dial(handler = NO_HANDLER) {
  const world = scripted()
  const { tap, seen, lent } = recorder()
  let nowMs = 0
  const clock = { nowMs: () => nowMs, alarm: () => ({ set() {} }) }
  const connection = tappedTransport(world.transport, tap, { clock, localHost: LOCAL.host }).connect(REMOTE, handler)
  const at = (time: number) => {
    nowMs = time
    return connection
  }
  return { ...world, at, seen, lent }
}

test('what is sent before a connection is open is shown when it opens, and what comes is shown before it is handled', () => {
  const handled: string[] = []
  const { at, seen, lent, done, handler } = dial({ ...NO_HANDLER, received: () => handled.push(`${seen.length} seen`) })
  const early = chunk(1)
  const later = chunk(2, 3)
  const got = chunk(4)
  at(1).send(early, chunk())
  expect(seen).toEqual(['0: dialled from 127.0.0.1:null, remote 50000'])
  handler().opened(5)
  at(6).send(later)
  at(6).send(chunk())
  handler().received(7, got, 'borrowed')
  handler().drained(8)
  handler().ended(9, 'fin')
  expect(seen.slice(1)).toEqual(['5: opened', '5: sent 1|', '6: sent 2,3', '7: received 4', '9: ended fin'])
  expect(handled).toEqual(['5 seen'])
  expect(lent.filter((bytes) => bytes.length > 0)).toEqual([early, later, got])
  expect(lent[0]).toBe(early)
  expect(lent.at(-1)).toBe(got)
  expect(done).toEqual(['send 1|', 'send 2,3', 'send '])
})

test.each([
  ['close', 'closed'],
  ['reset', 'aborted'],
] as const)('our own %s is told as %s, and nothing sent after it is shown', (how, end) => {
  const { at, seen, handler } = dial()
  handler().opened(1)
  at(2)[how]()
  at(3).send(chunk(1))
  handler().ended(4, 'closed')
  expect(seen.slice(1)).toEqual(['1: opened', `4: ended ${end}`])
})

test('a close that a reset cuts short is aborted; so is one before the connection is open', () => {
  const cut = dial()
  cut.handler().opened(1)
  cut.at(2).close()
  cut.at(3).reset()
  cut.handler().ended(4, 'closed')
  expect(cut.seen.at(-1)).toBe('4: ended aborted')
  const early = dial()
  early.at(2).send(chunk(1))
  early.at(2).close()
  early.handler().ended(4, 'closed')
  expect(early.seen.slice(1)).toEqual(['4: ended aborted'])
})

test('the owner reaches the connection through the tap, and nothing is shown after the end', () => {
  const { at, done, seen, handler } = dial()
  handler().opened(1)
  at(1).pauseReceiving()
  at(1).resumeReceiving()
  expect([at(1).remote, at(1).unsentBytes]).toEqual([REMOTE, 5])
  handler().ended(2, 'reset')
  at(3).send(chunk(1))
  expect(done).toEqual(['pause', 'resume', 'send 1'])
  expect(seen.at(-1)).toBe('2: ended reset')
})

test('an accepted connection is shown with the address that was bound, and may send before its handler is there', () => {
  const world = scripted()
  const { tap, seen } = recorder()
  const clock = { nowMs: () => 9, alarm: () => ({ set() {} }) }
  const told: string[] = []
  const listener = tappedTransport(world.transport, tap, { clock, localHost: null }).listen(
    { ...LOCAL, port: 0 },
    {
      listening: (_, { port }) => told.push(`listening ${port}`),
      failed: (_, { code }) => told.push(`failed ${code}`),
      accepted(_, connection) {
        connection.send(chunk(1))
        return { ...NO_HANDLER, ended: (_ended, end) => told.push(`ended ${end}`) }
      },
    },
  )
  world.listening().listening(1, LOCAL)
  const handler = world.listening().accepted(2, world.connection)
  handler.ended(3, 'fin')
  world.listening().failed(4, { code: 'in-use', local: LOCAL })
  listener.close()
  expect(seen).toEqual(['2: accepted at 127.0.0.1:6881, remote 50000', '9: sent 1', '3: ended fin'])
  expect(told).toEqual(['listening 6881', 'ended fin', 'failed in-use'])
  expect(world.done).toEqual(['send 1', 'unlisten'])
})

test('several taps see the same, each in turn', () => {
  const first = recorder('a ')
  const second = recorder('b ')
  const seen = tapsTogether([first.tap, second.tap]).connection(0, {
    incoming: true,
    remote: REMOTE,
    localHost: null,
    localPort: 1,
  })
  seen.opened(1)
  seen.sent(2, [chunk(1)])
  seen.received(3, chunk(2))
  seen.ended(4, 'fin')
  const expected = (name: string) => [
    `0: ${name}accepted at null:1, remote 50000`,
    `1: ${name}opened`,
    `2: ${name}sent 1`,
    `3: ${name}received 2`,
    `4: ${name}ended fin`,
  ]
  expect([first.seen, second.seen]).toEqual([expected('a '), expected('b ')])
})
