/** A download as a screen at the bottom of a terminal: drawn anew once a second, below the lines that stay. */
import type { PieceMap } from '../node/download.ts'
import { printLine } from '../node/output.ts'
import { clearAbove, faint, onResize, strong, terminalSize } from '../node/terminal.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { Milestones } from './lines-view.ts'
import { renderScreen, rowsTaken } from './screen.ts'
import { PLAIN, type Style } from './style.ts'
import type { SwarmWatch } from './swarm-watch.ts'
import type { SwarmView, ViewOptions } from './view.ts'

/** As log-update has it. */
export interface LiveText {
  (text: string): void
  clear(): void
  done(): void
}

const EVERY_MS = 1_000

const STYLE: Style = { strong, faint }

export function terminalView(watch: SwarmWatch, { seeds, takesKeys }: ViewOptions, live: LiveText): SwarmView {
  const milestones = new Milestones(watch, seeds)
  let drawn: { readonly status: DownloadStatus; readonly pieces: PieceMap | null } | null = null
  let showsHelp = false
  let screen: readonly string[] = []
  const draw = () => {
    const space = terminalSize()
    if (drawn === null || space === null) return
    const shown = { watch, ...drawn, showsHelp, takesKeys }
    screen = renderScreen(shown, space, PLAIN)
    live(renderScreen(shown, space, STYLE).join('\n'))
  }
  // A terminal that became narrower has broken the lines in two, which log-update does not know.
  const endResize = onResize(() => {
    const columns = terminalSize()?.columns
    live.clear()
    if (columns !== undefined) clearAbove(rowsTaken(screen, columns) - screen.length)
    draw()
  })
  const aside = (print: () => void) => {
    live.clear()
    print()
    draw()
  }
  return {
    progressEveryMs: EVERY_MS,
    toggleHelp() {
      showsHelp = !showsHelp
      draw()
    },
    listening: (local) => milestones.listening(local),
    progress(_, status, pieces) {
      drawn = { status, pieces }
      draw()
    },
    aside,
    emit(nowMs, event) {
      const lines = milestones.linesOf(nowMs, event)
      if (lines.length > 0) aside(() => lines.forEach(printLine))
    },
    ended(nowMs, outcome, status) {
      endResize()
      live.clear()
      live.done()
      for (const line of milestones.endLines(nowMs, outcome, status)) printLine(line)
    },
  }
}
