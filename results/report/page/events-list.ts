/** What happened up to now, the last first; and what the marks mean, with how many there are. */
import type { ReportTimeline } from './data.ts'
import { byId, countUntil, element, secondsText } from './formats.ts'
import { GLYPHS, markWords } from './lanes.ts'

const SHOWN_MAX = 6

export function eventsList({ marks, peers }: ReportTimeline): (tMs: number) => void {
  const times = marks.map(({ tMs }) => tMs)
  const list = byId('events')
  let shown = -1
  return (tMs) => {
    const until = countUntil(times, tMs)
    if (until === shown) return
    shown = until
    const last = marks.slice(Math.max(0, until - SHOWN_MAX), until).reverse()
    list.replaceChildren(
      ...last.map((each) => {
        const who = each.peer === null ? '' : ` ${peers[each.peer]}`
        return element('li', `${secondsText(each.tMs)}${who} ${markWords(each)}`)
      }),
    )
    if (last.length === 0) list.replaceChildren(element('li', 'nothing yet', 'faint'))
  }
}

export function showLegend({ marks }: ReportTimeline): void {
  const counts = new Map<string, number>()
  for (const { mark } of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  const words = [...counts].map(([mark, count]) => {
    const known = GLYPHS[mark]
    return `${known?.glyph ?? '│'} ${known?.label ?? mark.replaceAll('-', ' ')} (${count})`
  })
  byId('legend').textContent = words.length === 0 ? 'No marks.' : `Marks: ${words.join(', ')}`
}
