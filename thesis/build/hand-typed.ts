/**
 * Numbers typed by hand in the text: nothing in the thesis that was measured is, so each is either bound to a result or
 * declared, as `#const[16 KiB]`, to be none. Read are the words of the text, its tables and captions; code, formulas,
 * strings, labels and the arguments of functions are not.
 *
 * A number may stand as it is where it only names something: `BEP 3`, `SHA-1`, `T3`, a year, `IPv4`.
 */
import type { Source } from './sources.ts'

const NAMES =
  /\b1\/s\b|\b(?:BEPs?|[Vv]ersion|RFC|SHA-?|Node|ISO|Ed|HTTP\/|Section|Chapter|Debian)\s?\d+(?:\.\d+)*|\b(?:19|20)\d\d\b|[A-Za-z_]\d+\b|\b\d+(?:st|nd|rd|th)\b/g
const NUMBER = /\d+(?:[., {2}]\d+)*/g

/** `file:line: the number and the words around it`, for each. */
export function handTypedNumbers(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => path.includes('/chapters/')).flatMap(numbersIn)
}

function numbersIn({ path, text }: Source): string[] {
  const words = blank(proseOf(text), NAMES)
  return [...words.matchAll(NUMBER)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    const around = text
      .slice(Math.max(0, match.index - 24), match.index + 24)
      .replaceAll(/\s+/g, ' ')
      .trim()
    return `${path}:${line}: ${match[0]} is typed by hand: bind it with #val, or declare it with #const (… ${around} …)`
  })
}

/** The text with everything else blanked, so that places stay. */
function proseOf(text: string): string {
  const out = text.split('').map((unit): string => (unit === '\n' ? unit : ' '))
  const keep = (at: number): void => {
    out[at] = text[at]!
  }
  const scanner = { text, at: 0, keep }
  markup(scanner, null)
  return out.join('')
}

interface Scanner {
  readonly text: string
  at: number
  keep(at: number): void
}

const SKIPPED = [
  /\/\/[^\n]*/y,
  /\/\*[\s\S]*?\*\//y,
  /```[\s\S]*?```/y,
  /`[^`]*`/y,
  /\$[^$]*\$/y,
  /<[\w:.-]+>/y,
  /@[\w:-]+(?:\.[\w-]+)*/y,
  /https?:\/\/\S+/y,
  /\\./y,
]

/** Until `close` at its own depth; null: the whole text. */
function markup(scanner: Scanner, close: string | null): void {
  while (scanner.at < scanner.text.length) {
    const character = scanner.text[scanner.at]!
    if (character === close) {
      scanner.at++
      return
    }
    if (skip(scanner, SKIPPED)) continue
    if (character === '#') code(scanner)
    else if (character === '[') {
      scanner.at++
      markup(scanner, ']')
    } else scanner.keep(scanner.at++)
  }
}

/** Behind `#`: a statement to the end of its line, or an expression with its arguments. */
function code(scanner: Scanner): void {
  scanner.at++
  const isStatement = skip(scanner, [/(?:let|set|show|import|include)\b/y])
  if (!isStatement) {
    if (skip(scanner, [/const\s*\[[^\]]*\]/y])) return
    skip(scanner, [/(?:if|for|while|context|return)\b[^[{]*/y, /[\w.-]+/y])
  }
  while (scanner.at < scanner.text.length) {
    const character = scanner.text[scanner.at]!
    if (character === '\n' && isStatement) return
    if (character === '(' || character === '{') group(scanner, character === '(' ? ')' : '}')
    else if (character === '[') {
      scanner.at++
      markup(scanner, ']')
    } else if (isStatement) {
      if (!skip(scanner, CODE)) scanner.at++
    } else if (!skip(scanner, [/\.(?=[a-z])[\w-]+/y, /\s*else\s*(?=[[{]|if)(?:if[^[{]*)?/y])) return
  }
}

const CODE = [/"(?:[^"\\]|\\.)*"/y, /\/\/[^\n]*/y, /const\s*\[[^\]]*\]/y]

function group(scanner: Scanner, close: string): void {
  scanner.at++
  while (scanner.at < scanner.text.length) {
    const character = scanner.text[scanner.at]!
    if (character === close) {
      scanner.at++
      return
    }
    if (skip(scanner, CODE)) continue
    if (character === '(' || character === '{') group(scanner, character === '(' ? ')' : '}')
    else if (character === '[') {
      scanner.at++
      markup(scanner, ']')
    } else scanner.at++
  }
}

function skip(scanner: Scanner, patterns: readonly RegExp[]): boolean {
  for (const pattern of patterns) {
    pattern.lastIndex = scanner.at
    const match = pattern.exec(scanner.text)
    if (match === null || match[0] === '') continue
    scanner.at += match[0].length
    return true
  }
  return false
}

function blank(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (match) => ' '.repeat(match.length))
}
