/**
 * What every `Datagrams` must do, real or simulated: the rules of ./datagrams.ts as tests. A test file calls
 * `datagramsCompliance` with its own world, on whose way between the two hosts nothing is lost.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ClockWorld, pass } from './clock.compliance.ts'
import {
  DATAGRAM_BYTES_MAX,
  type DatagramFault,
  type DatagramHandler,
  type DatagramListener,
  type DatagramListenHandler,
  type DatagramRemote,
  type DatagramSocket,
  type Datagrams,
} from './datagrams.ts'
import type { ListenFault, PeerAddress } from './transport.ts'
import { pattern, Rules } from './transport-recorder.compliance.ts'

export interface DatagramsWorld extends ClockWorld {
  /** Two hosts that reach each other; they may be the same. */
  readonly hosts: readonly [listening: string, connecting: string]
  /** A name of the first host. */
  readonly name: string
  /** An address that this machine does not have: listening there is `not-available`. */
  readonly notOurs: string
  datagrams(host: string): Datagrams
}

/** A name that cannot exist, so that nobody is asked: a label has 63 characters at most. */
const NO_NAME = `${'x'.repeat(64)}.invalid`
/** Time for anything that should not come, but might. */
const QUIET_MS = 20

class Near implements DatagramHandler {
  readonly datagrams: Uint8Array[] = []
  remote: PeerAddress | null = null
  fault: DatagramFault | null = null
  socket: DatagramSocket | null = null
  onOpened: () => void = () => {}
  readonly #rules: Rules

  constructor(rules: Rules) {
    this.#rules = rules
  }

  opened(_nowMs: number, remote: PeerAddress): void {
    this.#rules.handler('opened', () => {
      if (this.remote !== null) this.#rules.broken.push('opened twice')
      this.remote = remote
      this.onOpened()
    })
  }

  received(_nowMs: number, bytes: Uint8Array): void {
    this.#rules.handler('received', () => {
      if (this.remote === null || this.fault !== null) this.#rules.broken.push('received while it is not open')
      this.datagrams.push(bytes)
    })
  }

  failed(_nowMs: number, fault: DatagramFault): void {
    this.#rules.handler('failed', () => {
      if (this.fault !== null) this.#rules.broken.push('failed twice')
      this.fault = fault
    })
  }

  send(bytes: Uint8Array): void {
    this.#rules.call(() => this.socket?.send(bytes))
  }

  close(): void {
    this.#rules.call(() => this.socket?.close())
  }
}

class Far implements DatagramListenHandler {
  readonly datagrams: { bytes: Uint8Array; from: PeerAddress }[] = []
  local: PeerAddress | null = null
  fault: ListenFault | null = null
  listener: DatagramListener | null = null
  readonly #rules: Rules

  constructor(rules: Rules) {
    this.#rules = rules
  }

  listening(_nowMs: number, local: PeerAddress): void {
    this.#rules.handler('listening', () => {
      this.local = local
    })
  }

  failed(_nowMs: number, fault: ListenFault): void {
    this.#rules.handler('failed', () => {
      this.fault = fault
    })
  }

  received(_nowMs: number, bytes: Uint8Array, from: PeerAddress): void {
    this.#rules.handler('received', () => {
      this.datagrams.push({ bytes, from })
    })
  }

  send(bytes: Uint8Array, to: PeerAddress): void {
    this.#rules.call(() => this.listener?.send(bytes, to))
  }

  close(): void {
    this.#rules.call(() => this.listener?.close())
  }
}

class Stage {
  readonly world: DatagramsWorld
  readonly rules = new Rules()
  readonly #open: { close(): void }[] = []

  constructor(world: DatagramsWorld) {
    this.world = world
  }

  listenAt(local: PeerAddress, host = this.world.hosts[0]): Far {
    const far = new Far(this.rules)
    far.listener = this.rules.call(() => this.world.datagrams(host).listen(local, far))
    this.#open.push(far)
    return far
  }

  async listen(host = this.world.hosts[0]): Promise<{ far: Far; address: PeerAddress }> {
    const far = this.listenAt({ host, port: 0 }, host)
    await this.world.run(() => far.local !== null)
    return { far, address: far.local! }
  }

  connect(remote: DatagramRemote): Near {
    const near = new Near(this.rules)
    near.socket = this.rules.call(() => this.world.datagrams(this.world.hosts[1]).connect(remote, near))
    this.#open.push(near)
    return near
  }

  async pair(): Promise<{ near: Near; far: Far; address: PeerAddress }> {
    const { far, address } = await this.listen()
    const near = this.connect(address)
    await this.world.run(() => near.remote !== null)
    return { near, far, address }
  }

  quiet(): Promise<void> {
    return pass(this.world, QUIET_MS)
  }

  closeAll(): void {
    for (const each of this.#open) each.close()
  }
}

export function datagramsCompliance(name: string, makeWorld: () => DatagramsWorld | Promise<DatagramsWorld>): void {
  describe(`datagrams: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      stage = new Stage(await makeWorld())
    })
    afterEach(async () => {
      stage.closeAll()
      await stage.world.close()
      expect(stage.rules.broken).toEqual([])
    })
    registerSpeaking(() => stage)
    registerFailing(() => stage)
    registerListening(() => stage)
    registerClosing(() => stage)
  })
}

function registerSpeaking(stage: () => Stage): void {
  test('datagrams arrive whole, both ways, from who sent them, with their boundaries', async () => {
    const { near, far, address } = await stage().pair()
    expect(near.remote).toEqual(address)
    const sizes = [16, 0, 1, 8_192]
    for (const size of sizes) near.send(pattern(0, size))
    await stage().world.run(() => far.datagrams.length === sizes.length)
    const bySize = (a: Uint8Array, b: Uint8Array) => a.length - b.length
    const expected = sizes.map((size) => pattern(0, size)).sort(bySize)
    expect(far.datagrams.map(({ bytes }) => bytes).sort(bySize)).toEqual(expected)
    const { from } = far.datagrams[0]!
    expect(from.host).toBe(stage().world.hosts[1])
    expect(new Set(far.datagrams.map((each) => each.from.port)).size).toBe(1)
    for (const size of sizes) far.send(pattern(0, size), from)
    await stage().world.run(() => near.datagrams.length === sizes.length)
    expect([...near.datagrams].sort(bySize)).toEqual(expected)
  })

  test('what is sent when it opens arrives, and what is sent before that does not', async () => {
    const { far, address } = await stage().listen()
    const near = stage().connect(address)
    near.send(pattern(0, 5))
    near.onOpened = () => near.send(pattern(0, 6))
    await stage().world.run(() => far.datagrams.length > 0)
    await stage().quiet()
    expect(far.datagrams.map(({ bytes }) => bytes.length)).toEqual([6])
  })

  test('a stranger is not heard by who speaks with another', async () => {
    const { near, far } = await stage().pair()
    const { far: stranger } = await stage().listen()
    near.send(pattern(0, 1))
    await stage().world.run(() => far.datagrams.length > 0)
    const { from } = far.datagrams[0]!
    stranger.send(pattern(0, 2), from)
    far.send(pattern(0, 3), from)
    await stage().world.run(() => near.datagrams.length > 0)
    await stage().quiet()
    expect(near.datagrams.map((bytes) => bytes.length)).toEqual([3])
  })

  test('a name is looked up', async () => {
    const { far, address } = await stage().listen()
    const near = stage().connect({ host: stage().world.name, port: address.port })
    near.onOpened = () => near.send(pattern(0, 4))
    await stage().world.run(() => far.datagrams.length > 0)
    expect(near.remote).toEqual(address)
  })

  test('a datagram that is too long is lost, and the next one is not', async () => {
    const { near, far } = await stage().pair()
    near.send(new Uint8Array(DATAGRAM_BYTES_MAX + 1))
    near.send(pattern(0, 7))
    await stage().world.run(() => far.datagrams.length > 0)
    await stage().quiet()
    expect(far.datagrams.map(({ bytes }) => bytes.length)).toEqual([7])
    const { from } = far.datagrams[0]!
    far.send(new Uint8Array(DATAGRAM_BYTES_MAX + 1), from)
    far.send(pattern(0, 8), from)
    await stage().world.run(() => near.datagrams.length > 0)
    expect(near.datagrams.map((bytes) => bytes.length)).toEqual([8])
  })
}

function registerFailing(stage: () => Stage): void {
  test('where nobody listens is refused once something was sent there, and then it is over', async () => {
    const { near, far } = await stage().pair()
    far.close()
    near.send(pattern(0, 1))
    await stage().world.run(() => near.fault !== null)
    expect(near.fault).toEqual({ code: 'refused', detail: expect.any(String) })
    near.send(pattern(0, 1))
    near.close()
    await stage().quiet()
  })

  test.each([
    ['a name that nobody has', () => ({ host: NO_NAME, port: 9 })],
    ['a name longer than names are', () => ({ host: 'x.'.repeat(200), port: 9 })],
    ['no name at all', () => ({ host: '', port: 9 })],
    ['port 0', () => ({ host: stage().world.hosts[0], port: 0 })],
    ['port 65536', () => ({ host: stage().world.hosts[0], port: 65_536 })],
  ])('%s is unreachable, and never open', async (_, remote) => {
    const near = stage().connect(remote())
    await stage().world.run(() => near.fault !== null)
    await stage().quiet()
    expect([near.fault?.code, near.remote]).toEqual(['unreachable', null])
  })
}

function registerListening(stage: () => Stage): void {
  test('port 0 is any free one, and two listeners get two', async () => {
    const [one, other] = [await stage().listen(), await stage().listen()]
    expect(one.address.host).toBe(stage().world.hosts[0])
    expect(one.address.port).toBeGreaterThan(0)
    expect(other.address.port).not.toBe(one.address.port)
  })

  test('a port that is taken: in-use, and the first listener goes on', async () => {
    const { near, far, address } = await stage().pair()
    const second = stage().listenAt(address)
    await stage().world.run(() => second.fault !== null)
    expect(second.fault).toEqual({ code: 'in-use', local: address })
    second.close()
    near.send(pattern(0, 3))
    await stage().world.run(() => far.datagrams.length === 1)
  })

  test('an address that is not ours: not-available', async () => {
    const local = { host: stage().world.notOurs, port: 0 }
    const far = stage().listenAt(local)
    await stage().world.run(() => far.fault !== null)
    expect(far.fault).toEqual({ code: 'not-available', local })
  })

  test('one listener speaks with several', async () => {
    const { far, address } = await stage().listen()
    const nears = [1, 2, 3].map((size) => {
      const near = stage().connect(address)
      near.onOpened = () => near.send(pattern(0, size))
      return near
    })
    await stage().world.run(() => far.datagrams.length === 3)
    for (const { bytes, from } of far.datagrams) far.send(pattern(0, bytes.length + 10), from)
    await stage().world.run(() => nears.every((near) => near.datagrams.length > 0))
    expect(nears.map((near) => near.datagrams.map((bytes) => bytes.length))).toEqual([[11], [12], [13]])
  })
}

function registerClosing(stage: () => Stage): void {
  test('after close nothing is heard, nothing is sent, and the port is free', async () => {
    const { near, far, address } = await stage().pair()
    near.send(pattern(0, 1))
    await stage().world.run(() => far.datagrams.length > 0)
    near.close()
    near.close()
    near.send(pattern(0, 2))
    far.send(pattern(0, 3), far.datagrams[0]!.from)
    await stage().quiet()
    expect([near.datagrams.length, near.fault, far.datagrams.length]).toEqual([0, null, 1])
    far.close()
    far.close()
    far.send(pattern(0, 3), far.datagrams[0]!.from)
    const again = stage().listenAt(address)
    await stage().world.run(() => again.local !== null)
    expect(again.local).toEqual(address)
  })

  test('closed before it opens, or before it listens, it never does', async () => {
    const { address } = await stage().listen()
    const nears = [address, { host: stage().world.name, port: address.port }, { host: NO_NAME, port: 1 }].map(
      (remote) => {
        const near = stage().connect(remote)
        near.close()
        return near
      },
    )
    const far = stage().listenAt({ host: stage().world.hosts[0], port: 0 })
    far.close()
    await stage().quiet()
    expect(nears.map((near) => [near.remote, near.fault])).toEqual(nears.map(() => [null, null]))
    expect([far.local, far.fault]).toEqual([null, null])
  })
}
