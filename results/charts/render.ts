/** A vega-lite specification drawn: `NAME.vl.json`, `NAME.svg`, `NAME.png`. Same specification, same bytes. */
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import type { TopLevelSpec } from 'vega-lite'
import { writeAtomically } from '../atomic-file.ts'
import { ensureFolder } from '../folder.ts'
import { onDisk } from '../record-error.ts'
import { RESVG_FONT, textWidth } from './font.ts'
import { PAPER, PNG_SCALE } from './theme.ts'

export interface DrawnChart {
  readonly title: string
  /** Relative to the run's folder, as a summary embeds it. */
  readonly png: string
  /** What vega-lite and vega had to complain about; none, if the chart is sound. */
  readonly warnings: readonly string[]
}

/** Draws into `runDir/charts/`. `name` is of lower-case words joined by hyphens. Throws RecordError, as the store does. */
export async function renderChart(spec: TopLevelSpec, name: string, runDir: string): Promise<DrawnChart> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) throw new RangeError(`a chart cannot be named ${JSON.stringify(name)}`)
  const { svg, warnings } = await chartSvg(spec)
  const folder = join(runDir, 'charts')
  await onDisk(folder, () => ensureFolder(folder))
  await writeAtomically(join(folder, `${name}.vl.json`), specText(spec))
  await writeAtomically(join(folder, `${name}.svg`), svg)
  await writeAtomically(join(folder, `${name}.png`), pngOf(svg))
  return { title: titleOf(spec), png: `charts/${name}.png`, warnings }
}

/** Text stays text in the SVG: it can be selected, and Typst sets it in the font it is given. */
export async function chartSvg(spec: TopLevelSpec): Promise<{ svg: string; warnings: readonly string[] }> {
  // Half a second to load: only runs that draw pay for it.
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')])
  measureText(vega)
  const warnings: string[] = []
  const logger = vega.logger(vega.Warn, undefined, (_console, _method, parts: readonly unknown[]) => {
    warnings.push(parts.map(String).join(' '))
  })
  const { spec: compiled } = vegaLite.compile(spec, { logger })
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger })
  await view.runAsync()
  // Gradients are numbered over the whole process: the second chart of a run would not be the bytes it is when drawn alone.
  vega.resetSVGDefIds()
  const svg = await view.toSVG()
  view.finalize()
  return { svg: `${svg}\n`, warnings }
}

export function pngOf(svg: string, font: typeof RESVG_FONT = RESVG_FONT): Uint8Array {
  return new Resvg(svg, { font, background: PAPER, fitTo: { mode: 'zoom', value: PNG_SCALE } }).render().asPng()
}

/** Without a canvas vega guesses widths, and guesses half too wide; this is the hook it has for others. */
function measureText(vega: object): void {
  const { textMetrics } = vega as { textMetrics: { width: (item: TextItem, text: unknown) => number } }
  textMetrics.width = (item, text) => textWidth(String(text ?? ''), item.fontSize ?? 11, item.fontWeight)
}

interface TextItem {
  readonly fontSize?: number
  readonly fontWeight?: number | string
}

function titleOf({ title }: TopLevelSpec): string {
  const text = typeof title === 'object' && title !== null && 'text' in title ? title.text : title
  return Array.isArray(text) ? text.join(' ') : String(text ?? '')
}

/** Indented, but a row of data on one line: a change in the data reads as a change of lines. */
function specText(spec: TopLevelSpec): string {
  const { datasets = {}, ...rest } = spec
  const tables = Object.entries(datasets).map(([name, rows]) => {
    const lines = (rows as readonly unknown[]).map((row) => `\n      ${JSON.stringify(row)}`)
    return `\n    ${JSON.stringify(name)}: [${lines.join(',')}\n    ]`
  })
  const body = JSON.stringify(rest, null, 2).replace(/\n\}$/, '')
  return `${body},\n  "datasets": {${tables.join(',')}\n  }\n}\n`
}
