import { beforeEach, describe, expect, test } from 'vitest'
import { Simulation } from '../simulator/simulation.ts'
import { parseScript, type ScriptStep } from './script.ts'
import { ScriptRunner } from './script-runner.ts'

const have = { type: 'have', piece: 0 } as const
const request = { type: 'request', piece: 0, offsetBytes: 0, lengthBytes: 1 } as const

let simulation: Simulation
/** `name at ms`, as steps begin; steps are told apart by how long they stall. */
let begun: string[]

beforeEach(() => {
  simulation = new Simulation()
  begun = []
})

/** One step per condition, called 0, 1, 2… in their order. */
function runner(...conditions: readonly ScriptStep['when'][]): ScriptRunner {
  const script = conditions.map((when, index) => ({ when, do: { behaviour: 'stall', forMs: index } }))
  return new ScriptRunner(parseScript(script), simulation.clock, (nowMs, { options }) => {
    begun.push(`${options.forMs} at ${nowMs}`)
  })
}

function runUntil(endMs: number): void {
  simulation.run(() => false, endMs)
}

describe('a step', () => {
  test('afterStartMs begins so long after the start, and at once where that is 0', () => {
    const script = runner({ afterStartMs: 50 }, { afterStartMs: 0 }, { afterStartMs: 20 })
    runUntil(1_000)
    expect(begun).toEqual([])
    script.started(0)
    expect(begun).toEqual(['1 at 0'])
    runUntil(49)
    expect(begun).toEqual(['1 at 0', '2 at 20'])
    runUntil(1_000)
    expect(begun).toEqual(['1 at 0', '2 at 20', '0 at 50'])
  })

  test('afterHandshakeMs counts from the first handshake, whoever shakes hands after that', () => {
    const script = runner({ afterHandshakeMs: 30 }, { afterHandshakeMs: 0 })
    script.started(0)
    runUntil(5)
    expect(begun).toEqual([])
    simulation.inMs(10, (nowMs) => script.handshaken(nowMs))
    simulation.inMs(35, (nowMs) => script.handshaken(nowMs))
    runUntil(1_000)
    expect(begun).toEqual(['1 at 10', '0 at 40'])
  })

  test('bytesServed begins with the block that reaches it; 0 is reached from the start', () => {
    const script = runner({ bytesServed: 100 }, { bytesServed: 101 }, { bytesServed: 0 })
    script.started(0)
    expect(begun.splice(0)).toEqual(['2 at 0'])
    script.served(1, 99)
    expect(begun).toEqual([])
    script.served(2, 100)
    expect(begun.splice(0)).toEqual(['0 at 2'])
    script.served(3, 5_000)
    expect(begun).toEqual(['1 at 3'])
  })

  test('peerHasPieces begins when one peer has told of so many', () => {
    const script = runner({ peerHasPieces: 2 })
    script.peerHas(1, 1)
    script.peerHas(2, 1)
    expect(begun).toEqual([])
    script.peerHas(3, 2)
    expect(begun).toEqual(['0 at 3'])
  })
})

describe('a step', () => {
  test('received begins with the first message of its type, or the count-th, of all peers together', () => {
    const script = runner({ received: 'request' }, { received: 'request', count: 3 }, { received: 'have' })
    script.received(1, { type: 'interested' })
    expect(begun).toEqual([])
    script.received(2, request)
    script.received(3, request)
    script.received(4, have)
    script.received(5, request)
    expect(begun).toEqual(['0 at 2', '2 at 4', '1 at 5'])
  })

  test('requestedPiece begins with the first request for a block of it', () => {
    const script = runner({ requestedPiece: 0 }, { requestedPiece: 7 })
    script.received(1, { ...request, type: 'cancel' })
    script.received(2, { ...have, piece: 7 })
    expect(begun).toEqual([])
    script.received(3, { ...request, piece: 7 })
    script.received(4, request)
    expect(begun).toEqual(['1 at 3', '0 at 4'])
  })

  test('sent begins with the first message of its type that went out, or the count-th, to all together', () => {
    const script = runner({ sent: 'unchoke' }, { sent: 'have', count: 2 })
    script.sent(1, have)
    script.received(2, { type: 'unchoke' })
    expect(begun).toEqual([])
    script.sent(3, { type: 'unchoke' })
    script.sent(4, have)
    expect(begun).toEqual(['0 at 3', '1 at 4'])
  })

  test('afterUnchokeMs counts from the first unchoke that was sent', () => {
    const script = runner({ afterUnchokeMs: 30 }, { afterUnchokeMs: 0 })
    script.sent(1, { type: 'choke' })
    expect(begun).toEqual([])
    simulation.inMs(10, (nowMs) => script.sent(nowMs, { type: 'unchoke' }))
    simulation.inMs(35, (nowMs) => script.sent(nowMs, { type: 'unchoke' }))
    runUntil(1_000)
    expect(begun).toEqual(['1 at 10', '0 at 40'])
  })

  test('begins once, however often its condition holds', () => {
    const script = runner({ bytesServed: 1 }, { received: 'have' }, { peerHasPieces: 1 }, { afterStartMs: 0 })
    for (const nowMs of [0, 1, 2]) {
      script.started(nowMs)
      script.served(nowMs, 10)
      script.received(nowMs, have)
      script.peerHas(nowMs, 5)
    }
    runUntil(100)
    expect(begun).toEqual(['3 at 0', '0 at 0', '1 at 0', '2 at 0'])
  })
})

test('steps of one moment begin in their order', () => {
  const script = runner(
    { bytesServed: 20 },
    { bytesServed: 10 },
    { afterStartMs: 7 },
    { afterStartMs: 7 },
    { afterStartMs: 0 },
    { bytesServed: 0 },
  )
  script.started(0)
  expect(begun.splice(0)).toEqual(['4 at 0', '5 at 0'])
  script.served(3, 64)
  expect(begun.splice(0)).toEqual(['0 at 3', '1 at 3'])
  runUntil(100)
  expect(begun).toEqual(['2 at 7', '3 at 7'])
})

test('once stopped nothing begins, and nothing is waited for', () => {
  const script = runner({ afterStartMs: 10 }, { bytesServed: 1 }, { afterHandshakeMs: 5 })
  script.started(0)
  script.handshaken(0)
  script.stop()
  script.served(1, 1)
  expect(simulation.queue.nextNs).toBe(null)
  expect(begun).toEqual([])
})
