import { describe, expect, test } from 'vitest'
import { BEHAVIOURS } from './behaviours/all.ts'
import { catalogue } from './catalogue.ts'
import { CONDITIONS } from './script.ts'

const LINES = catalogue().split('\n')

/** A behaviour and its options. */
function linesOf(name: string): string[] {
  const from = LINES.findIndex((line) => line.startsWith(`- **\`${name}\`**`))
  const length = LINES.slice(from + 1).findIndex((line) => !line.startsWith('  - '))
  return LINES.slice(from, length < 0 ? LINES.length : from + 1 + length)
}

describe('the catalogue', () => {
  test('says of an option what it may be, whether it is required, its default, and what it does', () => {
    expect(linesOf('choke')).toEqual([
      '- **`choke`**: Chokes everybody and drops what it owes; from the start it never unchokes.',
      '  - `forMs` (number, over 0): for so long; left out: for ever',
      '  - `flap` (boolean; default `false`): then, after as long unchoked, again',
    ])
    expect(linesOf('hold').slice(1)).toEqual([
      '  - `pieces` (list of integers, at most 100,000): exactly these',
      '  - `share` (number, from 0, up to 1): this share of all, drawn',
      '  - `claim` (`truth`, `all`, `nothing`; default `truth`): what it shows at the start of a connection',
    ])
    expect(linesOf('cut-block')[1]).toBe('  - `how` (`fin`, `reset`; default `fin`): how the connection ends there')
    expect(linesOf('flood').at(-3)).toMatch(/^ {2}- `perSecond` \(number, over 0, up to 20,000; default `1000`\): /)
    expect(linesOf('bitfield')[1]).toMatch(/^ {2}- `how` \(.*`then-have-none`; required\): /)
  })

  test('has every condition and every behaviour, and each option is described', () => {
    for (const name of Object.keys(CONDITIONS))
      expect(LINES.some((line) => line.startsWith(`- \`${name}\` (`))).toBe(true)
    for (const { name, options } of BEHAVIOURS) expect(linesOf(name).length).toBe(1 + Object.keys(options.shape).length)
    expect(LINES.filter((line) => line.includes('undefined') || line.endsWith(': '))).toEqual([])
  })
})
