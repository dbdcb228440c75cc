/** What both kinds of validation have around them: a folder, a signal, a display, a report. Gives the exit code. */
import { join, relative } from 'node:path'
import logUpdate from 'log-update'
import { printEvent, printLine, printProblem } from '../../client/node/output.ts'
import { nextSignal, SIGNAL_EXIT_CODES } from '../../client/node/signals.ts'
import { provenanceOf } from '../../results/provenance.ts'
import type { CheckReport } from './run-checks.ts'
import { type DisplaySetting, reportFolder, type ValidateSetting, writeReport } from './setting.ts'
import { reportJson, reportMarkdown, terminalLines, verdictLine } from './table.ts'
import { overall } from './verdict.ts'

export interface Session {
  /** Of the files of the report, and of its first line. */
  readonly name: string
  readonly title: string
  readonly seeds: readonly number[]
}

export interface SessionContext {
  readonly signal: AbortSignal
  readonly progress: (done: number, of: number, what: string) => void
}

/** 0: all pass. 1: not. 130: interrupted. What has run by then is in the report. */
export async function runSession(
  setting: ValidateSetting,
  { name, title, seeds }: Session,
  run: (context: SessionContext) => Promise<CheckReport[]>,
): Promise<number> {
  const { display, projectFolder, nodeVersion, effort } = setting
  const [markdown, json] = [`${name}.md`, `${name}.json`]
  const folder = await reportFolder(setting, [markdown, json])
  const provenance = await provenanceOf(projectFolder, nodeVersion)
  const startedAt = setting.now()
  const { signal } = abortedBySignal()
  try {
    const reports = await run({ signal, progress: progressFor(display) })
    const wallSeconds = (setting.now().getTime() - startedAt.getTime()) / 1000
    const about = { title, effort, seeds, startedAt: startedAt.toISOString(), wallSeconds, provenance }
    await writeReport(folder, { [markdown]: reportMarkdown(reports, about), [json]: reportJson(reports, about) })
    if (display.isTerminal) logUpdate.clear()
    show(reports, join(relative('', folder) || folder, markdown), display)
    if (signal.aborted) return SIGNAL_EXIT_CODES.SIGINT
    return overall(reports.map(({ verdict }) => verdict)) === 'pass' ? 0 : 1
  } finally {
    if (display.isTerminal) logUpdate.done()
  }
}

function abortedBySignal(): AbortController {
  const controller = new AbortController()
  void nextSignal().then(() => {
    printProblem('ending: what has run is kept')
    controller.abort()
  })
  return controller
}

function progressFor({ json, quiet, isTerminal }: DisplaySetting) {
  return (done: number, of: number, what: string): void => {
    if (json) printEvent({ event: 'run', done, of, what })
    else if (isTerminal && !quiet) logUpdate(`[${String(done).padStart(String(of).length)}/${of}] ${what}`)
  }
}

function show(reports: readonly CheckReport[], file: string, { json, quiet }: DisplaySetting): void {
  const verdict = verdictLine(reports)
  if (json) {
    for (const report of reports) printEvent({ event: 'check', ...report })
    printEvent({ event: 'done', verdict, report: file })
    return
  }
  if (!quiet) for (const line of reports.flatMap(terminalLines)) printLine(line)
  printLine(verdict)
  if (!quiet) printLine(`  report  ${file}`)
}
