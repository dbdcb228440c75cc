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
import { udpDatagrams } from '../node/udp.ts'
import type { Alarm, Clock } from '../ports/clock.ts'
import type { TrackerEvent } from '../ports/events.ts'
import { formatAddress, type PeerAddress } from '../ports/transport.ts'
import { makeAnnounceKey } from '../tracker/announce-request.ts'
import { Announcer } from '../tracker/announcer.ts'
import { TrackerClient } from '../tracker/tracker-client.ts'
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
    const run = new Run(client, clock)
    client.start(clock.nowMs())
    const answer = answerIn(await run.settled())
    if (json) printEvent({ event: 'announced', ...answer })
    else printLine(answerAsText(answer))
    client.stop(clock.nowMs())
    await run.settled()
  },
})

interface Answer {
  readonly url: string
  readonly intervalSeconds: number
  readonly warning: string | null
  readonly peers: readonly string[]
}

interface Told {
  readonly events: TrackerEvent[]
  readonly peers: PeerAddress[]
}

/** The announcer of one client, on real sockets. */
class Run {
  readonly #announcer: Announcer
  readonly #clock: Clock
  readonly #alarm: Alarm
  #told: Told = { events: [], peers: [] }
  #done: (told: Told) => void = () => {}

  constructor(client: TrackerClient, clock: Clock) {
    this.#clock = clock
    this.#announcer = new Announcer(
      client,
      { http: nodeHttpClient(), datagrams: udpDatagrams({ clock }) },
      {
        announcerTouched: (nowMs) => this.#pump(nowMs),
        peersFound: (peers) => this.#told.peers.push(...peers),
        trackerEvent: (_, event) => this.#told.events.push(event),
      },
    )
    this.#alarm = clock.alarm((nowMs) => {
      this.#announcer.handleDeadline(nowMs)
      this.#pump(nowMs)
    })
  }

  /** Until there is nothing left to ask now: what was told until then. */
  settled(): Promise<Told> {
    return new Promise((resolve) => {
      this.#done = resolve
      this.#pump(this.#clock.nowMs())
    })
  }

  #pump(nowMs: number): void {
    this.#announcer.pump(nowMs)
    this.#alarm.set(this.#announcer.isBusy ? this.#announcer.deadlineMs() : null)
    if (this.#announcer.isBusy) return
    const told = this.#told
    this.#told = { events: [], peers: [] }
    this.#done(told)
  }
}

/** Trackers that failed before another answered are warned of; when none answered, that is one line. */
function answerIn({ events, peers }: Told): Answer {
  const failures = events.flatMap((event) =>
    event.type === 'announce-failed' ? [`${event.url}: ${event.reason}`] : [],
  )
  const announced = events.find((event) => event.type === 'announced')
  if (announced === undefined) throw new CommandError(`no tracker answered: ${failures.join('; ')}`, 1)
  for (const failure of failures) printProblem(failure)
  const { url, intervalSeconds, warning } = announced
  return { url, intervalSeconds, warning, peers: peers.map(formatAddress) }
}

function answerAsText({ url, intervalSeconds, warning, peers }: Answer): string {
  const count = peers.length === 1 ? '1 peer' : `${peers.length} peers`
  return [
    `${printable(url)}: ${count}, next announce in ${intervalSeconds} s`,
    ...(warning === null ? [] : [`the tracker warns: ${warning}`]),
    ...peers.map((peer) => `  ${peer}`),
  ].join('\n')
}
