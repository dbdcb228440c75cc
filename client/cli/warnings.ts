/** What a user hears of even where progress is silenced: one line for each thing that goes wrong and is gone on from. */
import type { ClientEvent, Events } from '../ports/events.ts'
import { duration } from './progress.ts'

/** `warn` gets one line, which may quote anything. */
export class Warnings implements Events {
  readonly #warn: (line: string) => void
  /** What goes wrong again and again for one reason is told of once: the reason, by what it is about. */
  readonly #told = new Map<string, string>()

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
        return this.#once(`tracker ${event.url}`, event.reason, `; ${retryText(event.retryInMs)}`)
      case 'announced':
        if (event.warning === null) this.#told.delete(`tracker ${event.url}`)
        else this.#once(`tracker ${event.url}`, event.warning)
        return
      case 'web-seed-failed':
        return this.#once(`web seed ${event.url}`, event.reason, `; ${webSeedRetryText(event.retryInMs)}`)
      case 'resume-state-rejected':
        return this.#warn(`the resume state is not used: ${event.reason}; what is on the disk is verified`)
      case 'resume-state-failed':
        return this.#once('the resume state cannot be written', event.detail, '; the next start verifies what is here')
      case 'piece-lost':
        return this.#once('what was complete cannot be read any more', event.detail)
      default:
    }
  }

  #once(about: string, what: string, andThen = ''): void {
    if (this.#told.get(about) === what) return
    this.#told.set(about, what)
    this.#warn(`${about}: ${what}${andThen}`)
  }
}

function retryText(retryInMs: number | null): string {
  if (retryInMs === null) return 'it is not asked again'
  return retryInMs === 0 ? 'the next one is asked' : `still trying, next in ${duration(retryInMs / 1000)}`
}

function webSeedRetryText(retryInMs: number | null): string {
  return retryInMs === null ? 'it is not asked again' : `asked again in ${duration(retryInMs / 1000)}`
}
