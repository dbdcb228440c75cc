/** How far a download is, in words and numbers. Pure; sizes are powers of 1024. */
import prettyBytes from 'pretty-bytes'
import prettyMilliseconds from 'pretty-ms'
import { type DownloadStatus, etaSeconds } from '../swarm/status.ts'
import type { SwarmWatch } from './swarm-watch.ts'

/** One line for a file or a pipe. */
export function progressLine(status: DownloadStatus, watch: SwarmWatch): string {
  const swarm = [...ratesTexts(status), `peers ${status.connectedPeers}/${status.knownPeers}`]
  const hasRates = !status.isPaused && (status.phase === 'downloading' || status.phase === 'complete')
  return [...stateTexts(status, watch), ...(hasRates ? swarm : [])].join('  ')
}

/** What it does, and how much of it is done. */
export function stateTexts(status: DownloadStatus, watch: SwarmWatch): string[] {
  const word = phaseWord(status, watch)
  if (status.phase === 'metadata') {
    const { connectedPeers } = status
    return [word, connectedPeers === 1 ? '1 peer' : `${connectedPeers} peers`]
  }
  if (status.phase === 'preparing') {
    const { checked } = watch
    if (checked === null) return [word]
    return [word, percent(checked.pieces / checked.ofPieces), `pieces ${checked.pieces}/${checked.ofPieces}`]
  }
  const sizes = `${size(status.completeBytes)} of ${size(status.totalBytes)}`
  const pieces = `pieces ${status.piecesComplete}/${status.pieceCount}`
  return [word, percent(doneShare(status)), ...etaTexts(status), sizes, pieces]
}

export function ratesTexts({ downRateBytesPerSecond, upRateBytesPerSecond }: DownloadStatus): string[] {
  return [`down ${rate(downRateBytesPerSecond)}`, `up ${rate(upRateBytesPerSecond)}`]
}

/** Nothing but of a download that could go on. */
function etaTexts(status: DownloadStatus): string[] {
  if (status.phase !== 'downloading' || status.isPaused) return []
  const eta = etaSeconds(status)
  return [`ETA ${eta === null ? '-' : duration(eta)}`]
}

function phaseWord(status: DownloadStatus, { isEndgame }: SwarmWatch): string {
  if (status.isPaused) return 'paused'
  switch (status.phase) {
    case 'metadata':
      return 'getting the metadata'
    case 'preparing':
      return 'checking'
    case 'downloading':
      if (status.connectedPeers === 0 && status.downRateBytesPerSecond === 0) return 'looking for peers'
      return isEndgame ? 'endgame' : 'downloading'
    case 'complete':
      return 'seeding'
    case 'failed':
    case 'stopped':
      return 'stopping'
  }
}

/** Of what is wanted. */
function doneShare({ completeBytes, totalBytes, phase }: DownloadStatus): number {
  if (totalBytes === 0) return phase === 'complete' ? 1 : 0
  return completeBytes / totalBytes
}

/** What was given for what is here; null while nothing is. */
export function shareRatio({ uploadedBytes, completeBytes }: DownloadStatus): number | null {
  return completeBytes === 0 ? null : uploadedBytes / completeBytes
}

/** Rounded down: never 100 % before the end. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

/** `1.5 MiB`; always with a decimal from KiB on, so that columns do not jump. */
export function size(bytes: number): string {
  const digits = bytes < 1024 ? 0 : 1
  return prettyBytes(bytes, { binary: true, minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function rate(bytesPerSecond: number): string {
  return `${size(Math.round(bytesPerSecond))}/s`
}

/** `1m 5s`. */
export function duration(seconds: number): string {
  return prettyMilliseconds(Math.ceil(seconds) * 1000, { unitCount: 2, secondsDecimalDigits: 0 })
}
