/**
 * Cuts `parts`, joined, into stretches of these lengths: a list of views for each, no byte copied and no view empty.
 * Throws a RangeError when the parts have fewer bytes.
 */
export function splitParts(parts: readonly Uint8Array[], lengthsBytes: readonly number[]): Uint8Array[][] {
  let partIndex = 0
  let partOffsetBytes = 0
  return lengthsBytes.map((lengthBytes) => {
    const views: Uint8Array[] = []
    for (let leftBytes = lengthBytes; leftBytes > 0; ) {
      const part = parts[partIndex]
      if (part === undefined) throw new RangeError(`${leftBytes} bytes are missing`)
      const view = part.subarray(partOffsetBytes, partOffsetBytes + leftBytes)
      if (view.length > 0) views.push(view)
      leftBytes -= view.length
      partOffsetBytes += view.length
      if (partOffsetBytes < part.length) continue
      partIndex++
      partOffsetBytes = 0
    }
    return views
  })
}
