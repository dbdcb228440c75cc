/** Where a program of a cell runs: here, in the network of the cell; or elsewhere, as the runtime `containers` has it. */
import { fileURLToPath } from 'node:url'
import type { Command, Places } from '../../clients/adapter.ts'
import type { CellNetwork } from './cell-network.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** What this process starts, so that the program runs there. */
export interface Started {
  readonly file: string
  readonly args: readonly string[]
  /** Null: this process's own. */
  readonly cwd: string | null
  /** All of it. */
  readonly env: Readonly<Record<string, string>>
}

export interface ProgramPlace {
  readonly places: Places
  /** The process that was started may be one that speaks with the program: that one's id, as /proc has it here; null: nobody knows. */
  pidOf(started: number): Promise<number | null>
  /** A path of the program's, as this process has it. */
  here(path: string): string
  /** The program may do with its folder what it likes. */
  giveAway(folder: string): Promise<void>
  /** Its standard input is the program's. */
  started(command: Command, home: string): Started
  /** When what was started has been told to end: no more of it runs. */
  end(): Promise<void>
}

export function hereIn(network: CellNetwork): ProgramPlace {
  return {
    places: { projectFolder: PROJECT_FOLDER, nodePath: process.execPath },
    pidOf: async (started) => started,
    here: (path) => path,
    giveAway: async () => {},
    started: ({ file, args, env }, home) => {
      // Should this process die, the program does too.
      const dies = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL'] : []
      const [first, ...rest] = [...network.prefix, ...dies, file, ...args]
      return { file: first!, args: rest, cwd: home, env: { ...plainEnv(home), PATH: process.env.PATH ?? '', ...env } }
    },
    end: async () => {},
  }
}

/** Nothing of whoever started the run: proxies, locales, settings of their own. */
export function plainEnv(home: string): Record<string, string> {
  return { HOME: home, LANG: 'C.UTF-8' }
}
