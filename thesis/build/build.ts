/** The build: results and sources in, the PDF out; or what is missing, and where. */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { readReference } from '../../results/reference-runs.ts'
import { valuesOf } from '../../results/reference-values.ts'
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
  const made = ''
  const { data, missing } = await gather({ projectDir, runs, values, uses, made, draft })
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
