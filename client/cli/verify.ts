/** `verify FILE.torrent --from DIR`: is the content there and right? Reads, and changes nothing. */
import type { TorrentFile } from '../metainfo/torrent-file.ts'
import { nodeClock } from '../node/clock.ts'
import { defineCommand } from '../node/command.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { printEvent, printLine } from '../node/output.ts'
import { readTorrentFile } from '../node/read-torrent.ts'
import { endProcessSoon, nextSignal, SIGNAL_EXIT_CODES } from '../node/signals.ts'
import { terminalSize } from '../node/terminal.ts'
import type { Clock } from '../ports/clock.ts'
import type { PrepareOutcome } from '../ports/storage.ts'
import type { DiskCheckProgress } from '../swarm/disk-check.ts'
import { inSeconds } from './event-json.ts'
import { rate, size } from './progress.ts'
import { fitted } from './text-width.ts'
import { isComplete, makeReport, problemLine, reportLines, type VerifyReport } from './verify-report.ts'

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Check content on disk against its torrent',
  positionals: { torrent: { describe: 'A .torrent file', demandOption: true } },
  options: {
    from: { demandOption: true, describe: 'The folder that has the content under the name of the torrent' },
    json: { boolean: true, describe: 'Print one JSON object a line' },
  },
  async run(args) {
    const torrent = await readTorrentFile(userPath(args.torrent))
    if (torrent.infohashV1 === null) throw usageError(`"${torrent.name}" is v2-only, which this client cannot verify`)
    const rootDir = userPath(args.from)
    const clock = nodeClock()
    const startedMs = clock.nowMs()
    const view = await openView(torrent, args.json, startedMs)
    const signal = nextSignal()
    const check = checkFiles(torrent, rootDir, clock, view.progressed)
    const ended = await Promise.race([check.report, signal])
    view.clear()
    if (typeof ended === 'string') {
      check.abort()
      endProcessSoon()
      return SIGNAL_EXIT_CODES[ended]
    }
    const seconds = inSeconds(clock.nowMs() - startedMs)
    const complete = isComplete(ended)
    if (args.json) printEvent({ event: 'verified', complete, seconds, ...ended })
    else printReport(torrent, ended, seconds)
    if (!complete) throw new CommandError(problemLine(ended, rootDir), 1)
    endProcessSoon()
    return 0
  },
})

function printReport(torrent: TorrentFile, report: VerifyReport, seconds: number): void {
  const { totalBytes, pieceCount } = torrent.geometry
  if (isComplete(report)) {
    printLine(`${torrent.name}: all ${size(totalBytes)} are right, ${pieceCount} pieces in ${seconds.toFixed(1)} s`)
  } else {
    for (const line of reportLines(report)) printLine(line)
  }
}

type Progressed = (nowMs: number, progress: DiskCheckProgress) => void

interface RunningCheck {
  /** Rejects with a usage error where the folder cannot be looked at. */
  readonly report: Promise<VerifyReport>
  abort(): void
}

function checkFiles(torrent: TorrentFile, rootDir: string, clock: Clock, progressed: Progressed): RunningCheck {
  let abort = (): void => {}
  const start = async (): Promise<VerifyReport> => {
    const [{ fileStorage }, { filesVerifier }, { DiskCheck }] = await Promise.all([
      import('../node/files.ts'),
      import('../node/files-verifier.ts'),
      import('../swarm/disk-check.ts'),
    ])
    const storage = fileStorage({ rootDir, files: torrent.files, clock, readOnly: true })
    const outcome = await new Promise<PrepareOutcome>((resolve) => storage.prepare((_, prepared) => resolve(prepared)))
    if (outcome.kind === 'fault') throw usageError(outcome.fault.detail)
    const verifier = filesVerifier({ rootDir, torrent, clock })
    return new Promise((resolve) => {
      const check = new DiskCheck(
        { content: torrent, files: outcome.files, verifier, trust: null },
        {
          progressed,
          checked: (_, { complete, fault }) => resolve(makeReport(torrent, { complete, fault, found: outcome.files })),
        },
      )
      abort = () => check.abort()
      check.start(clock.nowMs())
    })
  }
  return { report: start(), abort: () => abort() }
}

interface VerifyView {
  readonly progressed: Progressed
  clear(): void
}

const ON_TERMINAL_EVERY_MS = 200
const JSON_EVERY_MS = 1_000
/** A file or a pipe. */
const LINES_EVERY_MS = 5_000

async function openView({ name }: TorrentFile, json: boolean, startedMs: number): Promise<VerifyView> {
  const text = (nowMs: number, progress: DiskCheckProgress) => `${name}: ${progressText(progress, nowMs - startedMs)}`
  if (json) {
    const print: Progressed = (nowMs, progress) =>
      printEvent({ event: 'verifying', seconds: inSeconds(nowMs - startedMs), ...progress })
    return { progressed: every(JSON_EVERY_MS, startedMs, print), clear() {} }
  }
  if (terminalSize() === null) {
    const print: Progressed = (nowMs, progress) => printLine(text(nowMs, progress))
    return { progressed: every(LINES_EVERY_MS, startedMs, print), clear() {} }
  }
  const { default: live } = await import('log-update')
  const draw: Progressed = (nowMs, progress) => {
    const columns = terminalSize()?.columns
    if (columns !== undefined) live(fitted(text(nowMs, progress), columns - 1))
  }
  return {
    progressed: every(ON_TERMINAL_EVERY_MS, startedMs, draw),
    clear() {
      live.clear()
      live.done()
    },
  }
}

/** `43.2 %  1.3 GiB of 3.0 GiB  2.1 GiB/s`, of what is there to be read. */
function progressText({ bytes, ofBytes }: DiskCheckProgress, sinceStartMs: number): string {
  const percent = ofBytes === 0 ? 100 : Math.floor((bytes / ofBytes) * 1_000) / 10
  const speed = rate((bytes * 1_000) / Math.max(sinceStartMs, 1))
  return `${percent.toFixed(1)} %  ${size(bytes)} of ${size(ofBytes)}  ${speed}`
}

function every(periodMs: number, startedMs: number, show: Progressed): Progressed {
  let shownMs = startedMs
  return (nowMs, progress) => {
    if (nowMs - shownMs < periodMs) return
    shownMs = nowMs
    show(nowMs, progress)
  }
}
