/** The report of a validation: lines for a terminal, Markdown for people, JSON for whatever reads it. */
import { markdownTable } from 'markdown-table'
import type { Provenance } from '../../results/schema.ts'
import { relativeError } from '../../results/statistics.ts'
import { formatDeviation, formatNumber } from '../../results/units.ts'
import { codeInWords } from '../../results/words.ts'
import type { Prediction } from './check.ts'
import type { CheckReport } from './run-checks.ts'
import type { JudgedFinding } from './verdict.ts'

/** With what, when, and on which code a report was made. */
export interface ReportSetting {
  readonly title: string
  readonly effort: 'quick' | 'full'
  readonly seeds: readonly number[]
  readonly startedAt: string
  readonly wallSeconds: number
  readonly provenance: Provenance
}

const HEADS = ['check', 'figure', 'theory', 'agrees', 'result [95 % interval]', 'off theory', 'n', 'verdict']

export function terminalLines(report: CheckReport): string[] {
  return [
    `${report.verdict.toUpperCase().padEnd(8)}${report.id.padEnd(4)} ${report.title}`,
    ...report.findings.map((finding) => {
      const reason = finding.reason === null ? '' : `: ${finding.reason}`
      const prediction = predictionInWords(finding)
      return `  ${finding.verdict.padEnd(8)} ${finding.figure}: ${resultOf(finding)} (${prediction})${reason}`
    }),
  ]
}

export function verdictLine(reports: readonly CheckReport[]): string {
  const of = (verdict: string) => reports.filter((report) => report.verdict === verdict)
  const parts = [
    `${of('pass').length} of ${reports.length} checks pass`,
    ...(['fail', 'not run'] as const).flatMap((verdict) => {
      const ids = of(verdict).map(({ id }) => id)
      return ids.length === 0 ? [] : [`${verdict === 'fail' ? 'failed' : 'not run'}: ${ids.join(', ')}`]
    }),
  ]
  return parts.join('; ')
}

export function reportMarkdown(reports: readonly CheckReport[], setting: ReportSetting): string {
  const sections = [
    `# ${setting.title}`,
    `**${verdictLine(reports)}.**`,
    markdownTable(
      [HEADS, ...reports.flatMap(rowsOf)].map((row) => row.map(escaped)),
      {
        align: ['l', 'l', 'r', 'l', 'r', 'r', 'r', 'l'],
      },
    ),
    reports.flatMap(remarksOf).join('\n'),
    reports.map(({ id, title, claim }) => `- **${id}** ${escaped(title)}. ${escaped(claim)}`).join('\n'),
    provenanceLine(setting),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

export function reportJson(reports: readonly CheckReport[], setting: ReportSetting): string {
  const checks = reports.map(({ findings, ...report }) => ({ ...report, findings: findings.map(plainFinding) }))
  return `${JSON.stringify({ schema: 1, ...setting, checks }, null, 2)}\n`
}

/** JSON has no infinity: what is not bounded is null. */
function plainFinding({ prediction, ...finding }: JudgedFinding) {
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  return { ...finding, prediction: { ...prediction, low: finite(prediction.low), high: finite(prediction.high) } }
}

function rowsOf(report: CheckReport): string[][] {
  return report.findings.map((finding) => [
    report.id,
    finding.figure,
    theoryOf(finding),
    ruleInWords(finding),
    resultOf(finding),
    deviationOf(finding),
    String(finding.samples.length),
    finding.verdict,
  ])
}

function remarksOf({ id, findings }: CheckReport): string[] {
  return findings.flatMap(({ figure, note, reason }) => [
    ...(reason === null ? [] : [`- ${id} failed, ${escaped(figure)}: ${escaped(reason)}.`]),
    ...(note === undefined ? [] : [`- ${id}, ${escaped(figure)}: ${escaped(note)}.`]),
  ])
}

function theoryOf({ prediction, unit }: JudgedFinding): string {
  return prediction.value === null ? '–' : withUnit(prediction.value, unit)
}

/** `each within 0.5 % of 2.3 Mbit/s`, `never below 1`. */
function predictionInWords(finding: JudgedFinding): string {
  const rule = ruleInWords(finding)
  if (finding.prediction.value === null) return rule
  return `${rule} ${rule.endsWith('%') ? 'of ' : ''}${theoryOf(finding)}`
}

/** `median at least 0.9`, `each within 0.5 %`. */
function ruleInWords({ prediction, unit }: JudgedFinding): string {
  return [prediction.rule, limitsOf(prediction, unit)].filter((part) => part !== '').join(' ')
}

function limitsOf({ value, low, high }: Prediction, unit: string): string {
  if (value !== null) return ''
  const ends = [low, high].filter((end) => Number.isFinite(end))
  return ends.map((end) => withUnit(end, unit)).join(' and ')
}

/** Where each run must agree the range of all is what matters; else the median and its interval. */
function resultOf({ estimate, samples, prediction, unit }: JudgedFinding): string {
  if (estimate === null) return '–'
  const values = samples.map(({ value }) => value)
  const range =
    prediction.of === 'each'
      ? { low: Math.min(...values), high: Math.max(...values) }
      : (estimate.interval ?? { low: estimate.median, high: estimate.median })
  const { low, high } = range
  const interval = low === high ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`
  return `${withUnit(estimate.median, unit)}${interval}`
}

function deviationOf({ prediction, estimate }: JudgedFinding): string {
  if (prediction.value === null || estimate === null) return '–'
  const deviation = relativeError(estimate.median, prediction.value)
  return deviation === null ? '–' : formatDeviation(deviation)
}

function withUnit(value: number, unit: string): string {
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`
}

function provenanceLine({ effort, seeds, startedAt, wallSeconds, provenance }: ReportSetting): string {
  const { machine, versions } = provenance
  const seedWords = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`
  return [
    `Medians over n runs; in brackets the 95 % bootstrap interval of the median, or the range where each run must agree`,
    `${effort}, ${seedWords}`,
    codeInWords(provenance),
    `Node ${versions.node}, ${machine.cpu}, ${machine.cores} cores`,
    `${startedAt}, ${Math.round(wallSeconds)} s`,
  ]
    .join('; ')
    .concat('.')
}

function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, (mark) => `\\${mark}`).replaceAll(/\s+/g, ' ')
}
