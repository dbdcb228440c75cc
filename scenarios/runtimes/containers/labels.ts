/**
 * What is ours among an engine's containers and networks, and whose: each bears the process that made it, so that what a
 * killed run left is swept by the next one, and what another run is using is not.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Engine } from './engine.ts'

/** On every container and network. */
export const OURS = 'swarmlab.run'

/** Of a process of this machine: its number, and when it started, as a number may come again. */
function ownerOf(pid: number): string | null {
  try {
    // After the name, which may hold anything, in brackets; the start is the 22nd field of all.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    // It has ended, and its parent has not looked yet.
    if (fields[0] === 'Z') return null
    return `${hostname()} ${pid} ${fields[19]}`
  } catch {
    return null
  }
}

export function ourLabels(): Record<string, string> {
  return { [OURS]: ownerOf(process.pid) ?? `${hostname()} ${process.pid} 0` }
}

/** Removes containers and networks of runs that are over; those of other machines are theirs. Gives how many. */
export async function sweep({ container: { dockerode } }: Engine): Promise<number> {
  const filters = { label: [OURS] }
  const containers = await dockerode.listContainers({ all: true, filters })
  const deadContainers = containers.filter(({ Labels }) => isOver(Labels[OURS]))
  await Promise.all(deadContainers.map(({ Id }) => removeContainer(dockerode, Id)))
  const networks = await dockerode.listNetworks({ filters })
  const deadNetworks = networks.filter(({ Labels }) => isOver(Labels?.[OURS]))
  await Promise.all(deadNetworks.map(({ Id }) => unlessGone(dockerode.getNetwork(Id).remove())))
  return deadContainers.length + deadNetworks.length
}

/** With certainty, whatever it is doing; gone already is as good. */
export async function removeContainer(dockerode: Engine['container']['dockerode'], id: string): Promise<void> {
  const container = dockerode.getContainer(id)
  await unlessGone(container.remove({ force: true, v: true }))
  // One that the engine is removing of itself is gone only then.
  await unlessGone(container.wait({ condition: 'removed' }))
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    // 409: somebody is removing it.
    if (statusCode !== 404 && statusCode !== 409) throw error
  }
}

function isOver(owner: string | undefined): boolean {
  const [host, pid] = (owner ?? '').split(' ')
  return host === hostname() && ownerOf(Number(pid)) !== owner
}
