/** A command as a user has it: a process of its own, in a folder that is empty at first and gone after the tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execaNode } from 'execa'
import { afterAll, beforeAll } from 'vitest'

const PREFLIGHT = new URL('../client/node/preflight.mjs', import.meta.url).href

export interface CommandLine {
  /** Of a file in the folder, once tests run. */
  path(name: string): string
  run(script: URL, ...args: readonly string[]): ReturnType<typeof started>
}

export function commandLine(timeoutMs: number): CommandLine {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmlab-test-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  return {
    path: (name) => join(folder, name),
    run: (script, ...args) => started(script, args, folder, timeoutMs),
  }
}

function started(script: URL, args: readonly string[], cwd: string, timeout: number) {
  return execaNode(fileURLToPath(script), args, { nodeOptions: ['--import', PREFLIGHT], reject: false, cwd, timeout })
}
