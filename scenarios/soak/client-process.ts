/** The client as its user starts it: `client download`, in a process of its own that can be killed. */
import { existsSync, type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execaNode } from 'execa'
import { STATE_FOLDER } from '../../client/node/files-prepare.ts'

const CLIENT = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url))
const PREFLIGHT = new URL('../../client/node/preflight.mjs', import.meta.url).href
const STDERR_CHARACTERS_MAX = 2_000

export interface ProcessEnd {
  readonly exitCode: number | null
  /** The signal that ended it, if one did. */
  readonly signal: string | null
  readonly stderr: string
}

export interface ClientProcess {
  kill(signal: 'SIGKILL' | 'SIGINT'): void
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>
}

/** `said` is given the names of the events that it prints (`--json`). */
export function startClient(args: readonly string[], said: (event: string) => void): ClientProcess {
  const subprocess = execaNode(CLIENT, args, {
    nodeOptions: ['--import', PREFLIGHT],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: { stdout: false },
    reject: false,
    forceKillAfterDelay: false,
    cleanup: true,
  })
  createInterface({ input: subprocess.stdout }).on('line', (line) => {
    if (!line.endsWith('}')) return // cut by a kill
    const { event } = JSON.parse(line) as { readonly event: string }
    said(event)
  })
  return {
    kill: (signal) => {
      subprocess.kill(signal)
    },
    ended: subprocess.then(({ exitCode, signal, stderr }) => ({
      exitCode: exitCode ?? null,
      signal: signal ?? null,
      stderr: stderr.trim().slice(-STDERR_CHARACTERS_MAX),
    })),
  }
}

/**
 * Calls `begun` when a resume state begins to be written below `rootDir`, which exists, until what it gives is called.
 * The first one begins with its folder; what a killed session left behind goes just before another begins.
 */
export function watchStateWrites(rootDir: string, begun: () => void): () => void {
  const watchers: FSWatcher[] = []
  const stateDir = join(rootDir, STATE_FOLDER)
  let isWriting = false
  const watchStates = () => {
    const watcher = watch(stateDir, (kind, name) => {
      if (kind !== 'rename' || name === null) return
      const isUnfinished = name.endsWith('.unfinished')
      if (isUnfinished && !isWriting) begun()
      isWriting = isUnfinished
    })
    watchers.push(watcher)
  }
  if (existsSync(stateDir)) watchStates()
  else {
    const watcher = watch(rootDir, (_, name) => {
      if (name !== STATE_FOLDER || watchers.length > 1) return
      begun()
      watchStates()
    })
    watchers.push(watcher)
  }
  return () => {
    for (const watcher of watchers) watcher.close()
  }
}
