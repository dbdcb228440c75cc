/** `results/reference/README.md`: every run that is cited, with its charts, how many of its cells were as expected, and its command. */
import { join } from 'node:path'
import { chartNames, type ReferenceRun } from './reference-runs.ts'
import { verdict } from './summary.ts'
import { codeInWords } from './words.ts'

const GROUPS = {
  sim: {
    title: 'In virtual time',
    text: 'The same on every machine, to the byte: `npm run reference -- --check` runs them again and compares.',
  },
  real: { title: 'On real sockets', text: 'Measured on one machine, which had nothing else to do.' },
  clients: { title: 'Real clients', text: 'Programs of others beside ours, from identical peers.' },
} as const

export async function galleryMarkdown(runs: readonly ReferenceRun[]): Promise<string> {
  const sections = await Promise.all(
    Object.entries(GROUPS).map(async ([group, { title, text }]) => {
      const ofGroup = runs.filter(({ cited }) => cited.group === group)
      if (ofGroup.length === 0) return []
      return [`## ${title}`, text, ...(await Promise.all(ofGroup.map(runSection))).flat()]
    }),
  )
  return `${[
    '# Reference results',
    'Every run that the thesis and the documentation cite, as `npm run reference` made it. A folder holds manifest, cells, costs, timeline and charts (SVG, PNG, vega-lite). Every number that can be cited is in `values.json`, by name.',
    ...sections.flat(),
  ].join('\n\n')}\n`
}

async function runSection(run: ReferenceRun): Promise<string[]> {
  const { name, dir, cited } = run
  const charts = (await chartNames(dir)).map(
    (chart) => `![${cited.title}: ${chart}](${join(name, 'charts', `${chart}.svg`)})`,
  )
  return [
    `### ${cited.title}`,
    `${verdictOf(run)} [Summary](${name}/summary.md). ${madeBy(run)}`,
    `\`${cited.command}\``,
    ...charts,
  ]
}

function verdictOf(run: ReferenceRun): string {
  if (run.kind === 'run') return verdict(run.record.manifest, run.record.cells)
  const { checks } = run.report
  return `${checks.filter((check) => check.verdict === 'pass').length} of ${checks.length} checks pass.`
}

function madeBy(run: ReferenceRun): string {
  const thinned = run.cited.thinned === null ? '' : ` To keep it small, ${run.cited.thinned}.`
  if (run.kind === 'run')
    return `Runtime ${run.record.manifest.runtime}, ${codeInWords(run.record.manifest)}.${thinned}`
  const { git, versions } = run.report.provenance
  return `${codeInWords({ git, versions: { ...versions, dependencies: {} } })}.`
}
