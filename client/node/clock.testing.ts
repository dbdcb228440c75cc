const LIMIT_MS = 4_000

/** Lets the event loop turn until the condition holds, as the compliance suites ask for. Rejects before vitest does. */
export async function runEventLoop(until: () => boolean): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS
  while (!until()) {
    if (performance.now() > limitMs) throw new Error(`did not come within ${LIMIT_MS} ms: ${until}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
