/** What a command prints, kept instead of shown: for tests that run commands within their own process. */
import { afterEach, beforeEach, vi } from 'vitest'
import type { Command } from './command.ts'
import { execute, reportFailure } from './command-line.ts'

/** Both streams as they were written, from the start of each test or the last `clear`. Call it where tests are defined. */
export function capturedOutput() {
  const output = {
    stdout: '',
    stderr: '',
    clear: () => {
      output.stdout = ''
      output.stderr = ''
    },
  }
  beforeEach(() => {
    output.clear()
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        output[name] += text
        return true
      })
    }
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  return output
}

/** Runs one command of the client as its entry script does, and gives its exit code. */
export async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  try {
    return await execute({ script: 'client', commands: [command] }, [command.name, ...argv])
  } catch (error) {
    return reportFailure(error)
  }
}
