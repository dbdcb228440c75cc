/**
 * `scrape FILE.torrent` or `scrape URL --infohash …`: asks a tracker how many peers it knows of (BEP 48, BEP 15). Of the
 * trackers of a torrent the first that answers is told.
 */
import type { InfoHash } from '../metainfo/infohash.ts'
import { printable } from '../metainfo/printable.ts'
import { nodeClock } from '../node/clock.ts'
import { defineCommand } from '../node/command.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import { nodeHttpClient } from '../node/http.ts'
import { userPath } from '../node/npm-run.ts'
import { printEvent, printLine, printProblem } from '../node/output.ts'
import { nodeRandom } from '../node/random.ts'
import { readTorrentFile } from '../node/read-torrent.ts'
import { udpDatagrams } from '../node/udp.ts'
import { describeTrackerFault, type ScrapeOutcome, scrapeOutcome } from '../tracker/announce-outcome.ts'
import type { ScrapeCounts } from '../tracker/scrape.ts'
import { type ScrapeRequest, scrapeRequest } from '../tracker/scraper.ts'
import { TRACKERS_MAX } from '../tracker/tracker-tiers.ts'
import { UdpCarrier } from '../tracker/udp-carrier.ts'
import { SCRAPE_INFOHASHES_MAX } from '../tracker/udp-requests.ts'

export const scrapeCommand = defineCommand({
  name: 'scrape',
  summary: 'Ask a tracker how many peers it knows of',
  positionals: { target: { describe: 'A .torrent file, or the announce URL of a tracker', demandOption: true } },
  options: {
    infohash: { array: true, describe: 'With a URL: 40 hex digits; each more asks about another torrent' },
    json: { boolean: true, default: false, describe: 'Print one JSON object' },
  },
  async run({ target, infohash: given = [], json }) {
    const { urls, infohashes } = /^[a-z][a-z0-9+.-]*:\/\//i.test(target)
      ? { urls: [target], infohashes: parseInfohashes(given) }
      : await ofTorrent(userPath(target), given)
    const { url, counts } = await firstAnswer(urls, infohashes)
    if (json) {
      const torrents = infohashes.map((infohash) => ({ infohash, ...(counts.get(infohash) ?? UNKNOWN) }))
      printEvent({ event: 'scraped', url, torrents })
    } else {
      const lines = infohashes.map((infohash) => `  ${infohash}  ${countsAsText(counts.get(infohash))}`)
      printLine([`${printable(url)}:`, ...lines].join('\n'))
    }
  },
})

const UNKNOWN: ScrapeCounts = { complete: null, incomplete: null, downloaded: null, downloaders: null }

async function ofTorrent(path: string, given: readonly string[]) {
  if (given.length > 0) throw usageError('--infohash goes with the URL of a tracker; a .torrent file has its own')
  const { infohashV1, trackers } = await readTorrentFile(path)
  if (infohashV1 === null) throw usageError(`${path}: a v2-only torrent, which this client does not announce`)
  if (trackers.length === 0) throw usageError(`${path}: names no tracker`)
  return { urls: [...new Set(trackers.flat())].slice(0, TRACKERS_MAX), infohashes: [infohashV1] }
}

function parseInfohashes(given: readonly string[]): InfoHash[] {
  if (given.length === 0) throw usageError('the URL of a tracker needs --infohash: which torrent to ask about')
  if (given.length > SCRAPE_INFOHASHES_MAX) {
    throw usageError(`--infohash: at most ${SCRAPE_INFOHASHES_MAX}, not ${given.length}`)
  }
  return given.map((text) => {
    if (!/^[0-9a-f]{40}$/i.test(text)) throw usageError(`--infohash ${text}: expected 40 hex digits`)
    return text.toLowerCase() as InfoHash
  })
}

/** Trackers that failed before another answered are warned of; when none answered, that is one line. */
async function firstAnswer(urls: readonly string[], infohashes: readonly InfoHash[]) {
  const failures: string[] = []
  for (const url of urls) {
    const request = scrapeRequest(url, infohashes)
    const outcome = typeof request === 'string' ? request : await ask(request)
    if (typeof outcome !== 'string' && outcome.kind === 'scrape') {
      for (const failure of failures) printProblem(failure)
      return { url, counts: outcome.counts }
    }
    failures.push(`${url}: ${typeof outcome === 'string' ? outcome : describeTrackerFault(outcome)}`)
  }
  throw new CommandError(`no tracker answered: ${failures.join('; ')}`, 1)
}

function ask(request: ScrapeRequest): Promise<ScrapeOutcome> {
  return new Promise((resolve) => {
    if (request.kind === 'http') {
      nodeHttpClient().get(request, (_, outcome) => resolve(scrapeOutcome(outcome)))
      return
    }
    const clock = nodeClock()
    const look = () => {
      const outcome = carrier.takeOutcome()
      alarm.set(carrier.deadlineMs())
      if (outcome === null || outcome.kind === 'response') return
      carrier.close()
      alarm.set(null)
      resolve(outcome)
    }
    const carrier = new UdpCarrier({ datagrams: udpDatagrams({ clock }), random: nodeRandom(), touched: look })
    const alarm = clock.alarm((nowMs) => {
      carrier.handleDeadline(nowMs)
      look()
    })
    carrier.ask(clock.nowMs(), request)
    look()
  })
}

function countsAsText(counts: ScrapeCounts | undefined): string {
  if (counts === undefined) return 'not known there'
  const { complete, incomplete, downloaded, downloaders } = counts
  const said = [
    ['complete', complete],
    ['incomplete', incomplete],
    ['downloaded', downloaded],
    ['of the incomplete want more', downloaders],
  ] as const
  return said.flatMap(([what, count]) => (count === null ? [] : [`${count} ${what}`])).join(', ') || 'nothing said'
}
