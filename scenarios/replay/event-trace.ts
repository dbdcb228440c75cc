/**
 * The exact trace of a run in virtual time: one line for every event of every client of ours, in the order in which they
 * happened. Same run, same bytes.
 *
 *     # swarmlab trace of all clients: multi-peer-drop, seed 1, …
 *     0.020000000 client  block-received  peer=peer-1 piece=12 offsetBytes=16384 lengthBytes=16384 wasted=false
 *
 * Seconds of virtual time with nanoseconds, who, what, and the fields of the event; a peer is called by its name where it
 * is one of the swarm. Lines that begin with # are not part of what happened.
 */
import { printable } from '../../client/metainfo/printable.ts'
import { type AppendFile, openAppendFile } from '../../client/node/append-file.ts'
import type { ClientEvent } from '../../client/ports/events.ts'
import { clientsOf, type SwarmPlan } from '../engine/swarm-plan.ts'
import { Directory } from '../runtimes/directory.ts'

/** Who is who in a run: client 0 is `client`, the others have the name of their group and their place in it. */
export class Names {
  readonly clients: readonly string[]
  readonly #directory: Directory

  constructor(plan: SwarmPlan) {
    const counts = new Map<string, number>()
    this.clients = clientsOf(plan).map(({ group }, index) => {
      if (index === 0) return UNDER_TEST
      const place = (counts.get(group) ?? 0) + 1
      counts.set(group, place)
      return `${group}-${place}`
    })
    this.#directory = new Directory(plan)
  }

  ofPeer(address: string): string {
    const client = this.#directory.clientAt(address)
    return client === null ? this.#directory.labelOf(address).replaceAll(' ', '-') : this.clients[client]!
  }

  /** By name or by index; null: there is none. */
  clientNamed(text: string): number | null {
    const index = /^\d+$/.test(text) ? Number(text) : this.clients.indexOf(text)
    return index >= 0 && index < this.clients.length ? index : null
  }
}

export interface EventTrace {
  readonly observe: (nowMs: number, client: number, event: ClientEvent) => void
  close(): void
}

export interface TraceSetting {
  readonly path: string
  /** What problems begin with: the option that named the file. */
  readonly option: string
  readonly names: Names
  /** Null: of all. */
  readonly only: number | null
  /** What ran, for the first line. */
  readonly title: string
  readonly failed: (problem: string) => void
}

/** Throws a usage error when the file cannot be opened; what was in it is gone. */
export function openEventTrace({ path, option, names, only, title, failed }: TraceSetting): EventTrace {
  const file: AppendFile = openAppendFile(path, { option, failed })
  const whom = only === null ? 'all clients' : names.clients[only]!
  const width = Math.max(...names.clients.map((name) => name.length))
  file.writeLine(`${TRACE_HEAD}${whom}: ${printable(title)}`)
  return {
    observe(nowMs, client, event) {
      if (only !== null && client !== only) return
      file.writeLine(traceLine(nowMs, names.clients[client]!.padEnd(width), event, names))
    },
    close: () => file.close(),
  }
}

export const TRACE_HEAD = '# swarmlab trace of '

export function traceLine(nowMs: number, who: string, { type, ...fields }: ClientEvent, names: Names): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(name, value, names)}`)
  return [`${(nowMs / 1000).toFixed(9)} ${who} `, type, ...(words.length === 0 ? [] : ['', ...words])].join(' ')
}

const UNDER_TEST = 'client'

function fieldText(name: string, value: unknown, names: Names): string {
  if (name === 'peer' && typeof value === 'string') return names.ofPeer(value)
  if (name === 'peers' && Array.isArray(value)) return value.map((peer) => names.ofPeer(String(peer))).join(',')
  const text = String(value)
  return typeof value === 'string' && /[^\w.:/+-]/.test(text) ? printable(JSON.stringify(text)) : text
}
