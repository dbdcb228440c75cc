/** A download or a seed from its start to its end: what is shown, written down and warned of, keys and signals. */
import { nodeClock } from '../node/clock.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import type { Download, DownloadFault } from '../node/download.ts'
import { userPath } from '../node/npm-run.ts'
import { printProblem } from '../node/output.ts'
import { askToEnd, endProcessSoon, nextSignal, onPauseSignal, SIGNAL_EXIT_CODES } from '../node/signals.ts'
import { readKeys, takesKeys } from '../node/terminal-keys.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import type { Transport } from '../ports/transport.ts'
import type { DownloadChoices, DownloadSource } from '../swarm/settings.ts'
import { refuseMissingFiles } from './file-choice.ts'
import type { EventLog } from './log.ts'
import { type SwarmArguments, sharedChoices } from './swarm-options.ts'
import type { SwarmView } from './view.ts'

export interface SwarmTask {
  readonly source: DownloadSource
  /** Where the content is, or comes to be. */
  readonly rootDir: string
  /** What the shared options do not say. */
  readonly choices: Partial<DownloadChoices>
}

/** Gives the exit code: 0 when all that is wanted is here, else that of the signal. Throws a CommandError. */
export async function runSwarm(args: SwarmArguments, { source, rootDir, choices }: SwarmTask): Promise<number> {
  if (args.logLevel !== undefined && args.log === undefined) throw usageError('--log-level goes with --log')
  const [{ openDownload }, { openView }, { SwarmWatch }, { Warnings }] = await loaded()
  const watch = new SwarmWatch()
  const seeds = choices.seeds === true
  const view = await openView(watch, { ...args, seeds, takesKeys: takesKeys() })
  const warn = (line: string) => view.aside(() => printProblem(line))
  const log = await openLogIfAsked(args, warn)
  const captures = await openCapturesIfAsked(args, () => watch.pieceCount, warn)
  const selection = new SelectionCheck(choices.selectedFiles ?? null)
  const download = await openDownload(
    {
      source,
      rootDir,
      host: args.host ?? null,
      port: args.port ?? null,
      ...sharedChoices(args),
      ...choices,
      ...(captures === null ? {} : { tapped: captures.tapped }),
    },
    inOrder([watch, view, new Warnings(warn), ...(log === null ? [] : [log]), selection]),
  )
  selection.watch(download)
  const signalled = nextSignal().then((signal) => {
    void download.stop()
    return signal
  })
  view.listening(download.local)
  download.start()
  const endShow = show(view, download)
  const outcome = await download.finished
  endShow()
  view.ended(nodeClock().nowMs(), outcome, download.status())
  captures?.close()
  await log?.close()
  if (selection.problem !== null) throw selection.problem
  if (outcome.kind === 'failed') throw new CommandError(problemOf(outcome.fault, choices.seedOnly === true), 1)
  endProcessSoon()
  return outcome.kind === 'complete' ? 0 : SIGNAL_EXIT_CODES[await signalled]
}

/** What other commands do not need. */
function loaded() {
  return Promise.all([
    import('../node/download.ts'),
    import('./swarm-view.ts'),
    import('./swarm-watch.ts'),
    import('./warnings.ts'),
  ])
}

async function openLogIfAsked(
  { log, logLevel }: SwarmArguments,
  warn: (line: string) => void,
): Promise<EventLog | null> {
  if (log === undefined) return null
  const { openLog } = await import('./log.ts')
  return openLog(userPath(log), logLevel ?? 'info', warn)
}

interface OpenCaptures {
  tapped(transport: Transport, clock: Clock): Transport
  close(): void
}

async function openCapturesIfAsked(
  args: SwarmArguments,
  pieceCount: () => number | null,
  failed: (problem: string) => void,
): Promise<OpenCaptures | null> {
  const { host, trace, pcap } = args
  if (trace === undefined && pcap === undefined) return null
  const { openCaptures } = await import('../node/captures.ts')
  const captures = openCaptures({
    clock: nodeClock(),
    trace: trace === undefined ? undefined : userPath(trace),
    pcap: pcap === undefined ? undefined : userPath(pcap),
    localHost: host ?? null,
    pieceCount,
    failed,
  })
  return { tapped: (transport) => captures.tapped(transport), close: () => captures.close() }
}

/** Of a magnet link it is known only later which files there are. */
class SelectionCheck implements Events {
  problem: CommandError | null = null
  readonly #selected: DownloadChoices['selectedFiles']
  readonly #alarm = nodeClock().alarm(() => this.#check())
  #download: Download | null = null

  constructor(selected: DownloadChoices['selectedFiles']) {
    this.#selected = selected
  }

  watch(download: Download): void {
    this.#download = download
  }

  /** Looked at after the call of the core that the event comes from. */
  emit(nowMs: number, { type }: ClientEvent): void {
    if (type === 'started' && this.#selected !== null) this.#alarm.set(nowMs)
  }

  #check(): void {
    const torrent = this.#download?.torrent ?? null
    if (torrent === null) return
    try {
      refuseMissingFiles(torrent, this.#selected)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      this.problem = error
      void this.#download?.stop()
    }
  }
}

function inOrder(sinks: readonly Events[]): Events {
  return {
    emit(nowMs: number, event: ClientEvent) {
      for (const sink of sinks) sink.emit(nowMs, event)
    },
  }
}

/** Progress, keys and the pause signal, until what it gives is called. */
function show(view: SwarmView, download: Download): () => void {
  const clock = nodeClock()
  const draw = (nowMs: number) => view.progress(nowMs, download.status(), download.pieces)
  const togglePause = () => {
    if (download.status().isPaused) download.resume()
    else download.pause()
    if (view.toggleHelp !== null) draw(clock.nowMs())
  }
  const endProgress = every(clock, view.progressEveryMs, draw)
  const endPauses = onPauseSignal(togglePause)
  const keys = view.toggleHelp !== null && takesKeys() ? readKeys((key) => pressed(key, view, togglePause)) : null
  return () => {
    endProgress()
    endPauses()
    keys?.close()
  }
}

function pressed(key: string, view: SwarmView, togglePause: () => void): void {
  if (key === 'p' || key === ' ') togglePause()
  else if (key === '?') view.toggleHelp?.()
  else if (key === 'q') askToEnd()
}

/** The first time at once; what is given ends it. */
function every(clock: Clock, periodMs: number | null, act: (nowMs: number) => void): () => void {
  if (periodMs === null) return () => {}
  const alarm = clock.alarm((nowMs) => {
    act(nowMs)
    alarm.set(nowMs + periodMs)
  })
  alarm.set(clock.nowMs())
  return () => alarm.set(null)
}

function problemOf({ code, detail }: DownloadFault, seedsOnly: boolean): string {
  if (seedsOnly) return code === 'missing' ? `${detail}; \`verify\` says which` : detail
  if (code === 'metadata') return `what the magnet link stands for cannot be downloaded: ${detail}`
  return code === 'disk-full' ? `${detail}; make room and run it again, what is stored stays` : detail
}
