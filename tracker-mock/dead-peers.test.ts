import { expect, test } from 'vitest'
import { isUnicast, parseIpAddress } from '../client/ports/ip-address.ts'
import { deadPeerAddress } from './dead-peers.ts'

test('10,000 dead peers are 10,000 addresses of this machine', () => {
  const hosts = Array.from({ length: 10_000 }, (_, index) => deadPeerAddress(index).host)
  expect(new Set(hosts).size).toBe(10_000)
  for (const host of hosts) {
    const bytes = parseIpAddress(host)
    expect(bytes !== null && isUnicast(bytes) && bytes[0]).toBe(127)
  }
})
