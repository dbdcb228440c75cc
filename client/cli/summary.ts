/** What a download, and what seeding, came to: one line each. */
import type { DownloadOutcome } from '../node/download.ts'
import type { DownloadStatus } from '../swarm/status.ts'
import { duration, rate, shareRatio, size } from './progress.ts'
import type { SwarmWatch } from './swarm-watch.ts'

/** Of all that is wanted, here `seconds` after the start. */
export function completedLine({ name, fetchedBytes, sources }: SwarmWatch, bytes: number, seconds: number): string {
  const total = size(bytes)
  if (fetchedBytes === 0) return `${name}: all ${total} were here already, verified in ${clock(seconds)}`
  const found = bytes - fetchedBytes
  const rest = found <= 0 ? '' : ` (${size(found)} of ${total} were here already)`
  const speed = rate(fetchedBytes / Math.max(seconds, 0.001))
  return `${name}: ${size(fetchedBytes)} in ${clock(seconds)}, ${speed} from ${sourcesText(sources)}${rest}`
}

/** Of the time since it was complete. */
export function seededLine({ name, completedMs }: SwarmWatch, nowMs: number, status: DownloadStatus): string {
  const ratio = (shareRatio(status) ?? 0).toFixed(2)
  const seconds = (nowMs - (completedMs ?? nowMs)) / 1000
  return `${name}: seeded for ${clock(seconds)}, uploaded ${size(status.uploadedBytes)}, ratio ${ratio}`
}

/** Null after a failure, which is told of as one. */
export function stoppedLine(watch: SwarmWatch, outcome: DownloadOutcome, status: DownloadStatus): string | null {
  if (outcome.kind === 'failed') return null
  if (watch.totalBytes === null) return `${watch.name}: stopped before its metadata was here`
  const sizes = `${size(status.completeBytes)} of ${size(status.totalBytes)}`
  return `${watch.name}: stopped with ${sizes}; the same command goes on from there`
}

function sourcesText(sources: ReadonlySet<string>): string {
  const webSeeds = [...sources].filter((source) => source.includes('://')).length
  const peers = sources.size - webSeeds
  const texts = [
    ...(peers > 0 || webSeeds === 0 ? [peers === 1 ? '1 peer' : `${peers} peers`] : []),
    ...(webSeeds > 0 ? [webSeeds === 1 ? '1 web seed' : `${webSeeds} web seeds`] : []),
  ]
  return texts.join(' and ')
}

/** A short time to the tenth. */
function clock(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds)
}
