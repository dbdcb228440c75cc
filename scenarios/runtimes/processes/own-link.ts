/**
 * Shapes the network of one client's process with its own link alone: uplink, half of its delay each way, downlink.
 * Where both ends do so, a path between them is as the model has it: the delays add up.
 *
 * The client goes on to live in real time: what happens on the timeline of its link reaches it at the real present, so
 * that its time never goes backwards.
 */
import { nodeRandom } from '../../../client/node/random.ts'
import type { Clock } from '../../../client/ports/clock.ts'
import type { ConnectionHandler, Transport } from '../../../client/ports/transport.ts'
import { Host } from '../../../links/host.ts'
import { type Link, msToNs, PERFECT_LINK } from '../../../links/link.ts'
import { PacedTimeline } from '../../../links/paced-timeline.ts'
import { shapedTransport } from '../../../links/shaped-transport.ts'

/** What the link does counts from `startMs`, on the clock of the client. */
export function behindOwnLink(inner: Transport, clock: Clock, link: Link, startMs: number): Transport {
  const timeline = new PacedTimeline(clock)
  const local = new Host(timeline.queue, link)
  const far = new Host(timeline.queue, PERFECT_LINK)
  timeline.enter(() => local.followSchedule(timeline.nowNs, msToNs(startMs)))
  // A schedule counts from here: the client begins now.
  timeline.call(() => local.followSchedule(timeline.nowNs, timeline.nowNs))
  const shaped = shapedTransport(inner, { timeline, random: nodeRandom(), local, hostOf: () => far })
  return {
    connect: (remote, handler) => shaped.connect(remote, atPresent(handler, clock)),
    listen: (wanted, handler) =>
      shaped.listen(wanted, {
        listening: (_, bound) => handler.listening(clock.nowMs(), bound),
        failed: (_, fault) => handler.failed(clock.nowMs(), fault),
        accepted: (_, connection) => atPresent(handler.accepted(clock.nowMs(), connection), clock),
      }),
  }
}

function atPresent(handler: ConnectionHandler, clock: Clock): ConnectionHandler {
  return {
    opened: () => handler.opened(clock.nowMs()),
    received: (_, chunk, ownership) => handler.received(clock.nowMs(), chunk, ownership),
    drained: () => handler.drained(clock.nowMs()),
    ended: (_, end) => handler.ended(clock.nowMs(), end),
  }
}
