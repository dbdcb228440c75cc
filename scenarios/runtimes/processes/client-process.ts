/** The process of a client: downloads by its order, watches itself, reports, and ends with its parent, or dies by its plan. */
import { writeFileSync } from 'node:fs'
import { serialize } from 'node:v8'
import { type Download, startDownload } from '../../../client/node/download.ts'
import { torrentFromBytes } from '../../../client/node/read-torrent.ts'
import type { ClientEvent, Events } from '../../../client/ports/events.ts'
import { Collector } from '../../engine/collector.ts'
import type { SwarmPlan } from '../../engine/swarm-plan.ts'
import { CLIENT_HOST, labelsByAddress } from '../addresses.ts'
import { goAheadOfOthers, waitedForCoreSeconds } from './core-share.ts'
import type { ClientOrder, ClientReport } from './messages.ts'
import { behindOwnLink } from './own-link.ts'
import { sharedMs } from './shared-clock.ts'

const PROGRESS_EVERY_MS = 500

let download: Download | null = null

goAheadOfOthers()
process.on('disconnect', () => process.exit())
// Ctrl-C reaches every process of a terminal; the parent decides.
process.on('SIGINT', () => {})
process.on('message', (order: ClientOrder) => {
  obey(order).catch((error: unknown) => {
    report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  })
})
report({ type: 'waiting' })

async function obey(order: ClientOrder): Promise<void> {
  if (order.type === 'stop') await download?.stop()
  else await run(order)
}

async function run(order: ClientOrder & { type: 'start' }): Promise<void> {
  const { plan, client, torrent, peers, outDir } = order
  const labelOf = labelsByAddress(peers, plan)
  const collector = new Collector(labelOf, plan.window, ...(order.collected === null ? [] : [order.collected]))
  const cpuBefore = process.cpuUsage()
  const waitedBefore = waitedForCoreSeconds()
  const startedMs = performance.now()
  const { link, ...choices } = client
  // Alone among seeders its link is the rig's to shape, at the other end.
  const shapesItself = plan.leechers.length > 0
  download = await startDownload(
    {
      ...choices,
      source: { kind: 'torrent', torrent: torrentFromBytes(torrent, 'the plan').torrent },
      rootDir: outDir,
      host: CLIENT_HOST,
      port: 0,
      ...(shapesItself ? { tapped: (transport, clock) => behindOwnLink(transport, clock, link) } : {}),
    },
    watching(collector, order),
  )
  const running = download
  const progress = setInterval(() => reportProgress(running), PROGRESS_EVERY_MS)
  const limit = setTimeout(() => running.stop(), limitMs(plan) - (sharedMs() - collector.startedMs))
  const outcome = await running.finished
  clearInterval(progress)
  clearTimeout(limit)
  const { user, system } = process.cpuUsage(cpuBefore)
  report({
    type: 'ended',
    startedMs: collector.startedMs,
    observations: collector.observations(sharedMs()),
    failure: failureOf(outcome, plan),
    waitedShare: ((waitedForCoreSeconds() - waitedBefore) * 1000) / (performance.now() - startedMs),
    costs: { cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 },
  })
}

/** On the shared clock. */
function watching(collector: Collector, { plan, crashFile }: ClientOrder & { type: 'start' }): Events {
  return {
    emit(nowMs: number, event: ClientEvent) {
      collector.emit(sharedMs(nowMs), event)
      if (event.type === 'completed') report({ type: 'completed', atMs: sharedMs(nowMs) })
      if (crashFile === null || plan.crash === null) return
      if (collector.collected.usefulBytes >= plan.crash.atBytes) die(collector, crashFile)
    },
  }
}

/** By `kill -9`, here and now: nothing runs after it. */
function die(collector: Collector, crashFile: string): void {
  collector.crashed(sharedMs())
  writeFileSync(crashFile, serialize(collector.collected))
  process.kill(process.pid, 'SIGKILL')
}

function limitMs({ window, timeLimitMs }: SwarmPlan): number {
  return window === null ? timeLimitMs : window.warmupMs + window.measuredMs
}

function failureOf(outcome: Awaited<Download['finished']>, { window, timeLimitMs }: SwarmPlan): string | null {
  if (outcome.kind === 'failed') return `storage: ${outcome.fault.detail}`
  if (outcome.kind === 'complete' || window !== null) return null
  return `not complete after ${timeLimitMs / 1000} s`
}

function reportProgress(running: Download): void {
  const { completeBytes, totalBytes, downRateBytesPerSecond, connectedPeers } = running.status()
  const share = totalBytes === 0 ? 1 : completeBytes / totalBytes
  report({ type: 'progress', progress: { share, downRateBytesPerSecond, connectedPeers } })
}

function report(message: ClientReport): void {
  process.send?.(message)
}
