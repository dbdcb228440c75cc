/** The process of the client under test: downloads by its order, watches itself, reports, and ends with its parent. */
import { type Download, startDownload } from '../../../client/node/download.ts'
import { torrentFromBytes } from '../../../client/node/read-torrent.ts'
import { Collector } from '../../engine/collector.ts'
import { CLIENT_HOST, labelsByAddress } from '../addresses.ts'
import { goAheadOfOthers, waitedForCoreSeconds } from './core-share.ts'
import type { ClientOrder, ClientReport } from './messages.ts'

const PROGRESS_EVERY_MS = 500

goAheadOfOthers()
process.on('disconnect', () => process.exit())
// Ctrl-C reaches every process of a terminal; the parent decides.
process.on('SIGINT', () => {})
process.once('message', (order: ClientOrder) => {
  obey(order).catch((error: unknown) => {
    report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  })
})

async function obey({ plan, torrent, peers, outDir }: ClientOrder): Promise<void> {
  const collector = new Collector(labelsByAddress(peers), plan.window)
  const cpuBefore = process.cpuUsage()
  const waitedBefore = waitedForCoreSeconds()
  const startedMs = performance.now()
  const download = await startDownload(
    {
      torrent: torrentFromBytes(torrent, 'the plan').torrent,
      rootDir: outDir,
      host: CLIENT_HOST,
      port: 0,
      pipelineDepth: plan.client.pipelineDepth,
      peersMax: plan.client.peersMax,
      peers: [],
      useTrackers: true,
    },
    collector,
  )
  const watching = setInterval(() => reportProgress(download), PROGRESS_EVERY_MS)
  const { window, timeLimitMs } = plan
  const limitMs = window === null ? timeLimitMs : window.warmupMs + window.measuredMs
  const limit = setTimeout(() => download.stop(), limitMs)
  const outcome = await download.finished
  clearInterval(watching)
  clearTimeout(limit)
  const { user, system } = process.cpuUsage(cpuBefore)
  report({
    type: 'ended',
    observations: collector.observations(performance.now()),
    failure: failureOf(outcome, window !== null, timeLimitMs),
    waitedShare: ((waitedForCoreSeconds() - waitedBefore) * 1000) / (performance.now() - startedMs),
    costs: { cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 },
  })
}

function failureOf(outcome: Awaited<Download['finished']>, isWindow: boolean, timeLimitMs: number): string | null {
  if (outcome.kind === 'failed') return `storage: ${outcome.fault.detail}`
  if (outcome.kind === 'complete' || isWindow) return null
  return `not complete after ${timeLimitMs / 1000} s`
}

function reportProgress(download: Download): void {
  const { completeBytes, totalBytes, downRateBytesPerSecond, connectedPeers } = download.status()
  const share = totalBytes === 0 ? 1 : completeBytes / totalBytes
  report({ type: 'progress', progress: { share, downRateBytesPerSecond, connectedPeers } })
}

function report(message: ClientReport): void {
  process.send?.(message)
}
