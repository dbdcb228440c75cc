/** Time that all processes of this machine agree on: monotonic milliseconds, as the system counts them. */
const NS_PER_MS = 1e6

/** Of `performance.now() === 0` of this process. */
const ORIGIN_MS = Number(process.hrtime.bigint()) / NS_PER_MS - performance.now()

/** From what `performance.now()` said in this process, or says now. */
export function sharedMs(nowMs: number = performance.now()): number {
  return ORIGIN_MS + nowMs
}

/** What `performance.now()` says in this process at that moment. */
export function localMs(atMs: number): number {
  return atMs - ORIGIN_MS
}
