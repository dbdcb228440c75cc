/**
 * What every `Transport` must do, real or simulated, shaped or not: the rules of ./transport.ts as tests. A test file
 * calls `transportCompliance` with its own world. About 64 MB pass in one test, over links as fast as the world has them.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pass } from './clock.compliance.ts'
import { registerClosing, registerEndingEarly, registerResetting } from './transport-endings.compliance.ts'
import { PATTERN, pattern, type Side } from './transport-recorder.compliance.ts'
import { FLOOD_PATTERNS, Stage, type TransportWorld } from './transport-stage.compliance.ts'

export function transportCompliance(name: string, makeWorld: () => TransportWorld | Promise<TransportWorld>): void {
  describe(`transport: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      stage = new Stage(await makeWorld())
    })
    afterEach(async () => {
      await stage.quiet()
      for (const side of stage.sides()) side.checkKept()
      const { broken } = stage.rules
      await stage.world.close()
      expect(broken).toEqual([])
    })
    registerConnecting(() => stage)
    registerSending(() => stage)
    registerClosing(() => stage)
    registerResetting(() => stage)
    registerEndingEarly(() => stage)
    registerPausing(() => stage)
    registerPausingEarly(() => stage)
    registerListening(() => stage)
  })
}

function registerConnecting(stage: () => Stage): void {
  test('an open connection says so once at the side that asked, and each side knows the other', async () => {
    const { address, listening } = await stage().listen()
    const near = stage().connect(address)
    await stage().run(() => near.log.length > 0 && listening.sides.length > 0)
    await stage().quiet()
    expect(near.log).toEqual(['opened'])
    expect(listening.sides.map((side) => side.log)).toEqual([[]])
    expect(near.connection.remote).toEqual(address)
    expect(listening.sides[0]!.connection.remote.host).toBe(stage().world.hosts[1])
  })

  test('nobody listens there: refused, and never opened', async () => {
    const { address, listening } = await stage().listen()
    listening.close()
    await stage().quiet()
    const near = stage().connect(address)
    near.send(pattern(0, 10))
    await stage().run(() => near.end !== null)
    expect(near.log).toEqual(['ended: refused'])
  })

  test('there is no such host: unreachable or silence, and never opened', async () => {
    const near = stage().connect(stage().world.nowhere)
    near.send(pattern(0, 10))
    await stage().quiet()
    const isSilent = near.end === null
    near.reset()
    await stage().run(() => near.end !== null)
    expect(near.log).toEqual([isSilent ? 'ended: closed' : 'ended: unreachable'])
  })

  test('what is sent before the connection opens arrives, in order with what is sent then', async () => {
    const { address, listening } = await stage().listen()
    const near = stage().connect(address)
    near.send(pattern(0, 68))
    near.send(pattern(68, 100))
    near.onOpened = () => near.send(pattern(100, 150))
    await stage().run(() => listening.sides[0]?.receivedBytes === 150)
  })

  test('an accepted connection may send, and be ended, before its handler is returned', async () => {
    const { address, listening } = await stage().listen()
    listening.onAccepted = (side) => {
      side.send(pattern(0, 68))
      side.close()
    }
    const near = stage().connect(address)
    await stage().run(() => near.end !== null)
    expect(near.receivedBytes).toBe(68)
    expect(near.log).toEqual(['opened', 'received', 'ended: fin'])
    await stage().run(() => listening.sides[0]!.end === 'closed')
  })

  test('an accepted connection that is reset before its handler is returned tells that handler its end', async () => {
    const { address, listening } = await stage().listen()
    listening.onAccepted = (side) => side.reset()
    const near = stage().connect(address)
    await stage().run(() => near.end !== null && (listening.sides[0]?.end ?? null) !== null)
    expect(listening.sides[0]!.log).toEqual(['ended: closed'])
    expect(near.end).toBe('reset')
  })
}

function registerSending(stage: () => Stage): void {
  test('bytes arrive whole and in order both ways at once, however they were cut', async () => {
    const { near, far } = await stage().pair()
    for (const side of [near, far]) {
      for (let from = 0, step = 1; from < 300_000; step = (step * 7) % 16_411) {
        side.send(pattern(from, from + step))
        from += step
        if (from >= 300_000) side.send(pattern(from, 400_000))
      }
    }
    await stage().run(() => near.receivedBytes === 400_000 && far.receivedBytes === 400_000)
  })

  test('parts of one send arrive joined, empty ones or not', async () => {
    const { near, far } = await stage().pair()
    near.send(pattern(0, 13), new Uint8Array(0), pattern(13, 16_397))
    expect(near.connection.unsentBytes).toBe(16_397)
    near.send(new Uint8Array(0), pattern(16_397, 16_400))
    await stage().run(() => far.receivedBytes === 16_400)
  })

  test('an empty send is nothing, and so is one without parts', async () => {
    const { near, far } = await stage().pair()
    near.send()
    near.send(new Uint8Array(0))
    await stage().quiet()
    expect([near.connection.unsentBytes, near.log, far.log]).toEqual([0, ['opened'], []])
  })

  test('unsentBytes counts at once, and drained comes once, when all has left', async () => {
    const { near, far } = await stage().pair()
    near.send(pattern(0, 5))
    near.send(pattern(5, 17))
    expect(near.connection.unsentBytes).toBe(17)
    await stage().run(() => near.drains > 0)
    expect(near.connection.unsentBytes).toBe(0)
    await stage().run(() => far.receivedBytes === 17)
    await stage().quiet()
    expect(near.log).toEqual(['opened', 'drained'])
  })

  test('100 questions and answers, each sent from within received', async () => {
    const { near, far } = await stage().pair()
    near.onReceived = () => {
      if (near.receivedBytes < 100) near.send(pattern(near.receivedBytes, near.receivedBytes + 1))
    }
    far.onReceived = () => far.send(pattern(far.receivedBytes - 1, far.receivedBytes))
    near.send(pattern(0, 1))
    await stage().run(() => near.receivedBytes === 100)
    expect(far.receivedBytes).toBe(100)
  })

  test('eight connections at once do not mix their bytes, and keep what they were given', async () => {
    const { address, listening } = await stage().listen()
    listening.onAccepted = (side) => {
      side.onReceived = (chunk, ownership) => side.send(ownership === 'owned' ? chunk : chunk.slice())
    }
    const nears = Array.from({ length: 8 }, () => stage().connect(address))
    nears.forEach((near, index) => {
      near.onOpened = () => near.send(pattern(0, 200_000 + index * 7_777))
    })
    await stage().run(() => nears.every((near, index) => near.receivedBytes === 200_000 + index * 7_777))
  })
}

function registerPausing(stage: () => Stage): void {
  test('while the receiver pauses nothing is received and the sender is held; after it, all arrives', async () => {
    const { near, far } = await stage().pair()
    far.pause()
    near.sendPattern(FLOOD_PATTERNS)
    const heldBytes = await settledUnsentBytes(stage(), near)
    expect([far.receivedBytes, near.drains]).toEqual([0, 0])
    expect(heldBytes).toBeGreaterThan(0)
    near.sendPattern(1)
    expect(near.connection.unsentBytes).toBe(heldBytes + PATTERN.length)
    far.resume()
    await stage().run(() => far.receivedBytes === (FLOOD_PATTERNS + 1) * PATTERN.length)
    await stage().run(() => near.drains > 0)
    expect(near.drains).toBe(1)
  })

  test('pause within received holds from the next chunk on; fin waits behind the bytes', async () => {
    const { near, far } = await stage().pair()
    far.onReceived = () => far.pause()
    near.sendPattern(2)
    near.close()
    let pauses = 0
    while (far.end === null) {
      await stage().run(() => far.receivedBytes > 0 || far.end !== null)
      const { receivedBytes } = far
      await pass(stage().world, 1)
      expect(far.receivedBytes).toBe(receivedBytes)
      far.resume()
      pauses++
      await stage().run(() => far.receivedBytes > receivedBytes || far.end !== null)
    }
    expect(far.receivedBytes).toBe(2 * PATTERN.length)
    expect(far.end).toBe('fin')
    expect(pauses).toBeGreaterThan(0)
  })
}

function registerPausingEarly(stage: () => Stage): void {
  test('of several pauses and resumes in one turn the last counts, from the first moment on', async () => {
    const { address, listening } = await stage().listen()
    listening.onAccepted = (side) => {
      side.resume()
      side.pause()
      side.send(pattern(0, 1_000))
    }
    const near = stage().connect(address)
    near.onOpened = () => {
      near.resume()
      near.pause()
      near.send(pattern(0, 1_000))
    }
    await stage().run(() => listening.sides.length === 1 && near.log.includes('opened'))
    const far = listening.sides[0]!
    for (const side of [near, far]) {
      await stage().quiet()
      expect(side.receivedBytes).toBe(0)
      side.resume()
      side.pause()
      await stage().quiet()
      expect(side.receivedBytes).toBe(0)
      side.pause()
      side.resume()
      await stage().run(() => side.receivedBytes === 1_000)
    }
  })

  test('paused before it is open: nothing until it resumes', async () => {
    const { address, listening } = await stage().listen()
    listening.onAccepted = (side) => side.send(pattern(0, 1_000))
    const near = stage().connect(address)
    near.pause()
    near.pause()
    await stage().run(() => near.log.includes('opened'))
    await stage().quiet()
    expect(near.receivedBytes).toBe(0)
    near.resume()
    near.resume()
    await stage().run(() => near.receivedBytes === 1_000)
  })
}

function registerListening(stage: () => Stage): void {
  test('port 0 is any free one, told when ready; two listeners get two', async () => {
    const first = await stage().listen()
    const second = await stage().listen()
    expect(first.address.host).toBe(stage().world.hosts[0])
    expect(first.address.port).toBeGreaterThan(0)
    expect(second.address.port).not.toBe(first.address.port)
  })

  test('a port that is taken: in-use, and the first listener goes on', async () => {
    const { address, listening } = await stage().listen()
    const second = stage().listenAt(address)
    await stage().run(() => second.fault !== null)
    expect(second.fault).toEqual({ code: 'in-use', local: address })
    stage().connect(address)
    await stage().run(() => listening.sides.length === 1)
    expect(second.sides).toEqual([])
  })

  test('a host that is not ours: not-available', async () => {
    const listening = stage().listenAt(stage().world.nowhere)
    await stage().run(() => listening.fault !== null)
    expect(listening.fault).toEqual({ code: 'not-available', local: stage().world.nowhere })
  })

  test('close stops accepting, keeps what was accepted, and frees the port', async () => {
    const { near, far, listening } = await stage().pair()
    const address = listening.local!
    listening.close()
    listening.close()
    await stage().quiet()
    const late = stage().connect(address)
    await stage().run(() => late.end !== null)
    expect([late.end, listening.sides.length]).toEqual(['refused', 1])
    near.send(pattern(0, 100))
    await stage().run(() => far.receivedBytes === 100)
    const again = stage().listenAt(address)
    await stage().run(() => again.local !== null || again.fault !== null)
    expect(again.local).toEqual(address)
  })

  test('closed at once: it never says anything', async () => {
    const listening = stage().listenAt({ host: stage().world.hosts[0], port: 0 })
    listening.close()
    const nowhere = stage().listenAt(stage().world.nowhere)
    nowhere.close()
    await stage().quiet()
    expect([listening.local, listening.fault, nowhere.local, nowhere.fault]).toEqual([null, null, null, null])
  })
}

/** What is left when the buffers on the way are full, which on a busy machine takes a while; 0 when nothing is held. */
async function settledUnsentBytes(stage: Stage, { connection }: Side): Promise<number> {
  for (;;) {
    const { unsentBytes } = connection
    await stage.quiet()
    if (connection.unsentBytes === unsentBytes) return unsentBytes
  }
}
