/** How a download, or a seed, shows itself on stdout: as a screen, as plain lines, as JSON, or not at all. */
import { terminalSize } from '../node/terminal.ts'
import { jsonView } from './json-view.ts'
import { linesView } from './lines-view.ts'
import type { SwarmWatch } from './swarm-watch.ts'
import { terminalView } from './terminal-view.ts'
import type { SwarmView, ViewOptions } from './view.ts'

export async function openView(watch: SwarmWatch, options: ViewOptions): Promise<SwarmView> {
  if (options.json) return jsonView(watch, options)
  if (options.quiet) return silentView()
  if (terminalSize() === null) return linesView(watch, options)
  return terminalView(watch, options, (await import('log-update')).default)
}

function silentView(): SwarmView {
  return {
    progressEveryMs: null,
    toggleHelp: null,
    listening() {},
    progress() {},
    aside: (print) => print(),
    emit() {},
    ended() {},
  }
}
