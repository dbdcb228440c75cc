import { describe, expect, test } from 'vitest'
import { HANDSHAKE_BYTES } from '../../client/wire/handshake.ts'
import { encodeMetadataMessage } from '../../client/wire/ut-metadata.ts'
import { interested, request, Stage } from '../stage.testing.ts'

const speak = (options: object = {}) => ({ when: { afterStartMs: 0 }, do: { behaviour: 'speak', ...options } })
const stageOf = (options: object = {}) => new Stage({ script: [speak(options)] })

const RESERVED_AT = 20

function reserved(options: object): string {
  const stage = stageOf(options)
  const client = stage.dialExtended()
  stage.runUntil(100)
  return client.hexFrom(RESERVED_AT).slice(0, 16)
}

describe('a peer that speaks', () => {
  test.each([
    [{}, '0000000000100004'],
    [{ fast: false }, '0000000000100000'],
    [{ extensions: false }, '0000000000000004'],
    [{ fast: false, extensions: false }, '0000000000000000'],
  ])('%j says so in its handshake: reserved %s', (options, bits) => {
    expect(reserved(options)).toBe(bits)
  })

  test('says have-all and its extension handshake to who speaks both, and neither to who does not', () => {
    const stage = stageOf()
    const [plain, extended] = [stage.dial(), stage.dialExtended()]
    stage.runUntil(1_000)
    expect(plain.take().slice(2)).toEqual(['40: bitfield 11110000'])
    expect(extended.take().slice(2)).toEqual([
      '40: have-all',
      '40: extended 0 d1:md11:lt_donthavei3e11:upload_onlyi4e11:ut_metadatai2ee13:metadata_sizei20000e1:pi6881e4:reqqi2000e' +
        '1:v22:swarmlab scripted peer6:yourip4:....e',
    ])
  })

  test('tells of what it is told to: no metadata, upload only, peers it knows, its queue', () => {
    const pex = ['127.0.0.9:6881', '[::1]:7000']
    const stage = stageOf({ metadata: false, uploadOnly: true, requestQueueMax: 5, pex })
    const client = stage.dialExtended()
    stage.runUntil(1_000)
    expect(client.take().slice(3)).toEqual([
      '40: extended 0 d1:md11:lt_donthavei3e11:upload_onlyi4e11:ut_metadatai2e6:ut_pexi1ee1:pi6881e4:reqqi5e11:upload_onlyi1e' +
        '1:v22:swarmlab scripted peer6:yourip4:....e',
      '40: extended 8 d5:added6:......7:added.f1:.6:added618:.................X8:added6.f1:.7:dropped0:8:dropped60:e',
    ])
  })
})

describe('a peer that speaks extensions', () => {
  test('serves the info dictionary, piece by piece, and rejects what is none of it', () => {
    const stage = stageOf()
    const client = stage.dialExtended()
    stage.runUntil(100)
    client.take()
    const { receivedBytes } = client
    for (const piece of [1, 0, 2]) {
      const payload = encodeMetadataMessage({ kind: 'request', piece })
      client.send({ type: 'extended', extensionId: 2, payload })
    }
    stage.runUntil(1_000)
    const bytes = Buffer.from(client.hexFrom(receivedBytes), 'hex')
    const { infoBytes } = stage.peer.torrent
    const data = (piece: number, from: number, to: number) => {
      const payload = encodeMetadataMessage({
        kind: 'data',
        piece,
        totalBytes: 20_000,
        data: infoBytes.slice(from, to),
      })
      const frame = Buffer.concat([Buffer.alloc(4), Buffer.of(20, 7), payload])
      frame.writeUInt32BE(frame.length - 4)
      return frame
    }
    const reject = Buffer.from('\0\0\0\u001c\u0014\u0007d8:msg_typei2e5:piecei2ee', 'latin1')
    reject.writeUInt32BE(reject.length - 4)
    const expected = Buffer.concat([data(1, 16_384, 20_000), data(0, 0, 16_384), reject])
    expect(bytes.equals(expected)).toBe(true)
  })

  test('has none to give where it has none: every request is rejected', () => {
    const stage = stageOf({ metadata: false })
    const client = stage.dialExtended()
    client.send({ type: 'extended', extensionId: 2, payload: encodeMetadataMessage({ kind: 'request', piece: 0 }) })
    stage.runUntil(1_000)
    expect(client.take().at(-1)).toBe('40: extended 7 d8:msg_typei2e5:piecei0ee')
  })

  test('ignores extension messages that are none, and goes on', () => {
    const stage = stageOf()
    const client = stage.dialExtended()
    for (const extensionId of [0, 1, 2, 3, 9]) client.send({ type: 'extended', extensionId, payload: Buffer.from('x') })
    client.send(interested, request(0, 0))
    stage.runUntil(1_000)
    expect(client.take().at(-1)).toBe('50: block 0:0+16384')
  })
})

describe('a peer that speaks fast', () => {
  const ranges = (lines: readonly string[]) => lines.map((line) => line.replace(/^\d+: /, ''))

  test('rejects what it does not serve, what it owed at a choke, and what is cancelled', () => {
    const choke = { when: { received: 'have' as const }, do: { behaviour: 'choke' } }
    const stage = new Stage({ script: [speak({ extensions: false }), choke] })
    const client = stage.dialExtended()
    client.send(request(1, 0), interested)
    stage.at(60, () => {
      client.take()
      client.send(request(9, 0), request(0, 0), request(1, 0), request(2, 0), request(3, 0))
      client.send({ ...request(2, 0), type: 'cancel' } as typeof interested, { type: 'have', piece: 0 })
    })
    stage.runUntil(1_000)
    expect(ranges(client.take())).toEqual([
      'reject 9:0+16384',
      'block 0:0+16384',
      'reject 2:0+16384',
      'choke',
      'reject 1:0+16384',
      'reject 3:0+16384',
    ])
  })

  test('rejects a request from who is choked', () => {
    const stage = stageOf({ extensions: false })
    const client = stage.dialExtended()
    client.send(request(1, 0))
    stage.runUntil(1_000)
    expect(ranges(client.take().slice(2))).toEqual(['have-all', 'reject 1:0+16384'])
  })

  test('tells which pieces it serves while it chokes, and does; and what it suggests', () => {
    const choke = { when: { afterStartMs: 0 }, do: { behaviour: 'choke' } }
    const stage = new Stage({
      script: [speak({ extensions: false, allowedFast: 2, suggest: [3, 1] }), choke],
      totalBytes: 32 * 32_768,
    })
    const client = stage.dialExtended()
    stage.runUntil(100)
    const told = ranges(client.take()).slice(2)
    const allowed = told.slice(1, 3).map((line) => Number(line.replace('allowed-fast ', '')))
    expect(told).toEqual(['have-all', ...allowed.map((piece) => `allowed-fast ${piece}`), 'suggest 3', 'suggest 1'])
    const other = [0, 1, 2].find((piece) => !allowed.includes(piece))!
    client.send(request(other, 0), request(allowed[0]!, 0), request(allowed[1]!, 16_384))
    stage.runUntil(1_000)
    expect(ranges(client.take())).toEqual([
      `reject ${other}:0+16384`,
      `block ${allowed[0]}:0+16384`,
      `block ${allowed[1]}:16384+16384`,
    ])
  })
})

test('to who was connected before, nothing changes but what is asked for later', () => {
  const stage = new Stage({ script: [{ when: { received: 'have' }, do: { behaviour: 'speak' } }] })
  const client = stage.dial()
  stage.at(100, () => client.send({ type: 'have', piece: 0 }))
  stage.runUntil(1_000)
  expect(client.receivedBytes).toBe(HANDSHAKE_BYTES + 6)
})
