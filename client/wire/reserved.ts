/** The 8 reserved bytes of a handshake: which extensions a client speaks. BEP 4, 6 (fast), 10 (extension protocol). */

export const RESERVED_BYTES = 8

const EXTENSIONS_AT = 5
const EXTENSIONS_BIT = 0x10
const FAST_AT = 7
const FAST_BIT = 0x04

/** Fresh bytes: fast and extension protocol. An extension counts where both sides set its bit. */
export function ourReserved(): Uint8Array {
  const reserved = new Uint8Array(RESERVED_BYTES)
  reserved[EXTENSIONS_AT] = EXTENSIONS_BIT
  reserved[FAST_AT] = FAST_BIT
  return reserved
}

export function hasFast(reserved: Uint8Array): boolean {
  return ((reserved[FAST_AT] ?? 0) & FAST_BIT) !== 0
}

export function hasExtensions(reserved: Uint8Array): boolean {
  return ((reserved[EXTENSIONS_AT] ?? 0) & EXTENSIONS_BIT) !== 0
}
