import { testGate } from './planted.ts'

/** Apart, so that these lines are not findings themselves. */
const comment = (text: string) => `/${'/'} ${text}\nexport const planted = 1\n`

const violation = (text: string) => ({
  name: text,
  files: { 'links/planted.ts': comment(text) },
  says: 'no exemptions here',
})

const VIOLATIONS = [
  violation('biome-ignore lint/style/noRestrictedGlobals: I may'),
  violation('biome-ignore lint/plugin: I may'),
  violation('biome-ignore-all lint: I may'),
  violation('@ts-nocheck'),
  violation('@ts-ignore'),
]

const PERMITTED = [
  {
    name: 'a rule of style, silenced on a line',
    files: {
      'links/planted.ts': comment(
        'biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for',
      ),
    },
  },
]

testGate('check:exemptions', VIOLATIONS, { permitted: PERMITTED })
