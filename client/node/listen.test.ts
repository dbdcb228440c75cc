import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ListenFault, PeerAddress } from '../ports/transport.ts'
import { formatAddress } from '../ports/transport.ts'
import { nodeClock } from './clock.ts'
import { findPlace, listenOn } from './listen.ts'
import { tcpTransport } from './tcp.ts'

const NOBODY = { host: null, port: null }

/** Gives what `outcomes` says in turn, then the place; and what was asked for. */
async function find(choice: { host: string | null; port: number | null }, outcomes: ListenFault['code'][]) {
  const asked: string[] = []
  const place = await findPlace(choice, (local): Promise<PeerAddress | ListenFault> => {
    asked.push(formatAddress(local))
    const code = outcomes.shift()
    return Promise.resolve(code === undefined ? local : { code, local })
  }).catch((error) => error)
  return { asked, place }
}

describe('without a choice', () => {
  test('all addresses, at 6881', async () => {
    expect(await find(NOBODY, [])).toEqual({ asked: ['[::]:6881'], place: { host: '::', port: 6881 } })
  })

  test('the next free port, and IPv4 alone where there is no IPv6', async () => {
    const { asked } = await find(NOBODY, ['not-available', 'in-use', 'in-use'])
    expect(asked).toEqual(['[::]:6881', '0.0.0.0:6881', '0.0.0.0:6882', '0.0.0.0:6883'])
  })

  test('any free port where 6881 to 6889 are taken', async () => {
    const { asked } = await find(NOBODY, Array(9).fill('in-use'))
    expect(asked.slice(-2)).toEqual(['[::]:6889', '[::]:0'])
  })
})

describe('a choice is not exchanged for another, but refused in one line', () => {
  test.each([
    ['in-use', 3, 'port 80 of 127.0.0.1 is in use: end what listens there, or choose another with --port'],
    ['not-permitted', 3, 'port 80 needs more rights: choose one from 1024 on with --port'],
    ['not-available', 2, '--host 127.0.0.1 is not an address of this machine'],
  ] as const)('%s (%i)', async (code, exitCode, message) => {
    const { asked, place } = await find({ host: '127.0.0.1', port: 80 }, [code])
    expect(asked).toEqual(['127.0.0.1:80'])
    expect(place).toMatchObject({ exitCode, message })
  })

  test('a chosen host still takes the next free port', async () => {
    expect((await find({ host: '127.0.0.1', port: null }, ['in-use'])).place).toEqual({ host: '127.0.0.1', port: 6882 })
  })
})

describe('listenOn, over TCP', () => {
  const open: net.Server[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  test('gives the port that was bound, or the fault', async () => {
    const server = net.createServer()
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const transport = tcpTransport({ clock: nodeClock() })
    const refuse = () => {
      throw new Error('nobody connects')
    }
    const taken = await listenOn(transport, { host: '127.0.0.1', port }, refuse)
    expect(taken).toMatchObject({ code: 'in-use' })
    const free = await listenOn(transport, { host: '127.0.0.1', port: 0 }, refuse)
    if (!('listener' in free)) throw new Error(free.code)
    expect(free.local.port).toBeGreaterThan(0)
    free.listener.close()
  })
})
