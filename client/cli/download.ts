/** `download FILE.torrent --out DIR`: from peers into files, with progress, until it is complete. */

import { nodeClock } from '../node/clock.ts'
import { defineCommand } from '../node/command.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { parseHost, parseInteger, parseOneOf, parsePeerAddresses } from '../node/option-values.ts'
import { printProblem } from '../node/output.ts'
import { readTorrentFile } from '../node/read-torrent.ts'
import { endProcessSoon, nextSignal, SIGNAL_EXIT_CODES } from '../node/signals.ts'
import { AUTO_DEPTH_MAX, type PipelineDepth } from '../peer/pipeline.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClientEvent, Events } from '../ports/events.ts'
import type { StorageFault } from '../ports/storage.ts'
import { PEERS_MAX_DEFAULT } from '../swarm/settings.ts'
import type { LogLevel } from './log.ts'

/** libtorrent's limit is 200; a process may usually open 1,024 files. */
const PEERS_MAX = 500

export const downloadCommand = defineCommand({
  name: 'download',
  summary: 'Download a torrent; started again, it goes on where it was',
  positionals: { torrent: { describe: 'A .torrent file', demandOption: true } },
  options: {
    out: { demandOption: true, describe: 'The folder that gets the content; made when it is missing' },
    peer: { array: true, coerce: parsePeerAddresses, describe: 'HOST:PORT of a peer to ask; may be given again' },
    host: { coerce: parseHost, defaultDescription: 'all', describe: 'The address of this machine to use' },
    port: {
      coerce: parseInteger(0, 65_535),
      defaultDescription: '6881 or the next free one',
      describe: 'The port to listen on; 0 takes any free one',
    },
    tracker: { boolean: true, default: true, describe: 'Ask the trackers of the torrent; --no-tracker does not' },
    'pipeline-depth': {
      coerce: parsePipelineDepth,
      defaultDescription: 'auto',
      describe: 'Blocks asked of a peer at a time: a number, or auto',
    },
    'max-peers': {
      coerce: parseInteger(1, PEERS_MAX),
      default: PEERS_MAX_DEFAULT,
      describe: 'Connections at the same time',
    },
    log: { describe: 'Append what happens to this file, a line of JSON each' },
    'log-level': {
      coerce: parseOneOf<LogLevel>('error', 'warn', 'info', 'debug'),
      defaultDescription: 'info',
      describe: 'How much goes to the log: error, warn, info or debug (every block)',
    },
    json: { boolean: true, describe: 'Print one JSON object a line' },
    quiet: { boolean: true, describe: 'No progress, only warnings and errors' },
  },
  async run(args) {
    if (args.logLevel !== undefined && args.log === undefined) throw usageError('--log-level goes with --log')
    const torrent = await readTorrentFile(userPath(args.torrent))
    const [{ openDownload }, { openView }, { Warnings }] = await loaded()
    const view = await openView(torrent, args)
    const warn = (line: string) => view.aside(() => printProblem(line))
    const log = await openLogIfAsked(args.log, args.logLevel ?? 'info', warn)
    const download = await openDownload(
      {
        torrent,
        rootDir: userPath(args.out),
        host: args.host ?? null,
        port: args.port ?? null,
        pipelineDepth: args.pipelineDepth ?? 'auto',
        peersMax: args.maxPeers,
        peers: args.peer ?? [],
        useTrackers: args.tracker,
      },
      inOrder([view, new Warnings(warn), ...(log === null ? [] : [log])]),
    )
    const signalled = nextSignal().then((signal) => {
      download.stop()
      return signal
    })
    const clock = nodeClock()
    view.listening(download.local)
    download.start()
    const endProgress = every(clock, view.progressEveryMs, (nowMs) => view.progress(nowMs, download.status()))
    const outcome = await download.finished
    endProgress()
    view.ended(clock.nowMs(), outcome, download.status())
    await log?.close()
    if (outcome.kind === 'failed') throw new CommandError(problemOf(outcome.fault), 1)
    endProcessSoon()
    return outcome.kind === 'complete' ? 0 : SIGNAL_EXIT_CODES[await signalled]
  },
})

/** What other commands do not need. */
function loaded() {
  return Promise.all([import('../node/download.ts'), import('./download-view.ts'), import('./warnings.ts')])
}

async function openLogIfAsked(file: string | undefined, level: LogLevel, warn: (line: string) => void) {
  if (file === undefined) return null
  const { openLog } = await import('./log.ts')
  return openLog(userPath(file), level, warn)
}

function inOrder(sinks: readonly Events[]): Events {
  return {
    emit(nowMs: number, event: ClientEvent) {
      for (const sink of sinks) sink.emit(nowMs, event)
    },
  }
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

function problemOf({ code, detail }: StorageFault): string {
  return code === 'disk-full' ? `${detail}; make room and run it again, what is stored stays` : detail
}

function parsePipelineDepth(text: string): PipelineDepth {
  if (text === 'auto') return text
  try {
    return parseInteger(1, AUTO_DEPTH_MAX)(text)
  } catch {
    throw new Error(`wants auto or a whole number from 1 to ${AUTO_DEPTH_MAX}, not "${text}"`)
  }
}
