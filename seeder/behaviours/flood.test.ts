import { describe, expect, test } from 'vitest'
import { Stage } from '../stage.testing.ts'

const flood = (options: object) => ({ when: { afterStartMs: 0 }, do: { behaviour: 'flood', ...options } })

/** Behind the hello, without times. */
function heardOf(what: string, count = 100): string[] {
  const stage = new Stage({ script: [flood({ what, perSecond: 1_000, count, peersPerMessage: 3 })] })
  const client = stage.dialExtended()
  stage.runUntil(10_000)
  const heard = client.take().map((line) => line.replace(/^\d+: /, ''))
  return heard.slice(heard.indexOf('bitfield 11110000') + 1).filter((line) => !line.startsWith('extended 0 d1:md11:'))
}

describe('a peer floods with', () => {
  test.each([
    ['have', /^have [0-3]$/],
    ['have-beyond', /^have ([4-9]|\d{2,3})$/],
    ['keep-alive', /^keep-alive$/],
    ['interest', /^(not-)?interested$/],
    ['choke', /^(un)?choke$/],
    ['cancel', /^cancel [0-3]:(0|16384)\+(16384|3616)$/],
    ['reject', /^reject [0-3]:(0|16384)\+(16384|3616)$/],
    ['suggest', /^suggest [0-3]$/],
    ['allowed-fast', /^allowed-fast [0-3]$/],
    ['port', /^port$/],
    ['unknown', /^unknown 99 of 16$/],
    ['extension-handshake', /^extended 0 d1:mdee$/],
    ['dont-have', /^extended [39] \.\.\.\.$/],
    ['metadata-request', /^extended [27] d8:msg_typei0e5:piecei0ee$/],
    ['pex', /^extended [18] d5:added18:.{18}7:added\.f3:\.\.\.e$/],
  ])('%s', (what, line) => {
    const heard = heardOf(what)
    expect(heard.length).toBe(100)
    expect(heard.filter((each) => !line.test(each))).toEqual([])
  })

  test('requests, behind its interest', () => {
    const heard = heardOf('request')
    expect(heard[0]).toBe('interested')
    expect(heard.slice(1).filter((each) => !/^request [0-3]:(0|16384)\+(16384|3616)$/.test(each))).toEqual([])
    expect(heard.length).toBe(101)
  })

  test('bitfields', () => {
    const stage = new Stage({ script: [flood({ what: 'bitfield', count: 5 })] })
    const client = stage.dial()
    stage.runUntil(10_000)
    const heard = client.take().slice(2)
    // Its own, the first of the flood at once, and the others 10 ms later in a burst.
    expect(heard.map((line) => line.split(':')[0])).toEqual(['40', '40', '50', '50', '50', '50'])
    expect(heard.every((line) => line.endsWith(' bitfield 11110000'))).toBe(true)
  })

  test('peers that are nowhere: on 127.64.0.0/10, and on port 1', () => {
    const stage = new Stage({ script: [flood({ what: 'pex', count: 1, peersPerMessage: 500 })] })
    const client = stage.dialExtended()
    stage.runUntil(1_000)
    const hex = client.hexFrom(0)
    const start = hex.indexOf(Buffer.from('5:added3000:').toString('hex')) + 24
    const entries = Array.from({ length: 500 }, (_, at) => hex.slice(start + at * 12, start + at * 12 + 12))
    expect(entries.filter((entry) => !/^7f[4-7].{3}(?!00)..0001$/.test(entry))).toEqual([])
    expect(new Set(entries).size).toBeGreaterThan(490)
  })
})
