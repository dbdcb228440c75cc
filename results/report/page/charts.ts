/** The charts of the run, by vega-embed: with the figures under the pointer, in the page's colours. */
import { chartColored, isDark, whenColorsChange } from './colors.ts'
import type { ReportData } from './data.ts'
import { byId, element } from './formats.ts'

declare const vegaEmbed: (place: HTMLElement, spec: object, options: object) => Promise<unknown>

export async function startCharts({ charts }: ReportData): Promise<void> {
  const section = byId('charts')
  const places = charts.map(({ title }) => {
    const figure = element('figure', null, 'chart')
    const place = element('div')
    figure.setAttribute('aria-label', title)
    figure.append(place)
    section.append(figure)
    return place
  })
  if (charts.length === 0) section.append(element('p', 'The record of this run holds no charts.', 'faint'))
  const draw = async () => {
    for (const [nth, { spec }] of charts.entries()) await drawChart(places[nth]!, spec)
    section.dataset.drawn = String(charts.length)
  }
  await draw()
  whenColorsChange(() => void draw())
}

async function drawChart(place: HTMLElement, spec: object): Promise<void> {
  const colored = chartColored(spec) as LayeredSpec
  // Where the charts' font is missing, another is wider.
  const config = {
    ...colored.config,
    mark: { ...colored.config?.mark, tooltip: true },
    legend: { ...colored.config?.legend, labelLimit: 0 },
  }
  await vegaEmbed(
    place,
    { ...colored, layer: titled(colored.layer ?? []), config },
    {
      renderer: 'svg',
      // Expressions are interpreted: the page's policy lets no text become code.
      ast: true,
      actions: { export: true, source: false, compiled: false, editor: false },
      tooltip: { theme: isDark() ? 'dark' : 'light' },
    },
  )
}

interface LayeredSpec {
  readonly config?: { readonly mark?: object; readonly legend?: object }
  readonly layer?: readonly ChartLayer[]
}

interface ChartLayer {
  readonly encoding?: Readonly<Record<string, { readonly field?: string; readonly title?: string | null }>>
}

/** What is under the pointer is told by the names of the axes, which one layer has for all. */
function titled(layers: readonly ChartLayer[]): ChartLayer[] {
  const titleOf = (axis: string) => layers.map(({ encoding }) => encoding?.[axis]?.title).find((title) => title)
  const titles = { x: titleOf('x'), y: titleOf('y') }
  return layers.map((layer) => {
    const encoding = { ...layer.encoding }
    for (const [axis, title] of Object.entries(titles)) {
      const channel = encoding[axis]
      if (title && channel?.field !== undefined && channel.title === undefined) encoding[axis] = { ...channel, title }
    }
    return layer.encoding === undefined ? layer : { ...layer, encoding }
  })
}
