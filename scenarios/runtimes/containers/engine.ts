/** The Docker engine that DOCKER_HOST names, through testcontainers. */
import { CommandError } from '../../../client/node/command-error.ts'

// What runs here ends with whoever started it, and is swept by label: no image of a reaper is needed.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'

const { getContainerRuntimeClient } = await import('testcontainers')

export type Engine = Awaited<ReturnType<typeof getContainerRuntimeClient>>

/** Throws one line, exit code 3, where none answers. */
export async function connectEngine(): Promise<Engine> {
  try {
    const engine = await getContainerRuntimeClient()
    await engine.container.dockerode.ping()
    return engine
  } catch {
    const where = process.env.DOCKER_HOST ?? 'the usual places'
    throw new CommandError(
      `no Docker engine answers at ${where}: on Debian, as root, run apt-get install docker.io mmdebstrap and ` +
        'export DOCKER_HOST=$(docker/engine.sh start); `npm run doctor` tells more',
      3,
    )
  }
}
