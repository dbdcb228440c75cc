/** What a run was made with: the code, the versions it ran with, the machine. For `manifest.json`. */
import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { onDisk, RecordError } from './record-error.ts'
import type { Provenance } from './schema.ts'

/** `projectDir` holds `package.json` and `node_modules`; `nodeVersion` is `process.versions.node` of who asks. */
export async function provenanceOf(projectDir: string, nodeVersion: string): Promise<Provenance> {
  const own = await packageAt(projectDir)
  const names = Object.keys(own.dependencies ?? {}).sort()
  const installed = await Promise.all(names.map((name) => packageAt(join(projectDir, 'node_modules', name))))
  return {
    git: await gitState(projectDir),
    versions: {
      node: nodeVersion,
      swarmlab: own.version,
      dependencies: Object.fromEntries(names.map((name, index) => [name, installed[index]!.version])),
    },
    machine: {
      cpu: cpus()[0]?.model.trim() || 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      os: `${type()} ${release()}`,
      arch: arch(),
    },
  }
}

/** Null when the project is not the root of a checkout, nothing is committed yet, or there is no git. */
async function gitState(projectDir: string): Promise<Provenance['git']> {
  const git = (...args: string[]) => execa('git', ['-C', projectDir, ...args], { reject: false })
  const [head, status] = await Promise.all([
    git('rev-parse', '--show-prefix', 'HEAD'),
    // Committed results are no code: those of one run do not make the next one's code another.
    git('status', '--porcelain', '--untracked-files=normal', '--', '.', ':!results/reference'),
  ])
  if (head.failed || status.failed) return null
  const [prefix, commit] = head.stdout.split('\n')
  const isRoot = prefix === ''
  return isRoot && commit !== undefined ? { commit, dirty: status.stdout !== '' } : null
}

interface Package {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

async function packageAt(dir: string): Promise<Package> {
  const file = join(dir, 'package.json')
  const parsed: unknown = JSON.parse(await onDisk(file, () => readFile(file, 'utf8')))
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed as Package
  }
  throw new RecordError('invalid', `${file}: no version`)
}
