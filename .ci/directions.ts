/**
 * Runs dependency-cruiser over the house with the rules of `.dependency-cruiser.cjs`. It is not trusted to have looked:
 * with a TypeScript that it does not know it finds no module at all and reports success, so what it cruised is compared
 * with the sources that are there.
 */
import { cruise, format, type ICruiseResult } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { sourcePaths } from './sources.ts'

const sources = sourcePaths()
const options = await extractOptions('./.dependency-cruiser.cjs')
const tsConfig = extractTypeScriptConfig('tsconfig.json')

const { output: result } = await cruise([...sources], options, undefined, { tsConfig })
if (typeof result === 'string') throw new Error(`dependency-cruiser answered with text: ${result}`)
const { output, exitCode } = await format(result, { outputType: 'err-long' })
process.stdout.write(`${String(output).trim()}\n`)

const missed = missedBy(result)
if (missed.length > 0) {
  console.error(`directions: ${missed.length} of ${sources.length} sources were not looked at: ${missed.join(', ')}`)
}
process.exitCode = exitCode !== 0 || missed.length > 0 || sources.length === 0 ? 1 : 0

function missedBy({ modules }: ICruiseResult): readonly string[] {
  const cruised = new Set(modules.map(({ source }) => source))
  return sources.filter((path) => !cruised.has(path))
}
