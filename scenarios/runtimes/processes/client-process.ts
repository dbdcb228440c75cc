/** The process of a client: lives by its order, watches itself, reports, and ends with its parent, or dies by its plan. */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { serialize } from 'node:v8'
import type { PieceIndex } from '../../../client/metainfo/geometry.ts'
import { type Download, openDownload } from '../../../client/node/download.ts'
import { torrentFromBytes } from '../../../client/node/read-torrent.ts'
import type { ClientEvent } from '../../../client/ports/events.ts'
import { Collector } from '../../engine/collector.ts'
import { clientsOf, type SwarmPlan } from '../../engine/swarm-plan.ts'
import { ClientLedger } from '../client-ledger.ts'
import { Directory } from '../directory.ts'
import { choicesOf } from '../plan-choices.ts'
import { goAheadOfOthers, waitedForCoreSeconds } from './core-share.ts'
import type { ClientOrder, ClientReport } from './messages.ts'
import { notListening } from './not-listening.ts'
import { behindOwnLink } from './own-link.ts'
import { fromParent, toParent } from './parent.ts'
import { localMs, sharedMs } from './shared-clock.ts'

const REPORT_EVERY_MS = 500
const REPORT_STORED_EVERY_MS = 100
/** It opens its port so long before it arrives. */
const OPEN_AHEAD_MS = 200

type StartOrder = ClientOrder & { type: 'start' }

/** Aborted: there is nothing to wait for any more. */
const stopping = new AbortController()
let download: Download | null = null

goAheadOfOthers()
// Ctrl-C reaches every process of a terminal; the parent decides.
process.on('SIGINT', () => {})
fromParent<ClientOrder>((order) => {
  obey(order).catch((error: unknown) => {
    report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  })
})
report({ type: 'waiting' })

async function obey(order: ClientOrder): Promise<void> {
  if (order.type === 'start') return run(order)
  stopping.abort()
  await download?.stop()
}

async function run(order: StartOrder): Promise<void> {
  const { plan, startMs } = order
  const arrivesMs = order.collected === null ? startMs + clientsOf(plan)[order.client]!.arrivesMs : sharedMs()
  const watch = new SelfWatch(order)
  await waitUntil(arrivesMs - OPEN_AHEAD_MS)
  const cpuBefore = process.cpuUsage()
  const waitedBefore = waitedForCoreSeconds()
  const startedMs = performance.now()
  const failure = stopping.signal.aborted ? null : await live(order, arrivesMs, watch)
  const { user, system } = process.cpuUsage(cpuBefore)
  const endedMs = sharedMs()
  report({
    type: 'ended',
    observations: watch.collector.observations(endedMs),
    page: watch.ledger.page(endedMs),
    failure,
    waitedShare: ((waitedForCoreSeconds() - waitedBefore) * 1000) / (performance.now() - startedMs),
    costs: { cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 },
  })
}

/** From its arrival to its leaving; gives why it failed. */
async function live(order: StartOrder, arrivesMs: number, watch: SelfWatch): Promise<string | null> {
  const { plan, site, startMs, client, torrent, outDir } = order
  const { link, isReachable, leavesMs, seedsMs, isSeed } = clientsOf(plan)[client]!
  const running = await openDownload(
    {
      ...choicesOf(clientsOf(plan)[client]!),
      source: { kind: 'torrent', torrent: torrentFromBytes(torrent, 'the plan').torrent },
      rootDir: outDir,
      host: site.clientHosts[client]!,
      port: 0,
      tapped: (transport, clock) => {
        const reached = isReachable ? transport : notListening(transport)
        return site.clientsShapeThemselves ? behindOwnLink(reached, clock, link, localMs(startMs)) : reached
      },
    },
    watch,
  )
  const left = () => {
    watch.leave()
    void running.stop()
  }
  const timers = [setInterval(() => reportProgress(running), REPORT_EVERY_MS)]
  const after = (atMs: number, action: () => void) => timers.push(setTimeout(action, msUntil(atMs)))
  await waitUntil(arrivesMs)
  if (stopping.signal.aborted) return null
  download = running
  watch.arrive()
  running.start()
  after(startMs + limitMs(plan), () => running.stop())
  if (leavesMs !== null) after(startMs + leavesMs, left)
  if (isSeed && seedsMs !== null) after(arrivesMs + seedsMs, left)
  watch.onCompleted = () => {
    // Who does not stay ends by itself.
    if (seedsMs === 0) watch.leave()
    else if (!isSeed && seedsMs !== null) after(sharedMs() + seedsMs, left)
  }
  const outcome = await running.finished
  for (const timer of timers) clearTimeout(timer)
  watch.tellStored()
  if (outcome.kind === 'failed') return `storage: ${outcome.fault.detail}`
  return outcome.kind === 'complete' || watch.hasLeft || isFreeToStop(plan) ? null : lateness(plan)
}

/** What happens to the client, on the shared clock, as it is told to collector, ledger and parent. */
class SelfWatch {
  readonly collector: Collector
  readonly ledger: ClientLedger
  onCompleted: () => void = () => {}
  hasLeft = false
  readonly #order: StartOrder
  #stored: PieceIndex[] = []
  #toldMs = 0

  constructor(order: StartOrder) {
    const { plan, site, client, peers, collected } = order
    const directory = new Directory(plan, peers, site.areClientsApart, site.clientHosts)
    const labelOf = (address: string) => directory.labelOf(address)
    this.#order = order
    this.collector = new Collector(labelOf, plan.window, ...(collected === null ? [] : [collected]))
    this.ledger = new ClientLedger(clientsOf(plan), client, directory)
  }

  arrive(): void {
    const { collected, startMs, plan } = this.#order
    // Who starts again after a crash has been here before.
    this.ledger.arrived(collected === null ? sharedMs() : startMs + plan.client.arrivesMs)
    report({ type: 'arrived' })
  }

  leave(): void {
    if (this.hasLeft) return
    this.hasLeft = true
    this.ledger.left(sharedMs())
    report({ type: 'left' })
  }

  emit(nowMs: number, event: ClientEvent): void {
    const atMs = sharedMs(nowMs)
    const { plan, client, crashFile } = this.#order
    this.ledger.emit(atMs, event)
    // Of the others nobody asks for a history.
    if (client === 0) this.collector.emit(atMs, event)
    if (event.type === 'piece-stored' && plan.sampleEveryMs !== null) this.#store(atMs, event.piece as PieceIndex)
    if (event.type === 'completed') {
      report({ type: 'completed', atMs })
      this.onCompleted()
    }
    if (crashFile === null || plan.crash === null) return
    if (this.collector.collected.usefulBytes >= plan.crash.atBytes) die(this.collector, crashFile)
  }

  tellStored(): void {
    if (this.#stored.length > 0) report({ type: 'stored', pieces: this.#stored })
    this.#stored = []
  }

  #store(atMs: number, piece: PieceIndex): void {
    this.#stored.push(piece)
    if (atMs - this.#toldMs < REPORT_STORED_EVERY_MS) return
    this.#toldMs = atMs
    this.tellStored()
  }
}

/** Whole, so that a timer is never early. */
function msUntil(atMs: number): number {
  return Math.max(0, Math.ceil(atMs - sharedMs()))
}

async function waitUntil(atMs: number): Promise<void> {
  const { signal } = stopping
  await sleep(msUntil(atMs), undefined, { signal }).catch(() => {})
}

/** By `kill -9`, here and now: nothing runs after it. */
function die(collector: Collector, crashFile: string): void {
  collector.crashed(sharedMs())
  writeFileSync(crashFile, serialize(collector.collected))
  process.kill(process.pid, 'SIGKILL')
}

/** From the start of the clients. */
function limitMs({ window, endMs, timeLimitMs }: SwarmPlan): number {
  return endMs ?? (window === null ? timeLimitMs : window.warmupMs + window.measuredMs)
}

/** Without being complete. */
function isFreeToStop({ window, endMs }: SwarmPlan): boolean {
  return window !== null || endMs !== null
}

function lateness({ timeLimitMs }: SwarmPlan): string {
  return `not complete after ${timeLimitMs / 1000} s`
}

function reportProgress(running: Download): void {
  const { completeBytes, totalBytes, downRateBytesPerSecond, connectedPeers } = running.status()
  const share = totalBytes === 0 ? 1 : completeBytes / totalBytes
  report({ type: 'progress', progress: { share, downRateBytesPerSecond, connectedPeers } })
}

function report(message: ClientReport): void {
  toParent(message)
}
