import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NO_HANDLER } from '../ports/transport.ts'
import { readPcap } from '../tap/pcap.testing.ts'
import { openCaptures } from './captures.ts'
import { runEventLoop } from './clock.testing.ts'
import { nodeClock } from './clock.ts'
import { tcpTransport } from './tcp.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'captures-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

test('a connection on real sockets is in both files, in the pcap with the time of day', async () => {
  const clock = nodeClock()
  const failed = (problem: string) => {
    throw new Error(problem)
  }
  const files = [path.join(folder, 'wire'), path.join(folder, 'pcap')] as const
  const options = { clock, localHost: null, pieceCount: () => null, failed }
  const captures = openCaptures({ ...options, trace: files[0], pcap: files[1] })
  const transport = captures.tapped(tcpTransport({ clock }))
  let isOver = false
  const startedMs = Date.now()
  const listener = transport.listen(
    { host: '127.0.0.1', port: 0 },
    {
      failed() {},
      accepted(_, connection) {
        connection.send(Uint8Array.of(1, 2, 3))
        connection.close()
        return NO_HANDLER
      },
      listening: (_, local) => transport.connect(local, { ...NO_HANDLER, ended: () => (isOver = true) }),
    },
  )
  await runEventLoop(() => isOver)
  listener.close()
  captures.close()
  const lines = fs.readFileSync(files[0], 'utf8').split('\n')
  expect(lines.map((line) => line.replace(/^ *0\.\d{3} 127\.0\.0\.1:\d+ +/, ''))).toEqual(
    expect.arrayContaining([
      '-- connecting',
      '-- accepted',
      '-> fault handshake.protocol: expected BitTorrent protocol, received byte 1 at offset 0',
      '<- fault handshake.protocol: expected BitTorrent protocol, received byte 1 at offset 0',
      '-- closed by them',
      '',
    ]),
  )
  const packets = readPcap(new Uint8Array(fs.readFileSync(files[1])))
  expect(packets.filter(({ payload }) => payload.length === 3)).toHaveLength(2)
  for (const { seconds } of packets) expect(Math.abs(seconds - startedMs / 1000)).toBeLessThan(10)
})

test('where nothing is asked for the transport stays as it is', () => {
  const clock = nodeClock()
  const failed = () => {}
  const options = { clock, localHost: null, pieceCount: () => null, failed, trace: undefined, pcap: undefined }
  const transport = tcpTransport({ clock })
  expect(openCaptures(options).tapped(transport)).toBe(transport)
})
