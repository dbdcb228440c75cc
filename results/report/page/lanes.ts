/**
 * The swarm over time, on a canvas: the rate of all together, a lane for each peer as dark as it was fast, marks where
 * something happened, and the counts of the swarm. Every sample is summed into the px column that it falls in, once for
 * a width; while it plays only the picture and the time are drawn.
 */
import type { PageColors } from './colors.ts'
import type { ReportMark, ReportTimeline } from './data.ts'
import { roundStep } from './formats.ts'

const RATE_PX = 84
const LANE_PX = 17
const LANES_MAX = 24
const SWARM_PX = 84
const GAP_PX = 22
const AXIS_PX = 30
const TOP_PX = 18
const RIGHT_PX = 14

export interface LanesLayout {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly plot: number
  readonly lanes: number
  readonly lanesTop: number
  readonly swarmTop: number
}

export function layoutOf({ peers, swarm }: ReportTimeline, width: number): LanesLayout {
  const left = width < 560 ? 64 : 128
  const lanes = Math.min(peers.length, LANES_MAX)
  const lanesTop = TOP_PX + RATE_PX + GAP_PX
  const lanesEnd = lanesTop + lanes * LANE_PX
  const swarmTop = lanes === 0 ? lanesTop : lanesEnd + GAP_PX
  const bottom = swarm.length === 0 ? lanesEnd : swarmTop + SWARM_PX
  return {
    width,
    height: bottom + AXIS_PX,
    left,
    plot: Math.max(1, width - left - RIGHT_PX),
    lanes,
    lanesTop,
    swarmTop,
  }
}

export function drawLanes(
  to: CanvasRenderingContext2D,
  timeline: ReportTimeline,
  layout: LanesLayout,
  colors: PageColors,
): void {
  to.clearRect(0, 0, layout.width, layout.height)
  to.font = '11px system-ui, sans-serif'
  to.textBaseline = 'middle'
  drawTimeAxis(to, timeline, layout, colors)
  const columns = columnsOf(timeline, layout)
  drawTotal(to, timeline, layout, colors, columns)
  drawPeers(to, timeline, layout, colors, columns)
  drawSwarm(to, timeline, layout, colors)
  drawMarks(to, timeline, layout, colors)
}

/** The last lane is of all peers that have none of their own. */
function laneOf(peer: number, { lanes }: LanesLayout): number {
  return Math.min(peer, lanes - 1)
}

/** Bytes by lane and px column. A bin that lies over several columns is shared out among them. */
function columnsOf({ samples, endMs, binMs }: ReportTimeline, layout: LanesLayout): Float64Array[] {
  const count = Math.max(1, Math.floor(layout.plot))
  const columns = Array.from({ length: layout.lanes }, () => new Float64Array(count))
  const perMs = count / endMs
  for (let nth = 0; nth < samples.tMs.length; nth++) {
    const lane = columns[laneOf(samples.peer[nth]!, layout)]!
    const from = samples.tMs[nth]! * perMs
    const to = Math.min(count, (samples.tMs[nth]! + binMs) * perMs)
    const bytesPerColumn = samples.bytes[nth]! / Math.max(to - from, Number.MIN_VALUE)
    for (let column = Math.floor(from); column < to; column++) {
      const part = Math.min(column + 1, to) - Math.max(column, from)
      lane[column] = lane[column]! + bytesPerColumn * part
    }
  }
  return columns
}

function drawTimeAxis(
  to: CanvasRenderingContext2D,
  { endMs }: ReportTimeline,
  { left, plot, height, width }: LanesLayout,
  { faint, grid }: PageColors,
): void {
  const step = roundStep(endMs / 1000, width < 560 ? 4 : 9)
  const bottom = height - AXIS_PX
  to.textAlign = 'center'
  for (let seconds = 0; seconds * 1000 <= endMs; seconds += step) {
    const x = Math.round(left + (seconds * 1000 * plot) / endMs) + 0.5
    to.fillStyle = grid
    to.fillRect(x - 0.5, TOP_PX, 1, bottom - TOP_PX)
    to.fillStyle = faint
    to.fillText(`${Number(seconds.toPrecision(6))} s`, Math.min(x, width - 18), bottom + 11)
  }
}

function drawTotal(
  to: CanvasRenderingContext2D,
  { endMs }: ReportTimeline,
  { left, plot, width }: LanesLayout,
  colors: PageColors,
  columns: readonly Float64Array[],
): void {
  const count = Math.floor(plot)
  const secondsPerColumn = endMs / count / 1000
  const rates = Float64Array.from({ length: count }, (_, column) => {
    return columns.reduce((sum, lane) => sum + lane[column]!, 0) / secondsPerColumn / 2 ** 20
  })
  const most = rates.reduce((one, other) => Math.max(one, other), 0)
  heading(to, 'received by the client, MiB/s', TOP_PX - 9, width, colors)
  if (most === 0) return
  const step = roundStep(most, 3)
  to.textAlign = 'right'
  for (let rate = 0; rate <= most; rate += step) {
    const y = TOP_PX + RATE_PX * (1 - rate / most)
    to.fillStyle = colors.grid
    to.fillRect(left, y, plot, 1)
    to.fillStyle = colors.faint
    to.fillText(String(Number(rate.toPrecision(3))), left - 6, y)
  }
  to.fillStyle = colors.data
  for (let column = 0; column < count; column++) {
    const high = (rates[column]! / most) * RATE_PX
    to.fillRect(left + column, TOP_PX + RATE_PX - high, 1, high)
  }
}

function drawPeers(
  to: CanvasRenderingContext2D,
  { peers }: ReportTimeline,
  layout: LanesLayout,
  colors: PageColors,
  columns: readonly Float64Array[],
): void {
  const { left, lanes, lanesTop, width, plot } = layout
  if (lanes === 0) return
  heading(to, 'by peer: the stronger, the faster', lanesTop - 9, width, colors)
  const most = columns.reduce((one, lane) => lane.reduce((a, b) => Math.max(a, b), one), 0)
  columns.forEach((lane, nth) => {
    const y = lanesTop + nth * LANE_PX
    to.fillStyle = colors.grid
    to.fillRect(left, y + LANE_PX - 1, plot, 1)
    to.fillStyle = colors.data
    lane.forEach((bytes, column) => {
      if (bytes === 0) return
      to.globalAlpha = 0.15 + (0.85 * bytes) / most
      to.fillRect(left + column, y + 2, 1, LANE_PX - 5)
    })
    to.globalAlpha = 1
    to.textAlign = 'right'
    to.fillStyle = colors.ink
    const isRest = nth === lanes - 1 && peers.length > lanes
    to.fillText(shortened(isRest ? `${peers.length - lanes + 1} more` : peers[nth]!, left), left - 6, y + LANE_PX / 2)
  })
}

/** Of an address the end tells it apart. */
function shortened(name: string, widthPx: number): string {
  const lettersMax = Math.floor((widthPx - 8) / 6)
  return name.length <= lettersMax ? name : `…${name.slice(1 - lettersMax)}`
}

function drawSwarm(
  to: CanvasRenderingContext2D,
  { swarm, endMs }: ReportTimeline,
  { left, plot, swarmTop, width }: LanesLayout,
  colors: PageColors,
): void {
  if (swarm.length === 0) return
  const most = swarm.reduce((one, { leechers, seeds, meanCopies }) => Math.max(one, leechers, seeds, meanCopies), 1)
  const lines = [
    { name: 'leechers', color: colors.data, of: swarm.map(({ leechers }) => leechers) },
    { name: 'seeds', color: colors.seeds, of: swarm.map(({ seeds }) => seeds) },
    { name: 'copies of the rarest piece', color: colors.rarest, of: swarm.map(({ rarestCopies }) => rarestCopies) },
  ]
  let x = left
  to.textAlign = 'left'
  for (const { name, color, of } of lines) {
    to.fillStyle = color
    to.fillText(name, x, swarmTop - 9)
    x += to.measureText(name).width + 14
    to.strokeStyle = color
    to.lineWidth = 2
    to.beginPath()
    let lastColumn = -1
    of.forEach((count, nth) => {
      const column = Math.floor((swarm[nth]!.tMs / endMs) * plot)
      if (column === lastColumn) return
      lastColumn = column
      to.lineTo(left + column, swarmTop + SWARM_PX * (1 - count / most))
    })
    to.stroke()
  }
  to.textAlign = 'right'
  to.fillStyle = colors.faint
  to.fillText(String(Math.round(most)), left - 6, swarmTop + 4)
  to.fillText('0', Math.min(left - 6, width), swarmTop + SWARM_PX)
}

/** How each mark is drawn, and what it is called. Others are a line through all lanes. */
export const GLYPHS: Readonly<
  Record<string, { readonly glyph: string; readonly label: string; readonly tone: keyof PageColors }>
> = {
  'peer-closed': { glyph: '✕', label: 'disconnected', tone: 'bad' },
  'peer-banned': { glyph: '■', label: 'banned', tone: 'rarest' },
  'peer-choked': { glyph: '▲', label: 'choked', tone: 'ink' },
  'peer-snubbed': { glyph: '◆', label: 'snubbed', tone: 'seeds' },
}

/** Nearer to the one before of its kind in its lane, a mark is not drawn. */
const GLYPH_APART_PX = 5

function drawMarks(
  to: CanvasRenderingContext2D,
  { marks, endMs }: ReportTimeline,
  layout: LanesLayout,
  colors: PageColors,
): void {
  const { left, plot, lanesTop, height } = layout
  const lastX = new Map<string, number>()
  to.textAlign = 'center'
  for (const { tMs, mark, peer } of marks) {
    const x = left + (tMs / endMs) * plot
    const shape = GLYPHS[mark]
    const isLaned = shape !== undefined && peer !== null
    const key = `${mark} ${isLaned ? laneOf(peer, layout) : ''}`
    if (x - (lastX.get(key) ?? Number.NEGATIVE_INFINITY) < GLYPH_APART_PX) continue
    lastX.set(key, x)
    to.fillStyle = colors[shape?.tone ?? 'faint']
    if (isLaned) drawGlyph(to, shape.glyph, x, lanesTop + (laneOf(peer, layout) + 0.5) * LANE_PX - 0.5, colors.paper)
    else to.fillRect(Math.round(x), TOP_PX, 1, height - AXIS_PX - TOP_PX)
  }
}

/** With an edge of paper, to be seen on a lane of any strength. */
function drawGlyph(to: CanvasRenderingContext2D, glyph: string, x: number, y: number, paper: string): void {
  to.strokeStyle = paper
  to.lineWidth = 3
  to.strokeText(glyph, x, y)
  to.fillText(glyph, x, y)
}

export function markWords({ mark, detail }: ReportMark): string {
  const word = GLYPHS[mark]?.label ?? mark.replaceAll('-', ' ')
  return detail === null ? word : `${word}: ${detail}`
}

function heading(to: CanvasRenderingContext2D, text: string, y: number, width: number, { faint }: PageColors): void {
  to.textAlign = 'left'
  to.fillStyle = faint
  to.fillText(text, width < 560 ? 64 : 128, y)
}
