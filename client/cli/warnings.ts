/** What a user hears of even where progress is silenced: one line for each thing that goes wrong and is gone on from. */
import type { ClientEvent, Events } from '../ports/events.ts'
import { duration } from './progress.ts'

/** `warn` gets one line, which may quote anything. */
export class Warnings implements Events {
  readonly #warn: (line: string) => void
  /** A tracker that fails again and again for one reason is told of once. */
  readonly #toldByTracker = new Map<string, string>()

  constructor(warn: (line: string) => void) {
    this.#warn = warn
  }

  emit(_nowMs: number, event: ClientEvent): void {
    switch (event.type) {
      case 'no-peers': {
        const known = event.known === 0 ? 'none is known' : `${event.known} known`
        return this.#warn(`no peer for ${duration(Math.round(event.forMs / 1000))} (${known}); still trying`)
      }
      case 'peer-banned':
        return this.#warn(`${event.peer} ${event.reason}: it is not asked again`)
      case 'announce-failed':
        return this.#tracker(event.url, event.reason, `; ${retryText(event.retryInMs)}`)
      case 'announced':
        if (event.warning === null) this.#toldByTracker.delete(event.url)
        else this.#tracker(event.url, event.warning, '')
        return
      default:
    }
  }

  #tracker(url: string, what: string, andThen: string): void {
    if (this.#toldByTracker.get(url) === what) return
    this.#toldByTracker.set(url, what)
    this.#warn(`tracker ${url}: ${what}${andThen}`)
  }
}

function retryText(retryInMs: number | null): string {
  if (retryInMs === null) return 'it is not asked again'
  return retryInMs === 0 ? 'the next one is asked' : `still trying, next in ${duration(retryInMs / 1000)}`
}
