/**
 * No file is exempt from a gate that guards the design: the comments that would switch off the banned calls, or a tool
 * for a whole file, are findings themselves. A single lint rule may be silenced on a line, with its reason.
 */
import { readFileSync } from 'node:fs'
import { sourcePaths } from './sources.ts'

const EXEMPTION =
  /\/[/*]+\s*(?:biome-ignore-(?:all|start)|biome-ignore.*(?:noRestricted|lint\/plugin)|@ts-(?:nocheck|ignore))/

const sources = sourcePaths()
const findings = sources.flatMap((path) => findingsIn(path, readFileSync(path, 'utf8')))
for (const finding of findings) console.error(finding)
console.log(`exemptions: ${findings.length} in ${sources.length} files`)
process.exitCode = findings.length > 0 || sources.length === 0 ? 1 : 0

function findingsIn(path: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const found = EXEMPTION.exec(line)
    return found === null ? [] : [`${path}:${index + 1}: no exemptions here, change the code: ${found[0]}`]
  })
}
