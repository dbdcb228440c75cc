/** CPU time, memory and bytes of the containers of a cell, as Docker counts them, from a moment on. */
import type { StageAccount } from '../processes/run-on-stage.ts'
import type { Engine } from './engine.ts'

const SAMPLE_EVERY_MS = 250
const NS_PER_SECOND = 1e9

export interface Accounted {
  readonly id: string
  /** `client`, `rig`, `peer3`: begins the names of its figures. */
  readonly role: string
}

interface Reading {
  readonly cpuNs: number
  /** Without what the kernel keeps of files for it, and with. */
  readonly memoryBytes: number
  readonly memoryPeakBytes: number
  readonly receivedBytes: number
  readonly sentBytes: number
}

/** `client` is the client under test. Its memory is looked at four times a second, that of the others at the end. */
export function accountOf(engine: Engine, all: readonly Accounted[], clientRoles: readonly string[]): StageAccount {
  const books = all.map((each) => new Book(engine, each))
  const clients = books.filter(({ role }) => clientRoles.includes(role))
  let timer: NodeJS.Timeout | null = null
  let isReading = false
  return {
    start: async () => {
      await Promise.all(books.map((book) => book.open()))
      timer = setInterval(() => {
        if (isReading) return
        isReading = true
        void Promise.all(clients.map((book) => book.look())).finally(() => {
          isReading = false
        })
      }, SAMPLE_EVERY_MS)
    },
    stop: () => {
      if (timer !== null) clearInterval(timer)
    },
    read: async () => {
      await Promise.all(books.map((book) => book.look()))
      const further = Object.assign({}, ...books.map((book) => book.figures()))
      const cpuSeconds = clients.reduce((sum, book) => sum + book.cpuSeconds, 0)
      return { client: { cpuSeconds, peakRssBytes: Math.max(...clients.map((book) => book.peakBytes)) }, further }
    },
  }
}

class Book {
  readonly role: string
  readonly #container: ReturnType<Engine['container']['getById']>
  #first: Reading | null = null
  #last: Reading | null = null
  peakBytes = 0

  constructor(engine: Engine, { id, role }: Accounted) {
    this.role = role
    this.#container = engine.container.getById(id)
  }

  get cpuSeconds(): number {
    return this.#difference(({ cpuNs }) => cpuNs) / NS_PER_SECOND
  }

  async open(): Promise<void> {
    await this.look()
    this.#first = this.#last
  }

  /** A client that was killed is known as it was last seen. */
  async look(): Promise<void> {
    try {
      const reading = readingOf((await this.#container.stats({ stream: false, 'one-shot': true })) as Stats)
      if (reading === null) return
      this.#last = reading
      this.peakBytes = Math.max(this.peakBytes, reading.memoryBytes)
    } catch (error) {
      const { statusCode } = error as { statusCode?: number }
      if (statusCode !== 404 && statusCode !== 409) throw error
    }
  }

  figures(): Record<string, number> {
    return {
      [`${this.role}CpuSeconds`]: this.cpuSeconds,
      // With the cache of files that the kernel keeps for it, where Docker tells (cgroup 1).
      ...(this.#last?.memoryPeakBytes ? { [`${this.role}PeakMemoryBytes`]: this.#last.memoryPeakBytes } : {}),
      [`${this.role}ReceivedBytes`]: this.#difference(({ receivedBytes }) => receivedBytes),
      [`${this.role}SentBytes`]: this.#difference(({ sentBytes }) => sentBytes),
    }
  }

  #difference(of: (reading: Reading) => number): number {
    return this.#first === null || this.#last === null ? 0 : of(this.#last) - of(this.#first)
  }
}

/** What is read of Docker's answer. */
interface Stats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } }
  /** Left out of a container that is not running. */
  readonly memory_stats?: {
    readonly usage?: number
    readonly max_usage?: number
    readonly stats?: { readonly rss?: number; readonly anon?: number }
  }
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>>
}

/** Null: it is not running any more. */
function readingOf({ cpu_stats, memory_stats, networks }: Stats): Reading | null {
  if (memory_stats?.usage === undefined) return null
  const { rss, anon } = memory_stats.stats ?? {}
  const cards = Object.values(networks ?? {})
  return {
    cpuNs: cpu_stats.cpu_usage.total_usage,
    // cgroup 1, or 2.
    memoryBytes: rss ?? anon ?? memory_stats.usage,
    memoryPeakBytes: memory_stats.max_usage ?? 0,
    receivedBytes: cards.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    sentBytes: cards.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
  }
}
