/** What each client gave against what it got, as mean rates while it was there: a point per client, in colours of groups. */
import type { TopLevelSpec } from 'vega-lite'
import { SHOWN, withUnit } from '../units.ts'
import * as parts from './parts.ts'
import { evenSample, POINTS_MAX } from './sampled.ts'
import { FAINT_INK, seriesColors } from './theme.ts'

export interface ExchangeInput extends parts.ChartText {
  readonly origin: parts.Origin
  readonly groups: readonly string[]
  readonly clients: readonly ExchangeOfClient[]
}

export interface ExchangeOfClient {
  readonly group: string
  readonly upBytesPerSecond: number
  readonly downBytesPerSecond: number
}

export function exchangeChart({ title, subtitle, origin, groups, clients }: ExchangeInput): TopLevelSpec {
  const { per } = SHOWN.mbitPerSecond
  const rows = groups.flatMap((group) => {
    const own = clients.filter((client) => client.group === group)
    const shown = evenSample(own, Math.ceil((POINTS_MAX * own.length) / Math.max(1, clients.length)))
    return shown.map(({ upBytesPerSecond, downBytesPerSecond }) => ({
      group,
      up: Number((upBytesPerSecond / per).toFixed(4)),
      down: Number((downBytesPerSecond / per).toFixed(4)),
    }))
  })
  const top = { x: parts.withHeadroom(rows.map(({ down }) => down)), y: parts.withHeadroom(rows.map(({ up }) => up)) }
  const even = Math.min(top.x, top.y)
  return parts.chart({
    title,
    subtitle,
    sampled: [
      rows.length === clients.length
        ? `n = ${clients.length} clients`
        : `${rows.length} of n = ${clients.length} clients`,
    ],
    origin,
    notes: ['grey: as much given as got'],
    datasets: { clients: rows, even: [0, even].map((rate) => ({ down: rate, up: rate })) },
    layers: [pointsLayer(groups, top), evenLayer()],
  })
}

function pointsLayer(groups: readonly string[], top: { readonly x: number; readonly y: number }): parts.Layer {
  function axis(field: string, label: string, max: number) {
    const domain: number[] = [0, max]
    const title = withUnit(label, SHOWN.mbitPerSecond)
    return { field, type: 'quantitative', title, scale: { domain, nice: false }, axis: { tickCount: 6 } } as const
  }
  return {
    data: { name: 'clients' },
    mark: { type: 'point', filled: true, size: 28, opacity: 0.6 },
    encoding: {
      x: axis('down', 'mean download', top.x),
      y: axis('up', 'mean upload', top.y),
      color: parts.groupColor(groups, seriesColors(groups.length)),
    },
  }
}

function evenLayer(): parts.Layer {
  return {
    data: { name: 'even' },
    mark: { type: 'line', strokeWidth: 1, color: FAINT_INK },
    encoding: { x: { field: 'down', type: 'quantitative' }, y: { field: 'up', type: 'quantitative' } },
  }
}
