/** Events of several clients, some of which are ahead of others, told in the order of time. */
import type { ClientEvent } from '../../../client/ports/events.ts'

type Observe = (nowMs: number, client: number, event: ClientEvent) => void

export class EventsInOrder {
  readonly observe: Observe
  readonly #tell: Observe
  #waiting: { readonly nowMs: number; readonly client: number; readonly event: ClientEvent }[] = []

  /** Where nobody is ahead each event is told at once. */
  constructor(areAhead: boolean, tell: Observe) {
    this.#tell = tell
    this.observe = areAhead ? (nowMs, client, event) => this.#waiting.push({ nowMs, client, event }) : tell
  }

  /** All clients have come to the same time: what they told by now is complete. */
  flush(): void {
    const waiting = this.#waiting.sort((a, b) => a.nowMs - b.nowMs || a.client - b.client)
    this.#waiting = []
    for (const { nowMs, client, event } of waiting) this.#tell(nowMs, client, event)
  }
}
