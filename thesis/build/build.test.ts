import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readReference } from '../../results/reference-runs.ts'
import { valuesOf, valuesText } from '../../results/reference-values.ts'
import { buildThesis } from './build.ts'
import { excerptOf } from './excerpts.ts'
import { explanation } from './explain.ts'

const PROJECT = join(import.meta.dirname, '..', '..')
const RUN = join('results', 'reference', 'multi-peer-drop')

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'thesis-'))
  for (const path of [RUN, join('thesis', 'template.typ')])
    cpSync(join(PROJECT, path), join(dir, path), { recursive: true })
})
afterEach(() => rmSync(dir, { recursive: true }))

/** A thesis of one chapter, and one run: `values.json` is that of the project unless it is given. */
function build(chapter: string, options: { draft?: boolean; values?: string } = {}) {
  mkdirSync(join(dir, 'thesis', 'chapters'), { recursive: true })
  writeFileSync(join(dir, 'thesis', 'thesis.typ'), '#include "chapters/a.typ"')
  writeFileSync(join(dir, 'thesis', 'chapters', 'a.typ'), `#import "../template.typ": *\n${chapter}`)
  writeFileSync(join(dir, 'results', 'reference', 'values.json'), options.values ?? '{}')
  return buildThesis({ projectDir: dir, draft: options.draft ?? false, out: join(dir, 'a.pdf') })
}

test('what is not there fails the build, with file and line; a value that changed too', async () => {
  const { pdf, problems } = await build(
    '\n#val("multi-peer-drop/median.nothing") #fig("nowhere", [A])\n#excerpt("a.ts", "gone")',
  )
  expect(pdf).toBeNull()
  expect(problems).toEqual([
    'thesis/chapters/a.typ:3: no value "multi-peer-drop/median.nothing" in results/reference',
    'thesis/chapters/a.typ:3: no chart "nowhere" in results/reference',
    'thesis/chapters/a.typ:4: no excerpt "a.ts#gone" in the sources',
    expect.stringContaining('results/reference/values.json: not what the runs'),
  ])
})

test('a draft marks it on the page, and is built', async () => {
  const { pdf, pages } = await build('#val("no/such")', { draft: true })
  expect(pdf).not.toBeNull()
  expect(pages).toBe(1)
})

test('a name that Typst puts together is found missing by Typst', async () => {
  const { pdf, problems } = await build('#val("multi-peer-drop/" + "x")', {
    values: valuesText(valuesOf(await readReference(dir))),
  })
  expect(pdf).toBeNull()
  expect(problems.join('\n')).toContain('no such name in results/reference: multi-peer-drop/x')
})

test('an excerpt is the declaration as it is now, with its comment and without its indentation', () => {
  writeFileSync(
    join(dir, 'a.ts'),
    'const x = 1\n\n/** Two. */\nexport class A {\n  /** One. */\n  one(): number {\n    return 1\n  }\n}\n',
  )
  expect(excerptOf(dir, 'a.ts', 'A.one')).toEqual({ code: '/** One. */\none(): number {\n  return 1\n}', line: 5 })
  expect(excerptOf(dir, 'a.ts', 'A')?.code.startsWith('/** Two. */\nexport class A {')).toBe(true)
  expect(excerptOf(dir, 'a.ts', 'A.two')).toBeNull()
  expect(excerptOf(dir, 'b.ts', 'A')).toBeNull()
})

test('a figure and a number are traced to run, seeds, code and command', async () => {
  for (const what of ['fig:multi-peer-drop', 'val:multi-peer-drop/median.seconds']) {
    const lines = (await explanation(dir, what))!.join('\n')
    expect(lines).toContain('results/reference/multi-peer-drop')
    for (const word of ['seeds', 'code     swarmlab', 'npm run scenario multi-peer-drop -- --on sim'])
      expect(lines).toContain(word)
  }
  expect(await explanation(dir, 'fig:speed')).toBeNull()
})

test('a claim that its values do not bear out fails the build', async () => {
  const values = valuesText(valuesOf(await readReference(dir)))
  const claim = (relation: string) => `#claim("multi-peer-drop/cells", "${relation}", 1)[One.]`
  expect((await build(claim('='), { values })).pdf).not.toBeNull()
  const { pdf, problems } = await build(claim('>'), { values })
  expect(pdf).toBeNull()
  expect(problems.join('\n')).toContain('what the text says is not so')
})
