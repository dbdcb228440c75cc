/** Units: what leaves an uplink in one go. A block with its header is one; longer sends are cut, so as not to hold others up. */

/** A block of 16 KiB and the 13 bytes in front of it. */
export const UNIT_BYTES_MAX = 16_397

/** What a receiver that is paused takes before its sender is held: its receive window. */
export const RECEIVE_WINDOW_BYTES = 262_144

export interface Unit {
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
}

/** Views on the parts, in order; nothing is copied. */
export function cutIntoUnits(parts: readonly Uint8Array[]): Unit[] {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes === 0) return []
  if (bytes <= UNIT_BYTES_MAX) return [{ parts, bytes }]
  return parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / UNIT_BYTES_MAX) }, (_, index) => {
      const cut = part.subarray(index * UNIT_BYTES_MAX, (index + 1) * UNIT_BYTES_MAX)
      return { parts: [cut], bytes: cut.length }
    }),
  )
}
