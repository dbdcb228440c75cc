/**
 * One hunt: a schedule, from its start to its verdict. First the *safety* phase, with faults, in which nothing wrong may
 * happen; then the *liveness* phase, without, in which every download must come to its end; then everybody leaves, and
 * nothing may happen any more.
 */
import type { ClientEvent } from '../../client/ports/events.ts'
import { Fate } from './fate.ts'
import type { HuntedClient } from './hunted-client.ts'
import { ALL_INVARIANTS } from './invariants/all.ts'
import type { Schedule } from './schedule.ts'
import { Violation } from './violation.ts'
import { type Alter, HuntWorld } from './world.ts'

export interface Finding {
  /** Which invariant does not hold, by the name of its file. */
  readonly property: string
  readonly detail: string
  readonly atMs: number
}

export interface Outcome {
  /** Null: all is well. */
  readonly finding: Finding | null
  readonly events: number
  /** Virtual. */
  readonly tookMs: number
  /** From the end of the faults to the end of the last download, and what it may take; null: not so far. */
  readonly livenessMs: number | null
  readonly livenessMaxMs: number
  readonly trace: string
}

export interface RunOptions {
  readonly alter?: Alter
  readonly log?: (atMs: number, who: string, what: string) => void
  readonly observe?: (atMs: number, client: HuntedClient, event: ClientEvent) => void
}

/** What a client that leaves may take: 2 s for the tracker, a write, the state, and a clock that is slow. */
const LEAVING_MS = 60_000

export function runSchedule(schedule: Schedule, options: RunOptions = {}): Outcome {
  const world = new HuntWorld(schedule, {
    alter: options.alter ?? ((ports) => ports),
    log: options.log ?? (() => {}),
    observe: (atMs, client, event) => {
      world.simulation.trace.mixText(`${client.name} ${atMs} ${JSON.stringify(event)}`)
      options.observe?.(atMs, client, event)
    },
  })
  let livenessMs: number | null = null
  let finding: Finding | null = null
  try {
    livenessMs = play(world)
  } catch (error) {
    finding = findingOf(error, world)
  }
  const { eventCount, nowMs, trace } = world.simulation
  return {
    finding,
    events: eventCount,
    tookMs: nowMs,
    livenessMs,
    livenessMaxMs: livenessMaxMs(schedule),
    trace: trace.digest(),
  }
}

/** Gives how long the downloads took once the faults were over. */
function play(world: HuntWorld): number {
  const { simulation, schedule } = world
  const fate = new Fate(world)
  world.start(ALL_INVARIANTS.map((make) => make(world)))
  const run = (isOver: () => boolean, untilMs: number) =>
    simulation.run(() => {
      world.watch.settled(simulation.nowMs)
      return isOver()
    }, untilMs)
  run(() => false, schedule.safetyMs)
  world.log('fate', 'ends every fault')
  simulation.call(() => fate.end())
  const sinceMs = schedule.safetyMs
  const limitMs = sinceMs + livenessMaxMs(schedule)
  const isOver = () => world.clients.every(({ isDone }) => isDone)
  if (run(isOver, limitMs) !== 'done') {
    const late = world.clients.filter(({ isDone }) => !isDone).map(whereItIs)
    throw new Violation(
      'downloads-finish',
      `${Math.round(limitMs - sinceMs)} ms after the last fault: ${late.join('; ')}`,
    )
  }
  const livenessMs = Math.max(0, simulation.nowMs - sinceMs)
  world.log('fate', 'every download is at its end; all leave')
  for (const client of world.clients) client.quit(null)
  world.endPeers()
  run(() => false, simulation.nowMs + LEAVING_MS)
  world.watch.tell((invariant) => invariant.over?.(simulation.nowMs))
  return livenessMs
}

/**
 * A source that is not tried again for 4 min, being of no use before; the tracker's interval, and a wait after it failed;
 * TCP, which after a partition tries again within 2 min.
 */
const FIND_SOURCE_MS = 240_000 + 60_000 + 60_000 + 120_000
/** For each who may be before the source: 30 s in which it is of no use to a client with one place, and a turn of upload. */
const OTHER_MS = 60_000
/** Of a client with one place, for each address where nobody is; more of them while the tracker names them again. */
const DEAD_PEER_MS = 10_000
/** Peers that trickle, duplicates of the endgame, a pipeline of one: far from the best, and still a bound. */
const TIMES_SLOWER_THAN_ALONE = 10

/** Within this every download must be done once the faults are over: find the source, wait for its turn, get it all. */
function livenessMaxMs({ source, clients, peers, content, faults }: Schedule): number {
  const bytes = content.fileBytes.reduce((sum, length) => sum + Math.abs(length), 0)
  const rates = [source.link.upBytesPerSecond, ...clients.map(({ link }) => link.downBytesPerSecond)]
  const limits = clients.map(({ choices }) => choices.downLimitBytesPerSecond)
  const slowest = [...rates, ...limits].reduce<number>((least, rate) => Math.min(least, rate ?? least), 10_000_000)
  const aloneMs = (1_000 * bytes * clients.length) / slowest
  const deadPeers = Math.max(
    0,
    ...faults.map((fault) => (fault.kind === 'tracker' ? Number(fault.do.deadPeers ?? 0) : 0)),
  )
  const waitingMs = OTHER_MS * (clients.length + peers.length) + 2 * DEAD_PEER_MS * deadPeers
  return FIND_SOURCE_MS + waitingMs + TIMES_SLOWER_THAN_ALONE * aloneMs
}

function whereItIs({ name, life, isComplete }: HuntedClient): string {
  if (life === null) return `${name} is not running`
  const { phase, piecesComplete, pieceCount, peers, isPaused } = life.manager.status(life.nowMs)
  const connected = peers.map((peer) => `${peer.name} ${peer.state}`).join(', ')
  const paused = isPaused ? ', paused' : ''
  return `${name} ${phase}${paused} ${isComplete ? 'complete' : ''} has ${piecesComplete} of ${pieceCount}, peers: ${connected}`
}

const STACK_LINES = 6

function findingOf(error: unknown, { simulation: { nowMs } }: HuntWorld): Finding {
  if (error instanceof Violation) return { property: error.property, detail: error.message, atMs: nowMs }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const detail = text.split('\n', STACK_LINES).join(' | ')
  return { property: 'no-exception', detail, atMs: nowMs }
}
