/** How many columns a text takes on a terminal, and cutting it to fit. By Unicode's classes; close enough for names. */

/** Marks and joiners sit on the character before them. */
const NO_COLUMN = /^[\p{M}\p{Cf}]/u
/** East Asian characters, full-width forms and emoji. */
const TWO_COLUMNS =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u

export function displayWidth(text: string): number {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

/** The text, or as much of it as fits before an ellipsis; nothing where there is no column. */
export function fitted(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns < 1) return ''
  let kept = ''
  let left = columns - 1
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}…`
}

function columnsOf(character: string): number {
  if (NO_COLUMN.test(character)) return 0
  return TWO_COLUMNS.test(character) ? 2 : 1
}
