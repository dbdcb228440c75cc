/**
 * The judge is Wireshark: its BitTorrent dissector must find in our file the messages that our decoder finds in the same
 * bytes, and nothing to complain about in TCP and IP. Without tshark on the machine nothing here runs.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { joined } from '../ports/bytes.ts'
import { encodeHandshake, HANDSHAKE_BYTES } from '../wire/handshake.ts'
import { encodeMessage, formatOfId, type Message } from '../wire/messages.ts'
import { decodeAll } from '../wire/stream.testing.ts'
import { pcapTap } from './pcap.ts'
import type { TapEnd } from './tapped-transport.ts'

/** Of Debian's package of that name. */
const TSHARK = 'tshark'
const HAS_TSHARK = spawnSync(TSHARK, ['--version']).status === 0
const FIXTURES = new URL('../fixtures/transcripts/', import.meta.url)
const PORT = 6999

const folder = mkdtempSync(join(tmpdir(), 'pcap-'))
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, FIXTURES)))

/** A conversation each: remote, what each side says, in chunks of this many bytes, and how it ends. */
const CONVERSATIONS = [
  ['127.0.0.2', 'libtorrent-2.0.8', 16_397, 'fin'],
  ['::1', 'aria2-1.36.0', 200_000, 'reset'],
  ['192.0.2.7', 'webtorrent-1.9.7', 1_460, 'closed'],
] as const

/** Lines of what tshark says of a file of ours. */
function runTshark(name: string, ...args: readonly string[]): string[] {
  const file = join(folder, name)
  const options = [
    '-o',
    'tcp.check_checksum:TRUE',
    '-o',
    'ip.check_checksum:TRUE',
    '-d',
    `tcp.port==${PORT},bittorrent`,
  ]
  const { stdout, status, stderr } = spawnSync(TSHARK, ['-r', file, ...options, ...args], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout.split('\n').slice(0, -1)
}

function countTypes(types: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const type of types) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

const idOf = (message: Message) => {
  for (let id = 0; id < 256; id++) if (formatOfId(id)?.type === message.type) return `${id}`
  return 'none'
}

/** By id, as our decoder sees them behind the handshake. */
const typesIn = (stream: Uint8Array) =>
  decodeAll([stream.subarray(HANDSHAKE_BYTES)], () => 'owned').map((message) => idOf(message as Message))

afterAll(() => rmSync(folder, { recursive: true }))

describe.runIf(HAS_TSHARK)('tshark', () => {
  beforeAll(writeSwarm)
  test('finds the messages of three recorded conversations, by type and count, and their handshakes', () => {
    const expected = CONVERSATIONS.flatMap(([, name]) => [
      ...typesIn(read(`${name}.from-leecher.bin`)),
      ...typesIn(read(`${name}.from-seeder.bin`)),
    ])
    const lines = runTshark('swarm', '-Y', 'bittorrent', '-T', 'fields', '-e', 'bittorrent.msg.type')
    const seen = lines.flatMap((line) => line.split(',')).filter((type) => type !== '')
    expect(countTypes(seen)).toEqual(countTypes(expected))
    expect(seen).toHaveLength(399)
    expect(runTshark('swarm', '-Y', 'bittorrent.info_hash', '-T', 'fields', '-e', 'bittorrent.info_hash')).toHaveLength(
      6,
    )
  })

  test('has no doubt about sequence numbers, lengths or checksums', () => {
    const bad = 'tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed'
    expect(runTshark('swarm', '-Y', bad)).toEqual([])
    const statuses = runTshark('swarm', '-T', 'fields', '-e', 'tcp.checksum.status')
    expect(new Set(statuses)).toEqual(new Set(['1']))
    expect(statuses.length).toBeGreaterThan(100)
  })

  test('sees how each connection began and ended', () => {
    expect(runTshark('swarm', '-Y', 'tcp.flags.syn == 1 && tcp.flags.ack == 0')).toHaveLength(3)
    expect(runTshark('swarm', '-Y', 'tcp.flags.fin == 1')).toHaveLength(4)
    expect(runTshark('swarm', '-Y', 'tcp.flags.reset == 1')).toHaveLength(1)
  })

  test('reads every message that has a name', () => {
    const infohash = '00'.repeat(20) as Parameters<typeof encodeHandshake>[0]['infohash']
    const peerId = new Uint8Array(20) as Parameters<typeof encodeHandshake>[0]['peerId']
    const said: Message[] = [
      { type: 'have', piece: 3 },
      { type: 'bitfield', bits: Uint8Array.of(0xa0) },
      { type: 'request', piece: 1, offsetBytes: 16_384, lengthBytes: 16_384 },
      { type: 'cancel', piece: 1, offsetBytes: 16_384, lengthBytes: 16_384 },
      { type: 'reject', piece: 1, offsetBytes: 16_384, lengthBytes: 16_384 },
      { type: 'port', port: 6881 },
      { type: 'suggest', piece: 1 },
    ]
    const written: Uint8Array[] = []
    const tap = pcapTap({ originUnixMs: 0, write: (bytes) => written.push(bytes) })
    const seen = tap.connection(0, {
      incoming: true,
      remote: { host: '::1', port: 5 },
      localHost: '::1',
      localPort: PORT,
    })
    seen.sent(0, [encodeHandshake({ infohash, peerId }), ...said.map(encodeMessage)])
    writeFileSync(join(folder, 'one'), joined(written))
    const [types] = runTshark('one', '-Y', 'bittorrent.msg', '-T', 'fields', '-e', 'bittorrent.msg.type')
    expect(types).toBe(said.map(idOf).join(','))
  })
})

function writeSwarm(): void {
  const written: Uint8Array[] = []
  const tap = pcapTap({ originUnixMs: 1.7e12, write: (bytes) => written.push(bytes) })
  for (const [host, name, chunkBytes, end] of CONVERSATIONS) {
    const seen = tap.connection(0, { incoming: false, remote: { host, port: PORT }, localHost: null, localPort: null })
    seen.opened(20)
    converse(seen, read(`${name}.from-leecher.bin`), read(`${name}.from-seeder.bin`), chunkBytes, end)
  }
  writeFileSync(join(folder, 'swarm'), joined(written))
}

function converse(
  seen: ReturnType<ReturnType<typeof pcapTap>['connection']>,
  leecher: Uint8Array,
  seeder: Uint8Array,
  chunkBytes: number,
  end: TapEnd,
): void {
  seen.sent(21, [leecher.subarray(0, HANDSHAKE_BYTES)])
  seen.received(22, seeder.subarray(0, HANDSHAKE_BYTES))
  seen.sent(23, [leecher.subarray(HANDSHAKE_BYTES)])
  for (let at = HANDSHAKE_BYTES, nowMs = 24; at < seeder.length; at += chunkBytes) {
    seen.received(nowMs++, seeder.subarray(at, at + chunkBytes))
  }
  seen.ended(9_999, end)
}
