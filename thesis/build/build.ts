/** The build: results and sources in, the PDF out; or what is missing, and where. */
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { REFERENCE_FOLDER, readReference } from '../../results/reference-runs.ts'
import { valuesOf, valuesText } from '../../results/reference-values.ts'
import { gather } from './data.ts'
import { readSources, usesIn } from './sources.ts'
import { TypstError, typeset } from './typst.ts'

export interface BuildSetting {
  readonly projectDir: string
  /** What is missing is marked on the page. */
  readonly draft: boolean
  /** Null: `thesis/thesis.pdf`. */
  readonly out: string | null
}

export interface Built {
  /** Null: it was not built. */
  readonly pdf: string | null
  readonly pages: number
  readonly problems: readonly string[]
}

const DATA = join('thesis', 'build', 'data.json')
const MAIN = join('thesis', 'thesis.typ')

export async function buildThesis({ projectDir, draft, out }: BuildSetting): Promise<Built> {
  const runs = await readReference(projectDir)
  const uses = usesIn(readSources(projectDir))
  const values = valuesOf(runs)
  const { data, missing } = await gather({ projectDir, runs, values, uses, draft })
  missing.push(...(await staleValues(projectDir, valuesText(values))))
  if (missing.length > 0 && !draft) return { pdf: null, pages: 0, problems: missing }
  try {
    const set = typeset(projectDir, MAIN, { [DATA]: JSON.stringify(data) })
    const file = out ?? join(projectDir, 'thesis', 'thesis.pdf')
    await writeFile(file, set.pdf())
    return { pdf: relative('', file) || file, pages: set.pages, problems: [...missing, ...set.warnings] }
  } catch (error) {
    if (!(error instanceof TypstError)) throw error
    return { pdf: null, pages: 0, problems: [...missing, ...error.lines] }
  }
}

/** The file is there for people and for others to read; it must say what the runs say. */
async function staleValues(projectDir: string, text: string): Promise<string[]> {
  const file = join(REFERENCE_FOLDER, 'values.json')
  const there = await readFile(join(projectDir, file), 'utf8').catch(() => null)
  if (there === text) return []
  return [`${file}: not what the runs beside it say; \`npm run reference -- --redraw\` writes it anew`]
}
