import { describe, expect, test } from 'vitest'
import { infoHashBytes, toHex } from '../../client/metainfo/infohash.ts'
import { HANDSHAKE_BYTES } from '../../client/wire/handshake.ts'
import { INFOHASH, interested, Stage } from '../stage.testing.ts'

const hello = (how: string, everyMs?: number) => ({
  when: { afterStartMs: 0 },
  do: { behaviour: 'handshake', how, ...(everyMs === undefined ? {} : { everyMs }) },
})
const PROTOCOL_HEX = toHex(new TextEncoder().encode('\u0013BitTorrent protocol'))
const NO_BITS = '0000000000000000'

/** What the client hears, and the handshake in hex: reserved, infohash, peer id. */
function meet(how: string) {
  const stage = new Stage({ script: [hello(how)] })
  const client = stage.dial()
  client.send(interested)
  stage.runUntil(100_000)
  const hex = client.hexFrom(0)
  const at = PROTOCOL_HEX.length
  const parts = [hex.slice(at, at + 16), hex.slice(at + 16, at + 56), hex.slice(at + 56, at + 96)] as const
  return { stage, heard: client.take().slice(1), hex, parts }
}

const GOES_ON = ['40: bitfield 11110000', '40: unchoke']

describe('a peer whose handshake is wrong, but is one, goes on as an honest one does', () => {
  test('of another torrent', () => {
    const { heard, parts } = meet('other-infohash')
    expect(heard).toEqual(['40: handshake for cd9784', ...GOES_ON])
    expect(parts[1]).toBe(toHex(infoHashBytes(INFOHASH).map((byte) => byte ^ 0xff)))
  })

  test('under the peer id of who dialled it', () => {
    const { heard, parts } = meet('own-peer-id')
    expect(heard).toEqual(['40: handshake for 32687b', ...GOES_ON])
    expect(Buffer.from(parts[2], 'hex').toString()).toBe('-XX0000-rawclient000')
  })

  test('under a peer id that would act on a terminal and on a page', () => {
    const { heard, parts } = meet('escapes-in-peer-id')
    expect(heard.slice(1)).toEqual(GOES_ON)
    expect(Buffer.from(parts[2], 'hex').toString()).toBe('\u001b[2J\u001b]0;x\u0007<b>x</b>\r\n')
  })

  test.each([
    ['v2-bit', '0000000000000010'],
    ['all-bits', 'ffffffffffffffff'],
  ])('%s: reserved %s', (how, reserved) => {
    const { heard, parts } = meet(how)
    expect(heard.slice(1)).toEqual(GOES_ON)
    expect(parts.slice(0, 2)).toEqual([reserved, INFOHASH])
  })

  test('byte by byte: 68 of them, 50 ms apart, and what comes behind at once', () => {
    const stage = new Stage({ script: [hello('byte-by-byte', 50)] })
    const client = stage.dial()
    stage.runUntil(40 + 66 * 50 + 49)
    expect([client.take(), client.receivedBytes]).toEqual([['20: opened'], 67])
    stage.runUntil(100_000)
    // The last byte comes at 40 + 67 * 50, and then a pause.
    expect(client.take()).toEqual(['3390: handshake for 32687b', '3440: bitfield 11110000'])
    expect(client.chunks.slice(0, HANDSHAKE_BYTES).every(({ length }) => length === 1)).toBe(true)
    expect(client.hexFrom(0).slice(PROTOCOL_HEX.length, PROTOCOL_HEX.length + 56)).toBe(NO_BITS + INFOHASH)
  })
})

describe('a peer that does not shake hands says what it says, then nothing, and stays', () => {
  test('an answer of another protocol', () => {
    const { heard, hex, stage } = meet('garbage')
    expect(heard).toEqual(['40: handshake.protocol'])
    expect(Buffer.from(hex, 'hex').toString()).toBe('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    expect(stage.peer.sessions.all.length).toBe(1)
  })

  test('an encrypted attempt: a key of 96 bytes and up to 512 of padding', () => {
    const { heard, hex } = meet('encrypted')
    expect(heard).toEqual(['40: handshake.protocol'])
    expect(hex.length / 2).toBeGreaterThanOrEqual(96)
    expect(hex.length / 2).toBeLessThanOrEqual(96 + 512)
  })

  test('48 bytes of the 68', () => {
    const { heard, hex } = meet('cut-short')
    expect(heard).toEqual([])
    expect(hex).toBe(PROTOCOL_HEX + NO_BITS + INFOHASH)
  })

  test('nothing at all', () => {
    const { heard, hex } = meet('never')
    expect([heard, hex]).toEqual([[], ''])
  })
})

test('a peer that dials and knows no other id uses its own; it speaks first', () => {
  const stage = new Stage({
    script: [hello('own-peer-id'), { when: { afterStartMs: 0 }, do: { behaviour: 'dial', address: '127.0.0.1:6881' } }],
  })
  const clients = stage.listen()
  stage.runUntil(1_000)
  const own = toHex(stage.peer.peerId)
  expect(clients[0]!.hexFrom(0).startsWith(PROTOCOL_HEX + NO_BITS + INFOHASH + own)).toBe(true)
})
