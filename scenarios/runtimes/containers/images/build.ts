/** Builds the images that are missing or out of date, through the `docker` command line; no registry is asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { CommandError } from '../../../../client/node/command-error.ts'
import { inputsHash, layOut } from './context.ts'
import type { ImagePlan } from './plans.ts'

/** On every image of ours. */
const LABEL = 'swarmlab.inputs'
const BUILD_MS_MAX = 600_000
/** Older builds of an image of which another version was built meanwhile. */
const KEPT_MAX = 3

export interface BuiltImage {
  readonly tag: string
  /** Null: it was there. */
  readonly builtSeconds: number | null
}

export interface BuildOptions {
  readonly projectFolder: string
  readonly signal: AbortSignal
  /** Before a build, which takes a while. */
  readonly building: (name: string) => void
}

/** `BASE_IMAGE`, or the one that `docker/base.sh` makes; gives its tag. */
export async function ensureBase({ projectFolder, signal, building }: BuildOptions): Promise<string> {
  const chosen = process.env.BASE_IMAGE
  const tag = chosen ?? 'swarmlab-base:latest'
  if ((await imageId(tag)) !== null) return tag
  if (chosen !== undefined) throw new CommandError(`the image ${chosen} that BASE_IMAGE names is not there`, 3)
  building(tag)
  const made = await run(join(projectFolder, 'docker/base.sh'), [tag], signal)
  if (made.exitCode === 3) throw new CommandError(lastLine(made), 3)
  if (made.failed) throw new CommandError(`cannot make ${tag}: ${lastLine(made)}`, 1)
  return tag
}

/** The tag names what is in it, so that versions of two clones do not get in each other's way. */
export async function ensureImage(plan: ImagePlan, base: string, options: BuildOptions): Promise<BuiltImage> {
  const { projectFolder, signal, building } = options
  const inputs = await inputsHash(projectFolder, plan, (await imageId(base)) ?? base)
  const tag = `${plan.name}:${inputs.slice(0, 12)}`
  if ((await imageId(tag)) !== null) return { tag, builtSeconds: null }
  building(plan.name)
  const startedMs = performance.now()
  const context = await mkdtemp(join(tmpdir(), 'swarmlab-image-'))
  try {
    await layOut(projectFolder, plan, context)
    const labels = ['--label', `${LABEL}=${inputs}`]
    // The engine of the project has no way out of its own network.
    const args = ['build', '--network=host', '--quiet', '--build-arg', `BASE_IMAGE=${base}`, ...labels]
    const built = await run('docker', [...args, '--tag', tag, '--tag', `${plan.name}:latest`, context], signal)
    if (built.failed) throw new CommandError(`cannot build ${plan.name}: ${lastLine(built)}`, 1)
  } finally {
    await rm(context, { recursive: true, force: true })
  }
  await removeOld(plan.name, signal)
  return { tag, builtSeconds: (performance.now() - startedMs) / 1000 }
}

/** Null: it is not there. */
async function imageId(tag: string): Promise<string | null> {
  const found = await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', tag], { reject: false })
  if (found.code === 'ENOENT') {
    throw new CommandError('the program docker is missing (Debian: apt-get install docker.io)', 3)
  }
  return found.exitCode === 0 ? found.stdout.trim() : null
}

async function removeOld(name: string, signal: AbortSignal): Promise<void> {
  const { stdout } = await run('docker', ['image', 'ls', '--format', '{{.Tag}}', name], signal)
  const tags = String(stdout)
    .split('\n')
    .filter((tag) => /^[0-9a-f]{12}$/.test(tag))
  const old = tags.slice(KEPT_MAX).map((tag) => `${name}:${tag}`)
  // One that runs stays.
  if (old.length > 0) await run('docker', ['image', 'rm', ...old], signal)
}

function run(file: string, args: readonly string[], signal: AbortSignal) {
  return execa(file, [...args], {
    reject: false,
    timeout: BUILD_MS_MAX,
    cancelSignal: signal,
    stdin: 'ignore',
    all: true,
    env: { DOCKER_BUILDKIT: '0' },
  })
}

function lastLine({ all, code }: { readonly all: string; readonly code?: string | undefined }): string {
  return all.trim().split('\n').at(-1) || `${code}`
}
