/** One case from its first file to the end of its last program, within a time limit. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PeerAddress } from '../../client/ports/transport.ts'
import { type Content, type Hashes, hashesBelow, magnetOf, makeContent, writePadding } from './contents.testing.ts'
import { FOREIGN_CLIENTS, type ForeignClient } from './foreign-clients.testing.ts'
import type { Case } from './matrix.testing.ts'
import { type OurClient, sourceOf, startOurClient } from './our-client.testing.ts'
import { freePort, type Program } from './programs.testing.ts'
import { announceUrl, peerIsKnown, startOpentracker } from './trackers.testing.ts'

/** Most take one or two seconds; the machine may be busy. */
const CASE_MS_MAX = 50_000
/** Of what each of them said, from its start and from its end. */
const SAID_CHARACTERS = 4_000

/** What was to come, and what came. */
export interface CaseOutcome {
  readonly expected: Hashes
  readonly found: Hashes
}

export interface CaseOptions {
  /** No two cases may have the same. */
  readonly seed: number
  readonly ourTrackerPort: number
}

/** Rejects, with what everybody said, when a leecher does not get to its end. */
export async function runCase(one: Case, options: CaseOptions): Promise<CaseOutcome> {
  const stage = new Stage(one, options, await mkdtemp(join(tmpdir(), 'swarmlab-interop-')))
  const limit = new AbortController()
  const over = sleep(CASE_MS_MAX, null, { signal: limit.signal }).then(() => {
    throw new Error(`not done after ${CASE_MS_MAX} ms`)
  })
  try {
    return await Promise.race([stage.run(limit.signal), over])
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${stage.report()}`, { cause: error })
  } finally {
    over.catch(() => {})
    limit.abort()
    await stage.end()
  }
}

interface Actor {
  readonly name: string
  readonly output: () => string
  end(): Promise<unknown>
}

class Stage {
  readonly #case: Case
  readonly #options: CaseOptions
  readonly #folder: string
  readonly #foreign: ForeignClient
  readonly #actors: Actor[] = []
  #isOver = false

  constructor(one: Case, options: CaseOptions, folder: string) {
    this.#case = one
    this.#options = options
    this.#folder = folder
    this.#foreign = FOREIGN_CLIENTS[one.client]
  }

  async run(signal: AbortSignal): Promise<CaseOutcome> {
    const { content: kind, direction, way } = this.#case
    const trackerPort = way.startsWith('our') ? this.#options.ourTrackerPort : await freePort()
    const trackerUrl = way === 'x.pe' ? null : announceUrl(trackerPort, way.endsWith('udp') ? 'udp' : 'http')
    const content = await makeContent(kind, { seed: this.#options.seed, folder: this.#below('seed'), trackerUrl })
    if (way.startsWith('opentracker')) await this.#startOpentracker(trackerPort, content)
    const seed = direction === 'from ours' ? await this.#seedOurs(content) : await this.#seedForeign(content)
    if (way !== 'x.pe') await peerIsKnown(trackerPort, content.torrent.infohashV1!, signal)
    const source = kind === 'magnet' ? magnetOf(content, way === 'x.pe' ? [seed] : []) : content.torrentPath
    const folder = this.#below('leecher')
    await mkdir(folder)
    if (direction === 'from ours') await this.#downloadForeign(source, folder)
    else await this.#downloadOurs(source, folder)
    return { expected: content.hashes, found: await hashesBelow(folder) }
  }

  report(): string {
    return this.#actors.map(({ name, output }) => `--- ${name}:\n${shortened(output().trim())}`).join('\n')
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#actors.map((actor) => actor.end()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  #below(name: string): string {
    return join(this.#folder, name)
  }

  async #startOpentracker(port: number, { torrent }: Content): Promise<void> {
    // Of a hybrid torrent clients announce the v2 infohash too, cut to the length of the other (BEP 52).
    const infohashes = [torrent.infohashV1!, ...(torrent.infohashV2 === null ? [] : [torrent.infohashV2.slice(0, 40)])]
    this.#runs('opentracker', await startOpentracker(port, infohashes, this.#below('opentracker')))
  }

  async #seedOurs({ torrent, folder }: Content): Promise<PeerAddress> {
    const client = await startOurClient({ kind: 'torrent', torrent }, { rootDir: folder, seeds: true, seedOnly: true })
    this.#ourRuns('our seed', client)
    return client.download.local
  }

  async #seedForeign(content: Content): Promise<PeerAddress> {
    if (this.#foreign.readsPadding) await writePadding(content)
    const port = await freePort()
    const { torrentPath: source, folder } = content
    const program = this.#foreign.seed({ source, folder, port })
    this.#runs('their seed', program)
    await program.ready
    return { host: this.#foreign.host, port }
  }

  async #downloadForeign(source: string, folder: string): Promise<void> {
    const program = this.#foreign.download({ source, folder, port: await freePort() })
    this.#runs('their leecher', program)
    const exitCode = await program.ended
    if (exitCode !== 0) throw new Error(`${this.#case.client} ended with ${exitCode}`)
  }

  async #downloadOurs(source: string, rootDir: string): Promise<void> {
    const client = await startOurClient(await sourceOf(source), { rootDir })
    this.#ourRuns('our leecher', client)
    const outcome = await client.download.finished
    if (outcome.kind !== 'complete') throw new Error(`our client ended with ${JSON.stringify(outcome)}`)
  }

  #runs(name: string, { output, end }: Program): void {
    this.#acts({ name, output, end })
  }

  #ourRuns(name: string, { output, download }: OurClient): void {
    this.#acts({ name, output, end: () => download.stop() })
  }

  #acts(actor: Actor): void {
    this.#actors.push(actor)
    // The time limit struck while it was being started.
    if (this.#isOver) actor.end().catch(() => {})
  }
}

function shortened(said: string): string {
  if (said.length <= 2 * SAID_CHARACTERS) return said
  return `${said.slice(0, SAID_CHARACTERS)}\n…\n${said.slice(-SAID_CHARACTERS)}`
}
