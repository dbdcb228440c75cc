/** What a user may have written down of every connection: `--trace FILE`, readable, and `--pcap FILE`, for Wireshark. */
import type { Clock } from '../ports/clock.ts'
import type { Transport } from '../ports/transport.ts'
import { pcapTap } from '../tap/pcap.ts'
import { type TransportTap, tappedTransport, tapsTogether } from '../tap/tapped-transport.ts'
import { wireTrace } from '../tap/wire-trace.ts'
import { openAppendFile } from './append-file.ts'

export interface CaptureOptions {
  readonly clock: Clock
  /** Paths; undefined: not asked for. */
  readonly trace: string | undefined
  readonly pcap: string | undefined
  /** When the clock stood at 0, for the times in the pcap; left out: by the clock of this machine. */
  readonly originUnixMs?: number
  /** The address that connections come from, where it is one. */
  readonly localHost: string | null
  /** Of the torrent, once it is known. */
  readonly pieceCount: () => number | null
  /** Told once for each file that cannot be written to any more. */
  readonly failed: (problem: string) => void
}

export interface Captures {
  /** The same transport, all of it written down. Where nothing is asked for it is the very same. */
  tapped(transport: Transport): Transport
  /** Everything is in the files. */
  close(): void
}

/** Throws a usage error when a file cannot be opened. What was in the files is gone. Seconds of the trace count from now. */
export function openCaptures(options: CaptureOptions): Captures {
  const { clock, trace, pcap, localHost, pieceCount, failed } = options
  const captures: { readonly tap: TransportTap; readonly close: () => void }[] = []
  if (trace !== undefined) {
    const { writeLine: write, close } = openAppendFile(trace, { option: '--trace', failed })
    captures.push({ tap: wireTrace({ startMs: clock.nowMs(), pieceCount, write }), close })
  }
  if (pcap !== undefined) {
    const { write, close } = openAppendFile(pcap, { option: '--pcap', failed })
    const originUnixMs = options.originUnixMs ?? Date.now() - clock.nowMs()
    captures.push({ tap: pcapTap({ originUnixMs, write }), close })
  }
  const tap = tapsTogether(captures.map((capture) => capture.tap))
  return {
    tapped: (transport) => (captures.length === 0 ? transport : tappedTransport(transport, tap, { clock, localHost })),
    close() {
      for (const { close } of captures) close()
    },
  }
}
