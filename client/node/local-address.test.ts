import { expect, test } from 'vitest'
import { isLocalAddress } from './local-address.ts'

test.each([
  ...['127.0.0.1', '127.255.255.255', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1'],
])('%s is local', (host) => expect(isLocalAddress(host)).toBe(true))

test.each([
  ...['1.1.1.1', '172.15.255.255', '172.32.0.0', '100.128.0.0', '198.20.0.0', '2001:db8::1', '::ffff:1.1.1.1', '::2'],
  ...['localhost', ''],
])('%j is not local', (host) => expect(isLocalAddress(host)).toBe(false))
