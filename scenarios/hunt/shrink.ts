/**
 * A schedule that fails, made smaller while it fails in the same way: fewer faults, clients, peers, pieces; shorter;
 * plainer. Greedy: the first candidate that still fails is taken, and all begins anew, until none does or the runs are
 * used up. Every candidate is data (./schedule.ts), so what is left is a regression by itself.
 */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import type { ClientSchedule, Fault, Schedule } from './schedule.ts'

/** `fails`: in the same way as the one that was found. */
export function shrink(found: Schedule, fails: (candidate: Schedule) => boolean, runsMax: number): Schedule {
  let best = found
  let runs = 0
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false
    for (const candidate of candidates(best)) {
      if (runs++ >= runsMax) return best
      if (!fails(candidate)) continue
      best = candidate
      hasShrunk = true
      break
    }
  }
  return best
}

/** Smaller or plainer than this one, the most promising first. */
function* candidates(schedule: Schedule): Generator<Schedule> {
  yield* fewerFaults(schedule)
  yield* fewerPeers(schedule)
  yield* fewerClients(schedule)
  yield* fewerWebSeeds(schedule)
  yield* smallerContent(schedule)
  yield* shorter(schedule)
  yield* plainerScripts(schedule)
  yield* plainerClients(schedule)
  yield* plainerSource(schedule)
  yield* shorterFaults(schedule)
}

function* fewerFaults(schedule: Schedule): Generator<Schedule> {
  const { faults } = schedule
  if (faults.length > 1) {
    const half = Math.ceil(faults.length / 2)
    yield { ...schedule, faults: [] }
    yield { ...schedule, faults: faults.slice(half) }
    yield { ...schedule, faults: faults.slice(0, half) }
  }
  for (const fault of faults) yield { ...schedule, faults: faults.filter((each) => each !== fault) }
}

function* fewerPeers(schedule: Schedule): Generator<Schedule> {
  if (schedule.peers.length > 1) yield without(schedule, ...schedule.peers.map(({ name }) => name))
  for (const { name } of schedule.peers) yield without(schedule, name)
}

function* fewerWebSeeds(schedule: Schedule): Generator<Schedule> {
  for (const seed of schedule.webSeeds) {
    yield { ...schedule, webSeeds: schedule.webSeeds.filter((each) => each !== seed) }
  }
  for (const [index, seed] of schedule.webSeeds.entries()) {
    if (seed.fault !== null) yield { ...schedule, webSeeds: schedule.webSeeds.with(index, { ...seed, fault: null }) }
  }
}

function* fewerClients(schedule: Schedule): Generator<Schedule> {
  if (schedule.clients.length === 1) return
  const names = schedule.clients.map(({ name }) => name)
  if (names.length > 2) for (const kept of names) yield without(schedule, ...names.filter((name) => name !== kept))
  for (const name of names) yield without(schedule, name)
}

/** And whatever names them. */
function without(schedule: Schedule, ...names: readonly string[]): Schedule {
  const isLeft = (name: string) => !names.includes(name)
  const clients = schedule.clients.filter(({ name }) => isLeft(name))
  return {
    ...schedule,
    clients: clients.map((client) => ({ ...client, knows: client.knows.filter(isLeft) })),
    peers: schedule.peers.filter(({ name }) => isLeft(name)),
    faults: schedule.faults.flatMap((fault) => faultWithout(fault, isLeft)),
  }
}

function faultWithout(fault: Fault, isLeft: (name: string) => boolean): Fault[] {
  switch (fault.kind) {
    case 'partition':
      return [{ ...fault, group: fault.group.filter(isLeft) }]
    case 'clog':
      return isLeft(fault.host) ? [fault] : []
    case 'reset':
      return isLeft(fault.from) && isLeft(fault.to) ? [fault] : []
    case 'tracker':
      return [fault]
    default:
      return isLeft(fault.client) ? [fault] : []
  }
}

function* smallerContent(schedule: Schedule): Generator<Schedule> {
  const { fileBytes, pieceLengthBytes } = schedule.content
  const totalBytes = fileBytes.reduce((sum, length) => sum + Math.abs(length), 0)
  const withContent = (content: Schedule['content']) => ({
    ...schedule,
    content,
    clients: schedule.clients.map((client) => withChoices(client, { files: null })),
  })
  if (fileBytes.length > 1) yield withContent({ pieceLengthBytes, fileBytes: [totalBytes] })
  for (const bytes of [1, Math.ceil(totalBytes / 4), Math.ceil(totalBytes / 2), totalBytes - BLOCK_BYTES]) {
    if (bytes > 0 && bytes < totalBytes) yield withContent({ pieceLengthBytes, fileBytes: [bytes] })
  }
  if (pieceLengthBytes !== BLOCK_BYTES) yield withContent({ pieceLengthBytes: BLOCK_BYTES, fileBytes })
}

function* shorter(schedule: Schedule): Generator<Schedule> {
  const lastMs = schedule.faults.reduce((last, { atMs }) => Math.max(last, atMs + 1), 0)
  if (lastMs < schedule.safetyMs) yield { ...schedule, safetyMs: lastMs }
  const halfMs = Math.ceil(schedule.safetyMs / 2)
  if (halfMs > lastMs && halfMs < schedule.safetyMs) yield { ...schedule, safetyMs: halfMs }
}

function* plainerScripts(schedule: Schedule): Generator<Schedule> {
  for (const [index, peer] of schedule.peers.entries()) {
    const replaced = (change: Partial<typeof peer>) => ({
      ...schedule,
      peers: schedule.peers.with(index, { ...peer, ...change }),
    })
    for (const step of peer.script) yield replaced({ script: peer.script.filter((each) => each !== step) })
    const link = plainLink(peer.link)
    if (link !== null) yield replaced({ link })
  }
}

const PLAIN_CHOICES: Partial<ClientSchedule['choices']> = {
  pipelineDepth: 'auto',
  picker: 'rarest-first',
  peersMax: 50,
  useTrackers: true,
  usePex: true,
  uploadSlots: 4,
  fastResume: false,
  seeds: true,
  seedOnly: false,
  files: null,
  downLimitBytesPerSecond: null,
  upLimitBytesPerSecond: null,
}
const PLAIN_CLIENT: Partial<ClientSchedule> = {
  arrivesMs: 0,
  hasAll: false,
  fromMagnet: false,
  isReachable: true,
  writeMs: 0,
  restartMs: 1_000,
}

function* plainerClients(schedule: Schedule): Generator<Schedule> {
  for (const [index, client] of schedule.clients.entries()) {
    const replaced = (changed: ClientSchedule) => ({ ...schedule, clients: schedule.clients.with(index, changed) })
    for (const change of plainer(client, PLAIN_CLIENT)) yield replaced({ ...client, ...change })
    for (const change of plainer(client.choices, PLAIN_CHOICES)) yield replaced(withChoices(client, change))
    for (const name of client.knows) yield replaced({ ...client, knows: client.knows.filter((each) => each !== name) })
    const link = plainLink(client.link)
    if (link !== null) yield replaced({ ...client, link })
  }
}

/** One field after the other as it is in `plain`, where it is not. */
function* plainer<Whole extends object>(whole: Whole, plain: Partial<Whole>): Generator<Partial<Whole>> {
  for (const key of Object.keys(plain) as (keyof Whole)[]) {
    if (whole[key] !== plain[key]) yield { [key]: plain[key] } as Partial<Whole>
  }
}

function withChoices(client: ClientSchedule, change: Partial<ClientSchedule['choices']>): ClientSchedule {
  return { ...client, choices: { ...client.choices, ...change } }
}

function plainLink(link: ClientSchedule['link']): ClientSchedule['link'] | null {
  const plain = { ...link, downBytesPerSecond: null, jitterMs: 0, lossRate: 0 }
  return JSON.stringify(plain) === JSON.stringify(link) ? null : plain
}

function* plainerSource(schedule: Schedule): Generator<Schedule> {
  const { source } = schedule
  for (const change of plainer(source, { as: 'peer', knownBy: 'user', leaves: false, uploadSlots: 4 })) {
    yield { ...schedule, source: { ...source, ...change } }
  }
  const link = plainLink(source.link)
  if (link !== null) yield { ...schedule, source: { ...source, link } }
}

function* shorterFaults(schedule: Schedule): Generator<Schedule> {
  for (const [index, fault] of schedule.faults.entries()) {
    for (const field of ['forMs', 'downMs', 'atMs', 'byMs'] as const) {
      const value = (fault as Partial<Record<typeof field, number>>)[field]
      if (value === undefined || value <= 1) continue
      const changed = { ...fault, [field]: Math.floor(value / 2) } as Fault
      yield { ...schedule, faults: schedule.faults.with(index, changed) }
    }
  }
}
