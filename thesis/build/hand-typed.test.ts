import { expect, test } from 'vitest'
import { handTypedNumbers } from './hand-typed.ts'
import { swallowedSemicolons } from './sources.ts'

const found = (text: string) =>
  handTypedNumbers([{ path: 'thesis/chapters/x.typ', text }]).map((line) =>
    /:(\d+): ([\d., {2}]+) is/.exec(line)!.slice(1).join(' '),
  )

test('a number typed by hand is found with its line, in text, captions and cells', () => {
  const text =
    'It took 3.5 s.\n\n- and 12 MiB\n#figure(image("a1.svg", width: 80%), caption: [All 20 peers])\n#table(columns: 3, [4 s], [b])'
  expect(found(text)).toEqual(['1 3.5', '3 12', '4 20', '5 4'])
})

test.each([
  ['#val("a/median.seconds@peers=3", digits: 2) and #const[16 KiB]', 'bound and declared'],
  ['BEP 3, SHA-1, T3, IPv4, in 2003 @cohen2003 <tab:x1> `a 5` $1/2$', 'names'],
  ['#let x = 5\n#set text(size: 9pt)\n#for n in (1, 2) [word]', 'code'],
  ['// 5 peers\n```ts\nconst a = 5\n```', 'comments and listings'],
  ['#fig("speed-vs-peers", [Caption #const[5].])', 'arguments'],
])('%s: nothing to find (%s)', (text) => {
  expect(found(text)).toEqual([])
})

test('behind an expression the text goes on', () => {
  expect(found('#val("x").a 7 #if a == 3 [8] else [9] 10')).toEqual(['1 7', '1 8', '1 9', '1 10'])
})

test('a semicolon that Typst takes for the end of code is found', () => {
  const text = 'One #val("a"); two #const[3];\n#val("b", digits: 2)\\; three (#val("c")); four;'
  const found = swallowedSemicolons([{ path: 'thesis/chapters/x.typ', text }])
  expect(found.map((line) => /:(\d+):/.exec(line)![1])).toEqual(['1', '1'])
})
