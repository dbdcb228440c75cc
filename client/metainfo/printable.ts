/**
 * Text that is safe to print: what others wrote into a torrent, a peer id or a tracker's answer can hold terminal
 * escapes, line breaks and marks that turn the writing direction around.
 */

/** Controls (C0, DEL, C1), line separators, direction marks, byte-order marks, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** The same text on one line, with what could act on a terminal written as `\u{1b}`. */
export function printable(text: string): string {
  return replaceUnprintable(text, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
}

/** All of these are single UTF-16 units. */
export function replaceUnprintable(text: string, replacement: (character: string) => string): string {
  return text.replace(UNPRINTABLE, replacement)
}
