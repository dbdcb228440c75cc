import { describe, expect, test } from 'vitest'
import { Stage } from '../stage.testing.ts'

const wrong = (options: object) => ({ when: { afterStartMs: 0 }, do: { behaviour: 'extension-handshake', ...options } })

/** Its payload, as it came: behind handshake, bitfield, and the six bytes in front of it. */
function payload(options: object): Buffer {
  const stage = new Stage({ script: [wrong(options)] })
  const client = stage.dialExtended()
  stage.runUntil(100_000)
  const bytes = Buffer.from(client.hexFrom(68 + 6), 'hex')
  expect([bytes.readUInt32BE(0), bytes[4], bytes[5]]).toEqual([bytes.length - 4, 20, 0])
  return bytes.subarray(6)
}

describe('a peer whose extension handshake is wrong sends', () => {
  test.each([
    ['not-bencoded', 'this is not bencoded'],
    ['not-a-dictionary', 'le'],
    ['empty', ''],
    ['wrong-types', 'd1:ml11:ut_metadatai1ee13:metadata_size5:large1:p3:six4:reqqle11:upload_onlyde1:vi1e6:youripi7ee'],
    [
      'wrong-values',
      'd1:md11:ut_metadatai256e6:ut_pexi-1ee13:metadata_sizei-1e1:pi65536e4:reqqi-1e1:v0:6:yourip3:abce',
    ],
    ['zero-reqq', 'd1:md11:ut_metadatai2ee4:reqqi0ee'],
    ['escapes', 'd1:mde1:v35:\u001b[2J\u001b]0;x\u0007<script>alert(1)</script>e'],
  ])('%s: %s', (how, text) => {
    expect(payload({ how }).toString()).toBe(text)
  })

  test.each([
    [{ how: 'huge' }, 1_000_000],
    [{ how: 'huge', bytes: 65_537 }, 65_537],
  ])('%j: as many bytes of a name', (options, bytes) => {
    const digits = String(bytes).length
    expect(payload(options).length).toBe('d1:mde1:v:e'.length + digits + bytes)
  })

  test('10,000 levels of lists, or so many, closed or not', () => {
    expect(payload({ how: 'nested' }).toString()).toBe(`d1:m${'l'.repeat(10_000)}${'e'.repeat(10_001)}`)
    expect(payload({ how: 'nested-open', levels: 50 }).toString()).toBe('l'.repeat(50))
  })

  test('3,000 names of extensions', () => {
    expect(payload({ how: 'many-names' }).toString()).toMatch(/^d1:md2:x0i1e2:x1i1e3:x10i1e.*ee$/)
  })

  test('an honest one without its last byte', () => {
    expect(payload({ how: 'cut-off' }).toString('latin1')).toMatch(/^d1:md11:lt_donthave.*yourip4:....$/s)
  })
})
