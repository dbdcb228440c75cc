import { expect, test } from 'vitest'
import { interested, Stage } from '../stage.testing.ts'

function sent(options: object): string[] {
  const stage = new Stage({ script: [{ when: { afterStartMs: 0 }, do: { behaviour: 'send', ...options } }] })
  const client = stage.dial()
  client.send(interested)
  stage.runUntil(10_000)
  return client.take().slice(3)
}

test.each([
  [{ type: 'keep-alive' }, 'keep-alive'],
  [{ type: 'choke' }, 'choke'],
  [{ type: 'have-none' }, 'have-none'],
  [{ type: 'have', piece: 2 }, 'have 2'],
  [{ type: 'have', piece: 'beyond' }, 'have 4'],
  [{ type: 'suggest', piece: 0xffff_ffff }, 'suggest 4294967295'],
  [{ type: 'request', piece: 'beyond', offsetBytes: 1, lengthBytes: 2 }, 'request 4:1+2'],
  [{ type: 'bitfield', hex: 'A0' }, 'bitfield 10100000'],
  [{ type: 'piece', piece: 0, offsetBytes: 0, hex: '001f3e00' }, 'block 0:0+4, 1 wrong'],
  [{ type: 'port', port: 6881 }, 'port'],
  [{ type: 'extended', extensionId: 3, hex: '6869' }, 'extended 3 hi'],
  [{ type: 'unknown', id: 77, hex: '' }, 'unknown 77 of 0'],
])('a peer sends %j once, behind its hello', (message, line) => {
  expect(sent({ message })).toEqual([`40: ${line}`, '40: unchoke'])
})

test('a peer sends bytes as they are', () => {
  expect(sent({ hex: '0000000504000000ff'.toUpperCase() })).toEqual(['40: have 255', '40: unchoke'])
})
