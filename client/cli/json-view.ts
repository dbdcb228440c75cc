/** A download as JSON Lines: everything that happens, and progress once a second. */
import type { DownloadOutcome } from '../node/download.ts'
import { printEvent } from '../node/output.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { eventAsJson, inSeconds, progressAsJson } from './event-json.ts'
import type { SwarmWatch } from './swarm-watch.ts'
import type { SwarmView, ViewOptions } from './view.ts'

const PROGRESS_EVERY_MS = 1_000

/** Blocks and pieces are not told one by one: a torrent has thousands, and progress counts them. */
const NOT_IN_JSON: ReadonlySet<ClientEvent['type']> = new Set([
  'block-requested',
  'block-received',
  'block-refused',
  'block-sent',
  'verifying',
  'piece-verified',
  'piece-stored',
])

export function jsonView(watch: SwarmWatch, { quiet, seeds }: ViewOptions): SwarmView {
  const sinceStartMs = (nowMs: number) => nowMs - (watch.startedMs ?? nowMs)
  return {
    progressEveryMs: quiet ? null : PROGRESS_EVERY_MS,
    toggleHelp: null,
    listening: (local) => printEvent({ event: 'listening', ...local }),
    progress: (nowMs, status) => printEvent(progressAsJson(status, watch, sinceStartMs(nowMs))),
    aside: (print) => print(),
    emit(nowMs, event) {
      if (!NOT_IN_JSON.has(event.type)) printEvent(eventAsJson(event, sinceStartMs(nowMs)))
      if (event.type !== 'completed' || !seeds) return
      printEvent({ event: 'seeding', seconds: inSeconds(sinceStartMs(nowMs)), bytes: event.bytes })
    },
    ended(nowMs, outcome, status) {
      if (!quiet) printEvent(progressAsJson(status, watch, sinceStartMs(nowMs)))
      printEvent(endAsJson(inSeconds(sinceStartMs(nowMs)), outcome, status))
    },
  }
}

/** `seconds` to the end; of `done`, to the completion. */
function endAsJson(seconds: number, outcome: DownloadOutcome, { completeBytes, uploadedBytes }: DownloadStatus) {
  switch (outcome.kind) {
    case 'complete':
      return { event: 'done', seconds: inSeconds(outcome.seconds * 1000), bytes: outcome.bytes, uploadedBytes }
    case 'stopped':
      return { event: 'stopped', seconds, bytes: completeBytes, uploadedBytes }
    case 'failed':
      return { event: 'failed', seconds, bytes: completeBytes, ...outcome.fault }
  }
}
