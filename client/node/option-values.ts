/**
 * Values of options, from text: each function returns the value or throws an Error whose message says what was wanted
 * and what was given; `runCommandLine` puts the option's name before it. They are `coerce` functions of options.
 */
import { isIP } from 'node:net'
import type { PeerAddress } from '../ports/transport.ts'

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...prefixed(1024, ['kib', 'mib', 'gib', 'tib']),
  ...prefixed(1024, ['k', 'm', 'g', 't']),
  ...prefixed(1000, ['kb', 'mb', 'gb', 'tb']),
])

const BIT_UNITS: ReadonlyMap<string, number> = new Map([['bit', 1], ...prefixed(1000, ['kbit', 'mbit', 'gbit'])])

/** `1048576`, `24MiB`, `1.5GiB`; `k`, `M`, `G` alone are 1024-fold, `kB`, `MB`, `GB` 1000-fold. In bytes. */
export function parseSize(text: string): number {
  const [amount, unit] = amountAndUnit(text)
  const bytes = amount * (SIZE_UNITS.get(unit) ?? Number.NaN)
  if (Number.isSafeInteger(bytes)) return bytes
  throw new Error(`wants a size like 1048576, 64k, 24MiB or 1GiB, not "${text}"`)
}

/** `2097152`, `2MiB/s`, `20Mbit` (bits are 1000-fold), with or without `/s`. In bytes per second, at least 1. */
export function parseRate(text: string): number {
  const [amount, unit] = amountAndUnit(text.replace(/\/s$/, ''))
  const bytesPerUnit = SIZE_UNITS.get(unit) ?? (BIT_UNITS.get(unit) ?? Number.NaN) / 8
  const bytes = Math.round(amount * bytesPerUnit)
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes
  throw new Error(`wants a rate like 2097152 (bytes per second), 2MiB/s or 20Mbit, not "${text}"`)
}

/** A rate as in `parseRate`; `none` and 0 are null, no limit. */
export function parseRateLimit(text: string): number | null {
  if (text === 'none' || text === '0') return null
  try {
    return parseRate(text)
  } catch {
    throw new Error(`wants a rate like 2097152 (bytes per second), 2MiB/s or 20Mbit, or none, not "${text}"`)
  }
}

/** `1.2.3.4:6881` or `[::1]:6881`: addresses, never names. */
export function parsePeerAddress(text: string): PeerAddress {
  const [, ipv6, ipv4, portText] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? ipv4 ?? ''
  const port = Number(portText)
  const version = ipv6 === undefined ? 4 : 6
  if (isIP(host) === version && port >= 1 && port <= 65_535) return { host, port }
  throw new Error(`wants ADDRESS:PORT like 127.0.0.1:6881 or [::1]:6881, not "${text}"`)
}

export function parsePeerAddresses(texts: readonly string[]): PeerAddress[] {
  return texts.map(parsePeerAddress)
}

/** An address to listen on, never a name. */
export function parseHost(text: string): string {
  if (isIP(text) !== 0) return text
  throw new Error(`wants an address like 127.0.0.1, not "${text}"`)
}

/** A whole number in decimal digits. */
export function parseInteger(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value
    throw new Error(`wants a whole number from ${min} to ${max}, not "${text}"`)
  }
}

/** An amount with a decimal point, as in `--rtt 0.5`. */
export function parseNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^-?\d+(\.\d+)?$/.test(text) && value >= min && value <= max) return value
    throw new Error(`wants a number from ${min} to ${max}, not "${text}"`)
  }
}

/** `2%` gives 0.02. */
export function parsePercent(minPercent: number, maxPercent: number): (text: string) => number {
  return (text) => {
    const digits = /^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1]
    const percent = Number(digits ?? Number.NaN)
    if (percent >= minPercent && percent <= maxPercent) return percent / 100
    throw new Error(`wants a share from ${minPercent}% to ${maxPercent}%, not "${text}"`)
  }
}

/**
 * Inside `defineCommand` the type argument has to be written down, `parseOneOf<'a' | 'b'>('a', 'b')`: TypeScript puts off
 * a generic call that returns a function, and then infers no type of any option.
 */
export function parseOneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    throw new Error(`wants one of ${words.join(', ')}, not "${text}"`)
  }
}

function amountAndUnit(text: string): [amount: number, unit: string] {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? []
  return [amount === undefined ? Number.NaN : Number(amount), (unit ?? '').toLowerCase()]
}

function prefixed(base: number, units: readonly string[]): [string, number][] {
  return units.map((unit, index) => [unit, base ** (index + 1)])
}
