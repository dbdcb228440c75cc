/** What the gate found, as Markdown that reads well in a terminal too. */
import { markdownTable } from 'markdown-table'
import { BASELINE_FILE, type Baseline, type Difference } from './baseline.ts'

/** `isSameText`: to the byte. The same values written in another way fail too, else the next --accept changes more. */
export function verdictText(found: readonly Difference[], is: Baseline, isSameText: boolean): string {
  const cellCount = Object.values(is).reduce((sum, cells) => sum + Object.keys(cells).length, 0)
  const ran = `${cellCount} cells of ${Object.keys(is).length} scenarios`
  if (isSameText) return `gate, exact: passed, ${ran} as in ${BASELINE_FILE}`
  if (found.length === 0) return `gate, exact: failed, ${BASELINE_FILE} has the values but is written in another way`
  const rows = found.map(({ scenario, cell, measure, was, is }) => [
    scenario,
    cell,
    measure,
    `${was ?? 'none'}`,
    `${is ?? 'none'}`,
    changeOf(was, is),
  ])
  const table = markdownTable([['scenario', 'cell', 'measure', 'was', 'is', 'change'], ...rows], {
    align: ['l', 'l', 'l', 'r', 'r', 'r'],
  })
  const wanted = `If this is wanted: npm run gate -- --accept 'REASON'`
  return `gate, exact: failed, ${found.length} values differ (${ran})\n\n${table}\n\n${wanted}`
}

function changeOf(was: number | null, is: number | null): string {
  if (was === null || is === null || was === 0) return ''
  const percent = (is / was - 1) * 100
  return `${percent < 0 ? '' : '+'}${percent.toFixed(2)} %`
}
