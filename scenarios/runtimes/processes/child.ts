/** A child process of a cell that speaks in messages: started from a TypeScript file, ended with certainty. */
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { CellNetwork } from './cell-network.ts'

const PREFLIGHT = new URL('../../../client/node/preflight.mjs', import.meta.url).href
/** After SIGTERM; then it is killed. */
const END_GRACE_MS = 1_000
const STDERR_CHARACTERS_MAX = 2_000

export interface Child<Order, Report> {
  send(order: Order): void
  /** The next report of this type. Rejects when the process ends first, or says `failed`. */
  next<Type extends Report['type' & keyof Report]>(type: Type): Promise<Extract<Report, { type: Type }>>
  onReport(listener: (report: Report) => void): void
  /** Resolves when the process is gone, however it went. */
  died(): Promise<void>
  end(): Promise<void>
}

export function startChild<Order extends object, Report extends { readonly type: string }>(
  file: URL,
  { prefix }: Pick<CellNetwork, 'prefix'>,
): Child<Order, Report> {
  const [command, ...args] = [...prefix, process.execPath, '--import', PREFLIGHT, fileURLToPath(file)]
  const subprocess = execa(command!, args, {
    ipc: true,
    serialization: 'advanced',
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    reject: false,
    forceKillAfterDelay: END_GRACE_MS,
    cleanup: true,
  })
  const { nodeChildProcess } = subprocess
  const ended = subprocess.then(({ exitCode, signal, stderr }) => {
    const said = stderr.trim().slice(-STDERR_CHARACTERS_MAX)
    return `${fileURLToPath(file)} ended early (${signal ?? exitCode})${said === '' ? '' : `: ${said}`}`
  })
  return {
    send: (order) => {
      // A process that is gone is told by `next`, with what it said.
      if (nodeChildProcess.connected) nodeChildProcess.send(order)
    },
    next: (type) =>
      new Promise((resolve, reject) => {
        nodeChildProcess.on('message', (message: unknown) => {
          const report = message as Report & { readonly reason?: string }
          if (report.type === type) resolve(report as never)
          else if (report.type === 'failed') reject(new Error(report.reason))
        })
        ended.then((how) => reject(new Error(how)))
      }),
    onReport: (listener) => {
      nodeChildProcess.on('message', (message: unknown) => listener(message as Report))
    },
    died: async () => {
      await ended
    },
    end: async () => {
      subprocess.kill()
      await ended
    },
  }
}
