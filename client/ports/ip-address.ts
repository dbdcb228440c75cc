/**
 * IP literals <-> bytes (4 or 16, network order), without any look-up: what is not a literal is null.
 *
 * One address has one spelling: IPv6 as in RFC 5952, and IPv4 written as IPv6 (`::ffff:1.2.3.4`) is IPv4.
 */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
const MAPPED_PREFIX_BYTES = MAPPED_PREFIX.length
/** No literal is longer: six groups and an IPv4 address in full. */
const LITERAL_LENGTH_MAX = 45

export function parseIpAddress(text: string): Uint8Array | null {
  if (text.length > LITERAL_LENGTH_MAX) return null
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return bytes === null ? null : unmapped(bytes)
}

/** Of 4 or 16 bytes. */
export function formatIpAddress(bytes: Uint8Array): string {
  const address = unmapped(bytes)
  return address.length === 4 ? address.join('.') : formatIpv6(address)
}

/** The one spelling of a literal, or null. */
export function canonicalIpAddress(text: string): string | null {
  const bytes = parseIpAddress(text)
  return bytes === null ? null : formatIpAddress(bytes)
}

/** False for what no peer can have: `0.0.0.0/8`, `::`, multicast, and the reserved end of IPv4. */
export function isUnicast(address: Uint8Array): boolean {
  const bytes = unmapped(address)
  const first = bytes[0]!
  if (bytes.length === 4) return first > 0 && first < 224
  return first !== 0xff && bytes.some((byte) => byte !== 0)
}

function unmapped(bytes: Uint8Array): Uint8Array {
  const mapped = bytes.length === 16 && MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)
  return mapped ? bytes.subarray(MAPPED_PREFIX_BYTES) : bytes
}

/** Four decimals without leading zeros, which some read as octal. */
function parseIpv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4)
  let part = 0
  let digits = 0
  let value = 0
  for (let at = 0; at <= text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && value === 0) return null
      value = value * 10 + digit
      digits++
    } else if ((at < text.length && digit !== DOT) || digits === 0 || value > 255 || part > 3) return null
    else {
      bytes[part++] = value
      digits = 0
      value = 0
    }
  }
  return part === 4 ? bytes : null
}

const ZERO = 48
/** Counted from the zero. */
const DOT = -2

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = parseGroups(halves[1] ?? '', true)
  if (head === null || tail === null) return null
  const zeros = 16 - head.length - tail.length
  // `::` stands for one group of zeros or more.
  if (halves.length === 1 ? zeros !== 0 : zeros < 2) return null
  return Uint8Array.from([...head, ...new Array<number>(zeros).fill(0), ...tail])
}

/** Bytes of groups of up to four hex digits; the last may be an IPv4 address where the text ends. */
function parseGroups(text: string, endsText: boolean): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const ipv4 = endsText && index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : null
    if (ipv4 !== null) bytes.push(...ipv4)
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else return null
  }
  return bytes
}

function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2]! << 8) | bytes[index * 2 + 1]!)
  let longest = { start: 0, count: 1 } // a lone group of zeros is written out
  for (let start = 0; start < 8; start++) {
    let count = 0
    while (groups[start + count] === 0) count++
    if (count > longest.count) longest = { start, count }
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  if (longest.count < 2) return hex(0, 8)
  return `${hex(0, longest.start)}::${hex(longest.start + longest.count, 8)}`
}

/**
 * Where one machine may have many addresses, and a peer says which is its own: loopback, and the range for benchmarks
 * (RFC 2544), in which no host of the outside is.
 */
export function isTestbedAddress(host: string): boolean {
  return host.startsWith('127.') || host.startsWith('198.18.') || host.startsWith('198.19.')
}
