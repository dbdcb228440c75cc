/** The runtime in containers: a small swarm runs, is measured from outside, and nothing is left, however it ends. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLIENT_NAMES } from '../../clients/adapter.ts'
import { compareClients } from '../../compare-clients.ts'
import { multiPeerDrop } from '../../multi-peer-drop.ts'
import { containersRuntime } from './containers-runtime.ts'
import { connectEngine } from './engine.ts'
import { OURS } from './labels.ts'

const engine = await connectEngine().catch(() => null)
if (engine === null) process.stderr.write('containers: no Docker engine answers, these tests are left out\n')

// Other runs on this machine have folders too.
const outerFolder = tmpdir()
const ownFolder = mkdtempSync(join(outerFolder, 'swarmlab-containers-'))
process.env.TMPDIR = ownFolder
afterAll(() => {
  process.env.TMPDIR = outerFolder
  rmSync(ownFolder, { recursive: true })
})

const MIB = 1_048_576
const parameters = {
  peers: 3,
  contentMib: 6,
  linkMbit: 16,
  rttMs: 10,
  pipelineDepth: 10,
  pieceKib: 128,
  dropAtPercent: 40,
}
const TEST_MS_MAX = 120_000
const context = () => ({ signal: new AbortController().signal, progress: () => {} })

async function ours(): Promise<string[]> {
  const { dockerode } = engine!.container
  const filters = { label: [OURS] }
  const [containers, networks] = await Promise.all([
    dockerode.listContainers({ all: true, filters }),
    dockerode.listNetworks({ filters }),
  ])
  return [...containers.map(({ Names }) => Names[0]!), ...networks.map(({ Name }) => Name)]
}

function folders(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^swarmlab-[A-Za-z0-9]{6}$/.test(name))
}

describe.skipIf(engine === null)('in containers', () => {
  // Images are built here, not on the time of a test.
  beforeAll(async () => (await containersRuntime({ isolate: false, notice: () => {} })).close(), 600_000)

  test.each([
    { isolate: false, containers: ['client', 'rig'] },
    { isolate: true, containers: ['client', 'tracker', 'peer1', 'peer2', 'peer3'] },
  ])(
    'a client survives the loss of a peer (isolate: $isolate), and leaves nothing',
    async ({ isolate, containers }) => {
      const before = folders()
      const runtime = await containersRuntime({ isolate, notice: () => {} })
      const result = await runtime.run(multiPeerDrop.swarm(parameters, 1), 1, context())
      await runtime.close()
      expect(result.failure).toBeNull()
      expect(result.contentMatches).toBe(true)
      expect(result.observations.usefulBytes).toBe(6 * MIB)
      const further = result.costs.further!
      for (const role of containers) expect(further[`${role}CpuSeconds`]).toBeGreaterThan(0.01)
      // Docker counts headers too.
      expect(further.clientReceivedBytes).toBeGreaterThan(6 * MIB)
      expect(further.clientReceivedBytes).toBeLessThan(7 * MIB)
      expect(result.client!.peakRssBytes).toBeGreaterThan(20 * MIB)
      expect(await ours()).toEqual([])
      expect(folders()).toEqual(before)
    },
    TEST_MS_MAX,
  )

  test(
    'ten isolated peers are up in less than 15 s',
    async () => {
      const runtime = await containersRuntime({ isolate: true, notice: () => {} })
      const slow = { ...parameters, peers: 10, linkMbit: 4, rttMs: 50 }
      const result = await runtime.run(multiPeerDrop.swarm(slow, 1), 1, context())
      await runtime.close()
      expect(result.failure).toBeNull()
      expect(result.costs.further!.containersStartSeconds).toBeLessThan(15)
      expect(await ours()).toEqual([])
    },
    TEST_MS_MAX,
  )

  test(
    'a rig that fails says why, and nothing is left',
    async () => {
      const runtime = await containersRuntime({ isolate: false, notice: () => {} })
      const plan = multiPeerDrop.swarm(parameters, 1)
      const script = [{ when: { atMs: 0 }, do: { behaviour: 'no such thing' } }] as never
      const broken = { ...plan, seeders: [{ ...plan.seeders[0]!, script }] }
      await expect(runtime.run(broken, 1, context())).rejects.toThrow('steps[0].do.behaviour')
      await runtime.close()
      expect(await ours()).toEqual([])
    },
    TEST_MS_MAX,
  )
})

describe.skipIf(engine === null)('programs of others, in containers', () => {
  const chosen = { contentMib: 4, linkMbit: 20, rttMs: 20, pieceKib: 256, peers: 3, settings: 'default' } as const

  test.each(CLIENT_NAMES)(
    '%s gets its content though one peer drops, and is measured',
    async (client) => {
      const runtime = await containersRuntime({ isolate: false, notice: () => {} })
      const plan = compareClients.swarm({ ...chosen, client, condition: 'drop' }, 1)
      const result = await runtime.run(plan, 1, context())
      await runtime.close()
      expect(result.failure).toBeNull()
      expect(result.contentMatches).toBe(true)
      expect(result.observations.usefulBytes).toBe(4 * MIB)
      // The program's, and not those of whatever started it.
      expect(result.client!.cpuSeconds).toBeGreaterThan(0.01)
      expect(result.client!.peakRssBytes).toBeGreaterThan(5 * MIB)
      expect(await ours()).toEqual([])
    },
    // An image that is missing is built first.
    TEST_MS_MAX + 300_000,
  )
})

describe.skipIf(engine === null)('the command line, in containers', () => {
  /** Once rig and client are there. */
  async function startCommand(name: string) {
    const args = ['multi-peer-drop', '--on', 'containers', '--set', 'linkMbit=2', '--out', join(ownFolder, name)]
    const command = execa('npm', ['run', '-s', 'scenario', '--', ...args], { reject: false, detached: true })
    for (let tries = 0; (await ours()).length < 3; tries++) {
      expect(tries).toBeLessThan(300)
      await sleep(100)
    }
    // Not the command itself: whoever awaits it waits for its end.
    return { command }
  }

  test(
    'Ctrl-C leaves nothing (exit code 130)',
    async () => {
      const { command } = await startCommand('interrupted')
      // A terminal tells every process of the group.
      process.kill(-command.pid!, 'SIGINT')
      expect((await command).exitCode).toBe(130)
      expect(await ours()).toEqual([])
    },
    TEST_MS_MAX,
  )

  test(
    'after kill -9 containers end by themselves, and the next run removes the network',
    async () => {
      const { command } = await startCommand('killed')
      process.kill(-command.pid!, 'SIGKILL')
      await command
      const isContainer = (name: string) => name.startsWith('/')
      for (let tries = 0; (await ours()).some(isContainer); tries++) {
        expect(tries).toBeLessThan(100)
        await sleep(100)
      }
      expect(await ours()).toHaveLength(1)
      const runtime = await containersRuntime({ isolate: false, notice: () => {} })
      await runtime.close()
      expect(await ours()).toEqual([])
    },
    TEST_MS_MAX,
  )
})

test('without an engine: one line, exit code 3', async () => {
  const args = ['run', '-s', 'scenario', '--', 'multi-peer-drop', '--on', 'containers']
  const env = { DOCKER_HOST: 'unix:///nowhere/sock' }
  const { exitCode, stderr } = await execa('npm', args, { reject: false, env })
  expect(stderr).toMatch(/^swarmlab: no Docker engine answers at unix:\/\/\/nowhere\/sock: .*$/)
  expect(exitCode).toBe(3)
})
