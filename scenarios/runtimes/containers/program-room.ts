/**
 * A container for a program of others: its image, and first of all a process that does nothing but end with its stdin, so
 * that the container is gone when whoever started it is. The program is started beside it, by `docker exec`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { PARENT_WAITED_FOR } from '../processes/parent-line.ts'
import type { ProgramPlace } from '../processes/program-place.ts'
import { plainEnv } from '../processes/program-place.ts'
import type { Engine } from './engine.ts'
import { INSIDE, userInside } from './program-container.ts'

/** In the images of clients; what a client of ours or an adapter runs stands there. */
export const PROJECT_INSIDE = '/swarmlab'
const NODE_INSIDE = '/usr/local/bin/node'

/** The first process: it says that it waits, and waits. */
export const WAITS = ['sh', '-c', `echo '${PARENT_WAITED_FOR.trim()}' >&2; exec cat >/dev/null`]

/** `folder` of this machine is `/data` inside. */
export function roomOf(engine: Engine, container: { readonly id: string }, folder: string): ProgramPlace {
  const exec = ['exec', '--interactive', '--user', userInside()]
  return {
    places: { projectFolder: PROJECT_INSIDE, nodePath: NODE_INSIDE },
    pidOf: () => newestProcessOf(engine, container.id),
    here: (path) => (path.startsWith(`${INSIDE}/`) ? join(folder, path.slice(INSIDE.length)) : path),
    giveAway: async (inside) => {
      await execa('chmod', ['-R', 'a+rwX', join(folder, inside.slice(INSIDE.length))])
    },
    started: ({ file, args, env }, home) => {
      const settings = Object.entries({ ...plainEnv(home), ...env }).flatMap(([name, value]) => [
        '--env',
        `${name}=${value}`,
      ])
      const command = [...exec, '--workdir', home, ...settings, container.id, file, ...args]
      return { file: 'docker', args: command, cwd: null, env: dockerEnv() }
    },
    // All but the first, which the kernel keeps from its own.
    end: async () => {
      await execa('docker', [...exec, container.id, 'sh', '-c', 'kill -9 -1'], { reject: false })
    },
  }
}

/** The first is the one that waits, the other the program that was started beside it. Elsewhere its id says nothing here. */
async function newestProcessOf(engine: Engine, id: string): Promise<number | null> {
  const { Processes } = (await engine.container.getById(id).top({ ps_args: '-o pid' })) as { Processes: string[][] }
  const pid = Number(Processes.at(-1)?.[0])
  return Processes.length === 2 && existsSync(`/proc/${pid}`) ? pid : null
}

/** Of the command line. */
function dockerEnv(): Record<string, string> {
  const { PATH = '', HOME = '', DOCKER_HOST } = process.env
  return { PATH, HOME, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }) }
}
