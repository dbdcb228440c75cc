/** Being asked to end, by Ctrl-C and SIGTERM, and to pause or go on, by SIGUSR2 (SIGUSR1 belongs to Node's debugger). */

export type EndSignal = 'SIGINT' | 'SIGTERM'

/** As a shell has it for a process that the signal ended. */
export const SIGNAL_EXIT_CODES: Readonly<Record<EndSignal, number>> = { SIGINT: 130, SIGTERM: 143 }

/** `npm run` passes a Ctrl-C on that the terminal has sent us already; no finger is as quick. */
const SAME_SIGNAL_MS = 200

/** The first that asks this process to end; another one ends it at once. To be called once. */
export function nextSignal(): Promise<EndSignal> {
  return new Promise((resolve) => {
    let firstMs: number | null = null
    const asked = (signal: EndSignal) => {
      const nowMs = performance.now()
      firstMs ??= nowMs
      if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(SIGNAL_EXIT_CODES[signal])
      resolve(signal)
    }
    process.on('SIGINT', asked)
    process.on('SIGTERM', asked)
  })
}

/** As if Ctrl-C had been pressed. */
export function askToEnd(): void {
  process.emit('SIGINT', 'SIGINT')
}

/** Calls `asked` at every SIGUSR2 until what it gives is called. Windows has no such signal. */
export function onPauseSignal(asked: () => void): () => void {
  if (process.platform === 'win32') return () => {}
  process.on('SIGUSR2', asked)
  return () => process.off('SIGUSR2', asked)
}

/** What still lingers (a connection whose other end does not close) holds the process up for no longer than this. */
const LINGER_MS = 500

/** All is done that had to be: the process ends by itself, or soon. */
export function endProcessSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref()
}
