/** Typst, with the fonts that npm brings and nothing of the machine. Its root is the project's folder. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NodeCompiler, type NodeTypstDocument } from '@myriaddreamin/typst-ts-node-compiler'

const require = createRequire(import.meta.url)
const SANS_FOLDER = dirname(require.resolve('@expo-google-fonts/ibm-plex-sans/package.json'))
const SANS_FACES = ['400Regular', '400Regular_Italic', '600SemiBold']

export interface Typeset {
  readonly pages: number
  readonly warnings: readonly string[]
  pdf(): Buffer
  /** The values of `#metadata(…)<label>`, in the order of the text. */
  metadata(label: string): readonly unknown[]
}

/** What Typst has to complain about, one line each. */
export class TypstError extends Error {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    super(lines[0] ?? 'Typst gives no reason')
    this.lines = lines
  }
}

interface Diagnostic {
  readonly message: string
  readonly path: string
}

/** `shadows`: files that are not on the disk, by their path relative to the project's folder. */
export function typeset(projectDir: string, main: string, shadows: Readonly<Record<string, string>>): Typeset {
  const fontPaths = SANS_FACES.map((face) => join(SANS_FOLDER, face))
  const compiler = NodeCompiler.create({ workspace: projectDir, fontArgs: [{ fontPaths }] })
  for (const [path, text] of Object.entries(shadows)) compiler.mapShadow(join(projectDir, path), Buffer.from(text))
  const compiled = compiler.compile({ mainFilePath: join(projectDir, main) })
  const lines = (diagnostics: readonly Diagnostic[]) =>
    diagnostics.map(
      ({ message, path }) => `${path.startsWith(projectDir) ? path.slice(projectDir.length + 1) : path}: ${message}`,
    )
  const failure = compiled.takeError()
  if (failure !== null) throw new TypstError(lines(compiler.fetchDiagnostics(failure)))
  const warnings = compiled.takeWarnings()
  const document: NodeTypstDocument = compiled.result!
  return {
    pages: document.numOfPages,
    warnings: warnings === null ? [] : lines(compiler.fetchDiagnostics(warnings)),
    pdf: () => compiler.pdf(document),
    metadata: (label) => compiler.query(document, { selector: `<${label}>`, field: 'value' }),
  }
}
