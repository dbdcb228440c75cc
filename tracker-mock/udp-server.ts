/** The tracker on a UDP port, real or simulated: a thin server around `TrackerUdpService`. */
import type { Alarm, Clock } from '../client/ports/clock.ts'
import type { DatagramListener, Datagrams } from '../client/ports/datagrams.ts'
import type { ListenFault, PeerAddress } from '../client/ports/transport.ts'
import type { AnnounceRecord } from './scripted-tracker.ts'
import type { TrackerUdpService } from './udp-service.ts'

export interface UdpTrackerOptions {
  readonly service: TrackerUdpService
  readonly clock: Clock
  readonly datagrams: Datagrams
  readonly local: PeerAddress
  readonly onAnnounce?: (nowMs: number, announce: AnnounceRecord) => void
  /** The script has the tracker go away for so long; the owner closes it and starts another. */
  readonly onAway: (awayMs: number) => void
}

export interface UdpTracker {
  /** At once: what is delayed is dropped. */
  close(): void
}

export function startUdpTracker(
  { service, clock, datagrams, local, onAnnounce, onAway }: UdpTrackerOptions,
  started: (outcome: PeerAddress | ListenFault) => void,
): UdpTracker {
  const delayed = new Set<Alarm>()
  const listener: DatagramListener = datagrams.listen(local, {
    listening: (_, bound) => started(bound),
    failed: (_, fault) => started(fault),
    received: (nowMs, bytes, from) => {
      const { datagrams: answers, delayMs, awayMs, announce } = service.handle(bytes, from, nowMs)
      if (announce !== null) onAnnounce?.(nowMs, announce)
      const answer = () => {
        for (const each of answers) listener.send(each, from)
      }
      if (delayMs === 0) answer()
      else {
        const alarm = clock.alarm(() => {
          delayed.delete(alarm)
          answer()
        })
        delayed.add(alarm)
        alarm.set(nowMs + delayMs)
      }
      if (awayMs !== null) onAway(awayMs)
    },
  })
  return {
    close() {
      for (const alarm of delayed) alarm.set(null)
      listener.close()
    },
  }
}
