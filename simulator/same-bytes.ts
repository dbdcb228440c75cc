/** Are these the bytes of the content at this place? Views on the content itself are known without looking at a byte. */
export function sameBytes(part: Uint8Array, content: Uint8Array, offsetBytes: number): boolean {
  if (offsetBytes + part.length > content.length) return false
  if (part.buffer === content.buffer && part.byteOffset === content.byteOffset + offsetBytes) return true
  for (let index = 0; index < part.length; index++) if (part[index] !== content[offsetBytes + index]) return false
  return true
}
