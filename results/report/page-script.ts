/**
 * The page's own script: the modules of `page/`, their types stripped, joined into one function in the order of their
 * imports. They import only each other, names are unique among them, and `main.ts` comes last.
 */
import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

const MODULES = [
  'formats',
  'colors',
  'lanes',
  'piece-map',
  'player',
  'events-list',
  'replay',
  'cells-table',
  'charts',
  'main',
]

export async function pageScript(): Promise<string> {
  const texts = await Promise.all(
    MODULES.map((name) => readFile(join(import.meta.dirname, 'page', `${name}.ts`), 'utf8')),
  )
  const body = texts.map((text) => withoutModuleSyntax(stripTypeScriptTypes(text))).join('\n')
  return `(() => {\n'use strict'\n${body}\n})()`
}

/** Imports end in their `from`, and exports are declarations: the linter sees to both. */
function withoutModuleSyntax(text: string): string {
  return text.replaceAll(/^import [^'"]*from '[^']*'$/gm, '').replaceAll(/^export /gm, '')
}
