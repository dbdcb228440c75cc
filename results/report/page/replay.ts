/** The timeline of one cell, replayed: peers, pieces and marks at one moment, which slider and clicks choose. */
import { pageColors, whenColorsChange } from './colors.ts'
import type { ReportData, ReportTimeline } from './data.ts'
import { eventsList, showLegend } from './events-list.ts'
import { byId, countUntil, element, rateText, secondsText } from './formats.ts'
import { drawLanes, type LanesLayout, layoutOf } from './lanes.ts'
import { type PieceMap, pieceMap, sized } from './piece-map.ts'
import { type Player, player } from './player.ts'

/** What is drawn of one timeline, at one width and in one set of colours. */
interface Stage {
  readonly timeline: ReportTimeline
  readonly layout: LanesLayout
  readonly picture: HTMLCanvasElement
  readonly to: CanvasRenderingContext2D
  readonly map: PieceMap
  readonly events: (tMs: number) => void
  /** Bytes received up to each sample. */
  readonly bytesUntil: Float64Array
}

export function startReplay({ timelines, timelinesLeftOut }: ReportData): void {
  const section = byId('replay')
  byId('left-out').textContent = timelinesLeftOut ?? ''
  if (timelines.length === 0) {
    section.replaceChildren(element('h2', 'Replay'), element('p', 'The record of this run holds no timeline.', 'faint'))
    return
  }
  const choice = byId<HTMLSelectElement>('timeline')
  choice.append(...timelines.map(({ label, cell }, nth) => optionOf(nth, `cell ${cell}: ${label}`)))
  let stage = stageOf(timelines[0]!)
  let nowMs = stage.timeline.endMs
  const show = (tMs: number) => {
    nowMs = tMs
    showMoment(stage, tMs)
  }
  const playing = player(show)
  playing.reset(stage.timeline.endMs)
  choice.addEventListener('change', () => {
    stage = stageOf(timelines[Number(choice.value)]!)
    playing.reset(stage.timeline.endMs)
  })
  const drawAgain = () => {
    stage = stageOf(stage.timeline)
    showMoment(stage, nowMs)
  }
  whenColorsChange(drawAgain)
  let width = section.clientWidth
  new ResizeObserver(() => {
    // A page that is not to be seen has no width.
    if (section.clientWidth === width || section.clientWidth === 0) return
    width = section.clientWidth
    drawAgain()
  }).observe(section)
  seekByClick(playing, () => stage)
}

function optionOf(nth: number, text: string): HTMLOptionElement {
  const option = element('option', text)
  option.value = String(nth)
  return option
}

function stageOf(timeline: ReportTimeline): Stage {
  const canvas = byId<HTMLCanvasElement>('lanes')
  const layout = layoutOf(timeline, canvas.parentElement!.clientWidth)
  const colors = pageColors()
  const picture = document.createElement('canvas')
  drawLanes(sized(picture, layout.width, layout.height), timeline, layout, colors)
  const { peers, marks, endMs, pieceCount } = timeline
  canvas.setAttribute(
    'aria-label',
    `Rates of ${peers.length} peers over ${secondsText(endMs)}, with ${marks.length} marks; the time is chosen by the slider`,
  )
  byId('no-pieces').hidden = pieceCount > 0
  showLegend(timeline)
  return {
    timeline,
    layout,
    picture,
    to: sized(canvas, layout.width, layout.height),
    map: pieceMap(byId<HTMLCanvasElement>('pieces'), timeline, colors),
    events: eventsList(timeline),
    bytesUntil: sums(timeline.samples.bytes),
  }
}

/** Entry n: of the first n. */
function sums(values: readonly number[]): Float64Array {
  const all = new Float64Array(values.length + 1)
  values.forEach((value, nth) => {
    all[nth + 1] = all[nth]! + value
  })
  return all
}

function showMoment({ timeline, layout, picture, to, map, events, bytesUntil }: Stage, tMs: number): void {
  const { ink, paper } = pageColors()
  const { left, plot, width, height } = layout
  const x = left + (tMs / timeline.endMs) * plot
  to.clearRect(0, 0, width, height)
  to.drawImage(picture, 0, 0, width, height)
  to.globalAlpha = 0.65
  to.fillStyle = paper
  to.fillRect(x, 0, width - x, height)
  to.globalAlpha = 1
  to.fillStyle = ink
  to.fillRect(x - 0.75, 8, 1.5, height - 30)
  const stored = map.show(tMs)
  events(tMs)
  byId('now').textContent = momentText(timeline, bytesUntil, tMs, stored)
}

/** The rate is that of the last second. */
function momentText(
  { samples, pieceCount, swarm, binMs }: ReportTimeline,
  bytesUntil: Float64Array,
  tMs: number,
  stored: number,
) {
  const spanMs = Math.min(tMs, 1000)
  const from = countUntil(samples.tMs, tMs - spanMs - binMs)
  const until = countUntil(samples.tMs, tMs - binMs)
  const rate = spanMs > 0 && until > from ? ((bytesUntil[until]! - bytesUntil[from]!) * 1000) / spanMs : 0
  const active = new Set(samples.peer.slice(from, until)).size
  const moment = swarm[countUntil(swarmTimes(swarm), tMs) - 1]
  return [
    secondsText(tMs),
    ...(samples.tMs.length === 0 ? [] : [`${rateText(rate)} from ${active} ${active === 1 ? 'peer' : 'peers'}`]),
    ...(pieceCount === 0 ? [] : [`${stored} of ${pieceCount} pieces`]),
    ...(moment === undefined ? [] : [`${moment.leechers} leechers, ${moment.seeds} seeds`]),
  ].join(' · ')
}

const timesOfSwarms = new WeakMap<object, number[]>()

function swarmTimes(swarm: ReportTimeline['swarm']): number[] {
  const known = timesOfSwarms.get(swarm) ?? swarm.map(({ tMs }) => tMs)
  timesOfSwarms.set(swarm, known)
  return known
}

function seekByClick(playing: Player, stage: () => Stage): void {
  const canvas = byId('lanes')
  const seek = (event: PointerEvent) => {
    const { layout, timeline } = stage()
    const x = event.clientX - canvas.getBoundingClientRect().left - layout.left
    playing.go((x / layout.plot) * timeline.endMs)
  }
  canvas.addEventListener('pointerdown', seek)
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) seek(event)
  })
}
