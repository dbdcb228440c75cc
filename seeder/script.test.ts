import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { BEHAVIOURS } from './behaviours/all.ts'
import { parseScript, ScriptError } from './script.ts'

const DROP = { behaviour: 'drop' }
const NOW = { afterStartMs: 0 }

describe('a script', () => {
  test('of every condition is read, with its defaults filled in', () => {
    const steps = parseScript([
      { when: { afterStartMs: 0 }, do: { behaviour: 'choke' } },
      { when: { afterHandshakeMs: 1.5 }, do: { behaviour: 'corrupt' } },
      { when: { bytesServed: 0 }, do: { behaviour: 'drop' } },
      { when: { peerHasPieces: 1 }, do: { behaviour: 'refuse' } },
      { when: { received: 'request' }, do: { behaviour: 'slow-down', rttMs: 0 } },
      { when: { received: 'keep-alive', count: 3 }, do: { behaviour: 'stall', forMs: 0 } },
      { when: { afterUnchokeMs: 2 }, do: { behaviour: 'cut-block' } },
      { when: { requestedPiece: 0 }, do: { behaviour: 'duplicate' } },
      { when: { sent: 'unchoke' }, do: { behaviour: 'wrong-block', how: 'shorter' } },
    ])
    expect(steps.map(({ when, behaviour, options }) => ({ when, do: behaviour.name, options }))).toEqual([
      { when: { afterStartMs: 0 }, do: 'choke', options: { flap: false } },
      { when: { afterHandshakeMs: 1.5 }, do: 'corrupt', options: { share: 1 } },
      { when: { bytesServed: 0 }, do: 'drop', options: { how: 'fin' } },
      { when: { peerHasPieces: 1 }, do: 'refuse', options: { how: 'port-closed' } },
      { when: { received: 'request', count: 1 }, do: 'slow-down', options: { rttMs: 0 } },
      { when: { received: 'keep-alive', count: 3 }, do: 'stall', options: { forMs: 0 } },
      { when: { afterUnchokeMs: 2 }, do: 'cut-block', options: { how: 'fin', share: 0.5 } },
      { when: { requestedPiece: 0 }, do: 'duplicate', options: { times: 2 } },
      { when: { sent: 'unchoke', count: 1 }, do: 'wrong-block', options: { how: 'shorter', share: 1 } },
    ])
  })

  test('of no step is a script; one of 1,000 is read, one of 1,001 is not', () => {
    const steps = (count: number) => Array.from({ length: count }, () => ({ when: NOW, do: DROP }))
    expect([parseScript([]).length, parseScript(steps(1_000)).length]).toEqual([0, 1_000])
    expect(() => parseScript(steps(1_001))).toThrow('steps: Too big')
  })

  test('survives JSON, in which it travels', () => {
    const script = [{ when: { bytesServed: 1_000_000 }, do: { behaviour: 'drop', how: 'reset', comeBackAfterMs: 500 } }]
    expect(parseScript(JSON.parse(JSON.stringify(script)))).toEqual(parseScript(script))
  })
})

test('every behaviour is listed once, by name, and each file of a behaviour is one', () => {
  const names = BEHAVIOURS.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
  const files = readdirSync(path.join(import.meta.dirname, 'behaviours'))
  const behaviours = files.filter((file) => !file.endsWith('.test.ts') && file !== 'all.ts')
  expect(behaviours).toEqual(names.map((name) => `${name}.ts`))
})

const CONDITIONS =
  'afterStartMs, afterHandshakeMs, afterUnchokeMs, bytesServed, peerHasPieces, requestedPiece, received, sent'
const NAMES = BEHAVIOURS.map(({ name }) => `"${name}"`).join('|')

describe('what is wrong is named', () => {
  test.each([
    [null, 'steps: Invalid input: expected array, received null'],
    [{}, 'steps: Invalid input: expected array, received object'],
    [[1], 'steps[0]: Invalid input: expected object, received number'],
    [[{ when: NOW, do: DROP, note: 1 }], 'steps[0]: Unrecognized key: "note"'],
    [[{ do: DROP }], 'steps[0].when: Invalid input: expected object, received undefined'],
    [[{ when: 'now', do: DROP }], 'steps[0].when: Invalid input: expected object, received string'],
    [[{ when: {}, do: DROP }], `steps[0].when: expected one of ${CONDITIONS}`],
    [[{ when: { bytesSent: 1 }, do: DROP }], `steps[0].when: expected one of ${CONDITIONS}`],
    [[{ when: { afterStartMs: 1, bytesServed: 1 }, do: DROP }], 'steps[0].when: Unrecognized key: "bytesServed"'],
    [[{ when: { afterStartMs: -1 }, do: DROP }], 'steps[0].when.afterStartMs: Too small: expected number to be >=0'],
    [[{ when: { afterHandshakeMs: '1' }, do: DROP }], 'steps[0].when.afterHandshakeMs: Invalid input: expected number'],
    [[{ when: { bytesServed: 1.5 }, do: DROP }], 'steps[0].when.bytesServed: Invalid input: expected int'],
    [[{ when: { peerHasPieces: 0 }, do: DROP }], 'steps[0].when.peerHasPieces: Too small'],
    [[{ when: { received: 'pieces' }, do: DROP }], 'steps[0].when.received: Invalid option: expected one of'],
    [[{ when: { received: 'have', count: 0 }, do: DROP }], 'steps[0].when.count: Too small'],
    [[{ when: NOW }], 'steps[0].do: Invalid input: expected object, received undefined'],
    [[{ when: NOW, do: {} }], `steps[0].do.behaviour: Invalid option: expected one of ${NAMES}`],
    [[{ when: NOW, do: { behaviour: 'explode' } }], `steps[0].do.behaviour: Invalid option: expected one of ${NAMES}`],
    [[{ when: NOW, do: { behaviour: 'choke', forMs: 0 } }], 'steps[0].do.forMs: Too small'],
    [[{ when: NOW, do: { behaviour: 'choke', flap: 1 } }], 'steps[0].do.flap: Invalid input: expected boolean'],
    [[{ when: NOW, do: { behaviour: 'corrupt', share: 1.01 } }], 'steps[0].do.share: Too big'],
    [[{ when: NOW, do: { behaviour: 'drop', how: 'bang' } }], 'steps[0].do.how: Invalid option: expected one of'],
    [[{ when: NOW, do: { behaviour: 'drop', comeBackAfterMs: -1 } }], 'steps[0].do.comeBackAfterMs: Too small'],
    [[{ when: NOW, do: { behaviour: 'drop', comeBack: 1 } }], 'steps[0].do: Unrecognized key: "comeBack"'],
    [[{ when: NOW, do: { behaviour: 'refuse', how: 'fin' } }], 'steps[0].do.how: Invalid option'],
    [[{ when: NOW, do: { behaviour: 'slow-down' } }], 'steps[0].do: expected upBytesPerSecond, rttMs or both'],
    [[{ when: NOW, do: { behaviour: 'slow-down', upBytesPerSecond: 0 } }], 'steps[0].do.upBytesPerSecond: Too small'],
    [[{ when: NOW, do: { behaviour: 'stall', forMs: null } }], 'steps[0].do.forMs: Invalid input'],
    [[{ when: NOW, do: { behaviour: 'hold' } }], 'steps[0].do: expected either pieces or share'],
    [[{ when: NOW, do: { behaviour: 'dial', address: 'localhost:1' } }], 'steps[0].do.address: expected IP:PORT'],
    [[{ when: NOW, do: { behaviour: 'send' } }], 'steps[0].do: expected either message or hex'],
    [[{ when: NOW, do: { behaviour: 'send', hex: 'abc' } }], 'steps[0].do.hex: expected hex digits, two a byte'],
    [[{ when: NOW, do: { behaviour: 'send', message: { type: 'have' } } }], 'steps[0].do.message.piece: Invalid input'],
    [
      [{ when: NOW, do: { behaviour: 'flood', what: 'have', perSecond: 20_001 } }],
      'steps[0].do.perSecond: Too big: expected number to be <=20000',
    ],
    [
      [{ when: NOW, do: { behaviour: 'flood', what: 'have', count: 1_000_001 } }],
      'steps[0].do.count: Too big: expected number to be <=1000000',
    ],
  ])('%j: %s', (script, message) => {
    expect(() => parseScript(script)).toThrow(ScriptError)
    expect(() => parseScript(script)).toThrow(message)
  })

  test('with the place of its step, the first that is wrong', () => {
    const good = { when: NOW, do: DROP }
    const bad = { when: NOW, do: { behaviour: 'drop', how: 'bang' } }
    expect(() => parseScript([good, good, bad, { when: {}, do: DROP }])).toThrow('steps[2].do.how')
  })
})
