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
  const colored = chartColored(spec) as { config?: { mark?: object; legend?: object } }
  // Where the charts' font is missing, another is wider.
  const config = {
    ...colored.config,
    mark: { ...colored.config?.mark, tooltip: true },
    legend: { ...colored.config?.legend, labelLimit: 0 },
  }
  await vegaEmbed(
    place,
    { ...colored, config },
    {
      renderer: 'svg',
      actions: { export: true, source: false, compiled: false, editor: false },
      tooltip: { theme: isDark() ? 'dark' : 'light' },
    },
  )
}
