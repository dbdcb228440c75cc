/** The page of a run comes to life: head, replay, table, then the charts, which take longest. */
import { startTable } from './cells-table.ts'
import { startCharts } from './charts.ts'
import type { ReportData } from './data.ts'
import { byId, element } from './formats.ts'
import { startReplay } from './replay.ts'

const report: ReportData = JSON.parse(byId('data').textContent!)
byId('scenario').textContent = report.scenario
byId('question').textContent = report.question
byId('verdict').textContent = report.verdict
byId('facts').append(...report.facts.map((fact) => element('li', fact)))
startReplay(report)
startTable(report)
void startCharts(report)
