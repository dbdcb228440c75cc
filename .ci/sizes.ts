/**
 * How long a file and a function may be. Lines are counted as an editor shows them, blank ones and comments too; a
 * function's from its first word to its closing brace, the ones inside it included. Biome has both rules, but counts a
 * template literal as one line and no accessor at all.
 */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { sourcePaths } from './sources.ts'

const FILE_LINES_MAX = 500
const FUNCTION_LINES_MAX = 70

const sources = sourcePaths()
const findings = sources.flatMap((path) => findingsIn(path, readFileSync(path, 'utf8')))
for (const finding of findings) console.error(finding)
console.log(`sizes: ${findings.length} too long in ${sources.length} files`)
process.exitCode = findings.length > 0 || sources.length === 0 ? 1 : 0

function findingsIn(path: string, text: string): readonly string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  const tooLong = [...longFunctionsIn(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))]
  return [
    ...(lines > FILE_LINES_MAX ? [`${path}: ${lines} lines, at most ${FILE_LINES_MAX}: split it by idea`] : []),
    ...tooLong,
  ]
}

function* longFunctionsIn(source: ts.SourceFile): Generator<string> {
  const pending: ts.Node[] = [source]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    const lines = source.getLineAndCharacterOfPosition(node.end).line + 2 - first
    if (ts.isFunctionLike(node) && lines > FUNCTION_LINES_MAX) {
      yield `${source.fileName}:${first}: a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}: split it by step`
    }
    ts.forEachChild(node, (child) => {
      pending.push(child)
    })
  }
}
