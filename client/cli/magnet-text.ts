/** A magnet link for people, as lines, and for programs, as one object. */
import { formatFileSelection } from '../metainfo/file-selection.ts'
import type { Magnet } from '../metainfo/magnet.ts'
import { printable } from '../metainfo/printable.ts'
import { formatAddress } from '../ports/transport.ts'

/** The fields of `show --json`, which programs rely on. */
export function magnetAsJson({ infohash, name, trackers, webSeeds, peers, selectedFiles }: Magnet) {
  return {
    name,
    infohashV1: infohash,
    trackers,
    webSeeds,
    peers: peers.map(formatAddress),
    selectedFiles: selectedFiles === null ? null : formatFileSelection(selectedFiles),
  }
}

export function magnetAsText({ infohash, name, trackers, webSeeds, peers, selectedFiles }: Magnet): string {
  const rows: [string, string][] = [
    ['infohash v1', infohash],
    ...trackers.map((tier, index): [string, string] => [`tracker ${index + 1}`, tier.join('  ')]),
    ...webSeeds.map((url): [string, string] => ['web seed', url]),
    ...peers.map((peer): [string, string] => ['peer', formatAddress(peer)]),
    ...(selectedFiles === null ? [] : [['files', formatFileSelection(selectedFiles)] as [string, string]]),
  ]
  const lines = rows.map(([label, value]) => `  ${label.padEnd(12)} ${printable(value)}`)
  return [name ?? '(a magnet link without a name)', ...lines].join('\n')
}
