/** The Typst sources of the thesis, and what they ask the build for by name: values, charts, excerpts; with file and line. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Source {
  /** Relative to the project's folder. */
  readonly path: string
  readonly text: string
}

/** `path:line`, where something is asked for. */
export interface Use {
  readonly name: string
  readonly where: string
}

export interface Uses {
  readonly values: readonly Use[]
  readonly charts: readonly Use[]
  readonly tables: readonly Use[]
  /** `FILE#SYMBOL` */
  readonly excerpts: readonly Use[]
}

const FOLDER = 'thesis'

export function readSources(projectDir: string): Source[] {
  const paths = globSync(join(FOLDER, '**', '*.typ'), { cwd: projectDir }).sort()
  return paths.map((path) => ({ path, text: readFileSync(join(projectDir, path), 'utf8') }))
}

/** Those with their names written out; names that Typst puts together are found missing when it does. */
export function usesIn(sources: readonly Source[]): Uses {
  const of = (pattern: RegExp) =>
    sources.filter(({ path }) => !path.endsWith('template.typ')).flatMap((source) => usesOf(source, pattern))
  return {
    values: [
      ...of(/\b(?:val|raw-val|ratio|change|claim)\(\s*"([^"]+)"(?=\s*[,)])/g),
      ...of(/\b(?:ratio|change)\(\s*"[^"]+",\s*"([^"]+)"(?=\s*[,)])/g),
    ],
    charts: of(/\bfig\(\s*"([^"]+)"(?=\s*[,)])/g),
    tables: of(/\bmeasures-table\(\s*"([^"]+)"(?=\s*[,)])/g),
    excerpts: of(/\bexcerpt\(\s*"([^"]+)",\s*"([^"]+)"/g),
  }
}

function usesOf({ path, text }: Source, pattern: RegExp): Use[] {
  return [...withoutComments(text).matchAll(pattern)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    return { name: match.slice(1).join('#'), where: `${path}:${line}` }
  })
}

/** Of the same length, so that places stay. */
function withoutComments(text: string): string {
  return text.replaceAll(/(^|[^:])\/\/[^\n]*/g, (comment) => ' '.repeat(comment.length))
}

/** A `;` right behind `#val(…)` ends the code and is not printed, which nobody sees who does not look for it. */
export function swallowedSemicolons(sources: readonly Source[]): string[] {
  const pattern = /#[a-z][\w-]*((?:\([^()]*\)|\[[^[\]]*\])+);/g
  return sources
    .filter(({ path }) => path.includes('/chapters/'))
    .flatMap((source) => usesOf(source, pattern))
    .map(({ where }) => `${where}: a semicolon behind code is not printed: write \\;`)
}
