/** A hunt in lines, for people: its schedule, then what happened, one line for each change of state. */
import type { ClientEvent } from '../../client/ports/events.ts'
import { type Outcome, runSchedule } from './run.ts'
import { hostOf, type Schedule, SOURCE, webSeedUrl } from './schedule.ts'

/** What happens to every block is left out, unless `blocks` asks for it. */
export function traceOf(schedule: Schedule, blocks: boolean): { readonly lines: string[]; readonly outcome: Outcome } {
  const lines = [...scheduleLines(schedule), '']
  const names = namesOf(schedule)
  const add = (atMs: number, who: string, what: string) => {
    lines.push(`${(atMs / 1_000).toFixed(6).padStart(12)} ${who.padEnd(4)} ${named(what, names)}`)
  }
  const outcome = runSchedule(schedule, {
    log: add,
    observe: (atMs, client, event) => {
      if (blocks || !event.type.startsWith('block-')) add(atMs, client.name, eventText(event))
    },
  })
  return { lines, outcome }
}

export function outcomeText({ finding, events, tookMs, livenessMs, livenessMaxMs, trace }: Outcome): string {
  const counted = `${events} events in ${(tookMs / 1_000).toFixed(1)} s of virtual time, trace ${trace}`
  if (finding !== null) return `${finding.property}: ${finding.detail} (${counted})`
  const liveness = `${((livenessMs ?? 0) / 1_000).toFixed(1)} of at most ${(livenessMaxMs / 1_000).toFixed(0)} s`
  return `nothing found; done ${liveness} after the last fault (${counted})`
}

function scheduleLines({ content, source, clients, peers, webSeeds, faults, safetyMs, seed }: Schedule): string[] {
  return [
    `seed ${seed}: ${content.fileBytes.join(' + ')} bytes in pieces of ${content.pieceLengthBytes}, faults until ${safetyMs} ms`,
    `${SOURCE} at ${hostOf(SOURCE)}: ${JSON.stringify(source)}`,
    ...clients.map((client) => `${client.name} at ${hostOf(client.name)}: ${JSON.stringify(client)}`),
    ...peers.map((peer) => `${peer.name} at ${hostOf(peer.name)}: ${JSON.stringify(peer)}`),
    ...webSeeds.map((webSeed) => `${webSeed.name} at ${webSeedUrl(webSeed.name)}: ${JSON.stringify(webSeed)}`),
    ...faults.map((fault) => `fault: ${JSON.stringify(fault)}`),
  ]
}

function namesOf({ clients, peers }: Schedule): readonly (readonly [string, string])[] {
  const names = [...clients, ...peers].map(({ name }) => name)
  return [...names, SOURCE].map((name) => [`${hostOf(name)}:`, `${name}:`])
}

/** `127.0.3.1:6881` is `c0:6881`. */
function named(text: string, names: readonly (readonly [string, string])[]): string {
  return names.reduce((all, [host, name]) => all.replaceAll(host, name), text)
}

function eventText({ type, ...fields }: ClientEvent): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
  return [type, ...values].join(' ')
}

function valueText(value: unknown): string {
  return typeof value === 'string' && !value.includes(' ') ? value : JSON.stringify(value)
}
