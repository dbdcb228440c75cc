/** How connections end: the part of the transport suite (./transport.compliance.ts) about `close`, `reset` and `ended`. */
import { expect, test } from 'vitest'
import { PATTERN, pattern, type Side } from './transport-recorder.compliance.ts'
import { FLOOD_PATTERNS, type Stage } from './transport-stage.compliance.ts'

export function registerClosing(stage: () => Stage): void {
  test('close: all that is queued arrives, then fin there and closed here', async () => {
    const { near, far } = await stage().pair()
    near.sendPattern(4)
    near.close()
    await stage().run(() => near.end !== null && far.end !== null)
    expect(far.receivedBytes).toBe(4 * PATTERN.length)
    expect(far.log).toEqual(['received', 'ended: fin'])
    expect(near.log.at(-1)).toBe('ended: closed')
  })

  test('after close nothing is received here, and the end comes though the remote was sending', async () => {
    const { near, far } = await stage().pair()
    far.sendPattern(FLOOD_PATTERNS)
    await stage().run(() => near.receivedBytes > 0)
    near.close()
    const { receivedBytes } = near
    await stage().run(() => near.end !== null && far.end !== null)
    expect(near.receivedBytes).toBe(receivedBytes)
    expect([near.end, far.end]).toEqual(['closed', 'fin'])
  })

  test('close while paused, with bytes unread: fin there all the same, not reset, and closed here', async () => {
    const { near, far } = await stage().pair()
    near.pause()
    far.send(pattern(0, 10_000))
    await stage().run(() => far.drains > 0)
    await stage().quiet()
    near.send(pattern(0, 10_000))
    near.close()
    await stage().run(() => near.end !== null && far.end !== null)
    expect([near.receivedBytes, near.end]).toEqual([0, 'closed'])
    expect([far.receivedBytes, far.end]).toEqual([10_000, 'fin'])
  })

  test('both sides close at once: closed for both', async () => {
    const { near, far } = await stage().pair()
    near.close()
    far.close()
    await stage().run(() => near.end !== null && far.end !== null)
    expect([near.log, far.log]).toEqual([['opened', 'ended: closed'], ['ended: closed']])
  })
}

export function registerResetting(stage: () => Stage): void {
  test('reset: the other side sees reset, this one closed, and what was queued is dropped', async () => {
    const { near, far } = await stage().pair()
    far.pause()
    near.sendPattern(FLOOD_PATTERNS)
    await stage().quiet()
    near.reset()
    expect(near.connection.unsentBytes).toBe(0)
    far.resume()
    await stage().run(() => near.end !== null && far.end !== null)
    expect([near.log, far.end]).toEqual([['opened', 'ended: closed'], 'reset'])
    expect(far.receivedBytes).toBeLessThan(FLOOD_PATTERNS * PATTERN.length)
  })

  test('reset within received: not one byte more', async () => {
    const { near, far } = await stage().pair()
    let receivedBytes = 0
    near.onReceived = () => {
      near.reset()
      receivedBytes = near.receivedBytes
    }
    far.sendPattern(4)
    await stage().run(() => near.end !== null && far.end !== null)
    expect(near.receivedBytes).toBe(receivedBytes)
    expect([near.end, far.end]).toEqual(['closed', 'reset'])
  })

  test('reset after close cuts the closing short: closed, once', async () => {
    const { near, far } = await stage().pair()
    far.pause()
    near.sendPattern(FLOOD_PATTERNS)
    near.close()
    await stage().quiet()
    expect(near.end).toBe(null)
    near.reset()
    far.resume()
    await stage().run(() => near.end !== null && far.end !== null)
    expect([near.log, far.end]).toEqual([['opened', 'ended: closed'], 'reset'])
  })
}

export function registerEndingEarly(stage: () => Stage): void {
  test.each(['close', 'reset'] as const)('%s before it is open: closed, never opened', async (how) => {
    const { address } = await stage().listen()
    const near = stage().connect(address)
    near.send(pattern(0, 68))
    near[how]()
    await stage().run(() => near.end !== null)
    expect(near.log).toEqual(['ended: closed'])
  })

  test.each(['close', 'reset'] as const)('%s within opened', async (how) => {
    const { address, listening } = await stage().listen()
    const near = stage().connect(address)
    near.onOpened = () => {
      near.send(pattern(0, 68))
      near[how]()
    }
    await stage().run(() => near.end !== null && (listening.sides[0]?.end ?? null) !== null)
    expect(near.log).toEqual(['opened', 'ended: closed'])
    const far = listening.sides[0]!
    expect(far.log).toEqual(how === 'close' ? ['received', 'ended: fin'] : ['ended: reset'])
  })

  test.each(['close', 'reset'] as const)(
    'after %s, and after the end, every call is allowed and does nothing',
    async (how) => {
      const { near, far } = await stage().pair()
      const callAll = (side: Side) => {
        side.send(pattern(0, 10))
        side.pause()
        side.resume()
        side.close()
        side.send(pattern(0, 10))
        expect(side.connection.unsentBytes).toBe(0)
      }
      near[how]()
      callAll(near)
      await stage().run(() => near.end !== null && far.end !== null)
      for (const side of [near, far]) {
        callAll(side)
        side.reset()
      }
      await stage().quiet()
      expect(near.log).toEqual(['opened', 'ended: closed'])
      expect(far.log).toEqual([how === 'close' ? 'ended: fin' : 'ended: reset'])
    },
  )
}
