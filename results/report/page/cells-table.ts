/** The cells of the run as a table, filtered by parameter and by how they came out, sorted by any column. */
import type { ReportData, ReportRow, ReportTable } from './data.ts'
import { byId, element, figureText } from './formats.ts'

/** More rows are cut off: a filter finds them. */
const ROWS_MAX = 500
const ANY = ''

export function startTable({ table }: ReportData): void {
  const choices = [
    ...table.columns.slice(0, table.filters).map((name, column) => {
      const values = [...new Set(table.rows.map((row) => figureText(row.values[column] ?? null)))]
      return choiceOf(name, values, (row) => figureText(row.values[column] ?? null))
    }),
    choiceOf('result', ['passed', 'failed', 'invalid'], ({ result }) => result),
  ]
  byId('filters').append(...choices.map(({ label }) => label))
  let sorted: { readonly column: number; readonly isDescending: boolean } | null = null
  const heads = ['cell', 'repeat', 'seed', ...table.columns, 'result']
  const show = () => {
    const rows = table.rows.filter((row) => choices.every(({ lets }) => lets(row)))
    showHeads(heads, sorted, (column) => {
      sorted = { column, isDescending: sorted?.column === column && !sorted.isDescending }
      show()
    })
    showRows(sorted === null ? rows : inOrderOf(rows, sorted.column, sorted.isDescending), table)
  }
  for (const { select } of choices) select.addEventListener('change', show)
  show()
}

function choiceOf(name: string, values: readonly string[], of: (row: ReportRow) => string) {
  const label = element('label', `${name} `)
  const select = element('select')
  const any = element('option', 'all')
  any.value = ANY
  select.append(any, ...values.map((value) => element('option', value)))
  select.dataset.filter = name
  label.append(select)
  return { label, select, lets: (row: ReportRow) => select.value === ANY || of(row) === select.value }
}

function showHeads(
  heads: readonly string[],
  sorted: { readonly column: number; readonly isDescending: boolean } | null,
  sort: (column: number) => void,
): void {
  const row = element('tr')
  heads.forEach((head, column) => {
    const cell = element('th')
    cell.scope = 'col'
    const direction = sorted?.isDescending ? 'descending' : 'ascending'
    if (sorted?.column === column) cell.setAttribute('aria-sort', direction)
    const button = element('button', head)
    button.type = 'button'
    button.addEventListener('click', () => sort(column))
    cell.append(button)
    row.append(cell)
  })
  byId('heads').replaceChildren(row)
}

function fieldsOf({ cell, repeat, seed, values, result }: ReportRow): readonly (number | string | null)[] {
  return [cell, repeat, seed, ...values, result]
}

/** What has no value comes last, either way. */
function inOrderOf(rows: readonly ReportRow[], column: number, isDescending: boolean): ReportRow[] {
  return [...rows].sort((one, other) => {
    const [first, second] = [fieldsOf(one)[column] ?? null, fieldsOf(other)[column] ?? null]
    if (first === null || second === null) return Number(first === null) - Number(second === null)
    const order =
      typeof first === 'number' && typeof second === 'number'
        ? first - second
        : String(first).localeCompare(String(second), 'en', { numeric: true })
    return isDescending ? -order : order
  })
}

function showRows(rows: readonly ReportRow[], { rows: all }: ReportTable): void {
  const shown = rows.slice(0, ROWS_MAX)
  byId('rows').replaceChildren(
    ...shown.map((row) => {
      const line = element('tr', null, row.result)
      line.append(...fieldsOf(row).map((value) => element('td', figureText(value))))
      if (row.why !== null) line.lastElementChild!.textContent = `${row.result}: ${row.why}`
      return line
    }),
  )
  const cut = rows.length > ROWS_MAX ? `, the first ${ROWS_MAX} of them shown` : ''
  byId('count').textContent = `${rows.length} of ${all.length} cells${cut}`
}
