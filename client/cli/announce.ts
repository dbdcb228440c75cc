/**
 * `announce FILE.torrent`: asks a torrent's trackers once, and prints what the first that answers says.
 *
 * The announce is a `started`, since some trackers answer nothing else, and a `stopped` follows at once: no peer is left
 * with an address where nobody listens.
 */
import { printable } from '../metainfo/printable.ts'
import { nodeClock } from '../node/clock.ts'
import { defineCommand } from '../node/command.ts'
import { CommandError, usageError } from '../node/command-error.ts'
import { nodeHttpClient } from '../node/http.ts'
import { userPath } from '../node/npm-run.ts'
import { printEvent, printLine, printProblem } from '../node/output.ts'
import { nodeRandom } from '../node/random.ts'
import { readTorrentFile } from '../node/read-torrent.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpOutcome, HttpRequest } from '../ports/http.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { makeAnnounceKey } from '../tracker/announce-request.ts'
import { TrackerClient, type TrackerClientEvent } from '../tracker/tracker-client.ts'
import { makePeerId } from '../wire/peer-id.ts'

/** Nobody listens there; it is what a download would say. */
const PORT = 6881

export const announceCommand = defineCommand({
  name: 'announce',
  summary: 'Ask the trackers of a .torrent once, and print interval and peers',
  positionals: { torrent: { describe: 'A .torrent file', demandOption: true } },
  options: { json: { boolean: true, default: false, describe: 'Print one JSON object' } },
  async run({ torrent: file, json }) {
    const path = userPath(file)
    const { infohashV1: infohash, trackers, geometry } = await readTorrentFile(path)
    if (infohash === null) throw usageError(`${path}: a v2-only torrent, which this client does not announce`)
    if (trackers.length === 0) throw usageError(`${path}: names no tracker`)
    const random = nodeRandom()
    const key = makeAnnounceKey(random)
    const client = new TrackerClient({
      tiers: trackers,
      identity: { infohash, peerId: makePeerId(random), port: PORT, key },
      totals: () => ({ uploadedBytes: 0, downloadedBytes: 0, leftBytes: geometry.totalBytes }),
      random,
    })
    const clock = nodeClock()
    client.start(clock.nowMs())
    const answer = answerIn(await exchange(client, clock))
    if (json) printEvent({ event: 'announced', ...answer })
    else printLine(answerAsText(answer))
    client.stop(clock.nowMs())
    await exchange(client, clock)
  },
})

interface Answer {
  readonly url: string
  readonly intervalSeconds: number
  readonly warning: string | null
  readonly peers: readonly string[]
}

/** Until there is nothing left to ask now. */
async function exchange(client: TrackerClient, clock: Clock): Promise<TrackerClientEvent[]> {
  for (let request = client.nextRequest(); request !== null; request = client.nextRequest()) {
    const { id, ...get } = request
    client.answered(clock.nowMs(), id, await outcomeOf(get))
  }
  const events: TrackerClientEvent[] = []
  for (let event = client.nextEvent(); event !== null; event = client.nextEvent()) events.push(event)
  return events
}

function outcomeOf(request: HttpRequest): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    nodeHttpClient().get(request, (_nowMs, outcome) => resolve(outcome))
  })
}

/** Trackers that failed before another answered are warned of; when none answered, that is one line. */
function answerIn(events: readonly TrackerClientEvent[]): Answer {
  const failures = events.flatMap((event) =>
    event.type === 'announce-failed' ? [`${event.url}: ${event.reason}`] : [],
  )
  const announced = events.find((event) => event.type === 'announced')
  if (announced === undefined) throw new CommandError(`no tracker answered: ${failures.join('; ')}`, 1)
  for (const failure of failures) printProblem(failure)
  const { url, intervalSeconds, warning } = announced
  const found = events.flatMap((event): readonly PeerAddress[] => (event.type === 'peers-found' ? event.peers : []))
  return { url, intervalSeconds, warning, peers: found.map(formatAddress) }
}

function answerAsText({ url, intervalSeconds, warning, peers }: Answer): string {
  const count = peers.length === 1 ? '1 peer' : `${peers.length} peers`
  return [
    `${printable(url)}: ${count}, next announce in ${intervalSeconds} s`,
    ...(warning === null ? [] : [`the tracker warns: ${warning}`]),
    ...peers.map((peer) => `  ${peer}`),
  ].join('\n')
}
