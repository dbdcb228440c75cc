/**
 * A container that runs one program of a cell, or a few side by side. When whoever started it is gone, however it went,
 * the stdin of its first program ends, the program with it, and the engine removes the container.
 */
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import type { Child } from '../processes/child.ts'
import { PARENT_WAITED_FOR } from '../processes/parent-line.ts'
import type { Engine } from './engine.ts'
import { ourLabels, removeContainer } from './labels.ts'
import { LineChild } from './line-child.ts'

/** The folder of the cell. */
export const INSIDE = '/data'

const START_MS_MAX = 60_000
/** `swarmlab`, in every image of ours. */
const IMAGE_USER = 990

export interface ProgramSetting {
  readonly image: string
  readonly network: string
  /** Its first process; it says on stderr that it listens to its parent, and ends with its stdin. */
  readonly command: readonly string[]
  /** More of this machine that it sees, and may not change. */
  readonly readOnly: readonly { readonly source: string; readonly target: string }[]
  /** What it is in the cell, for whoever looks, and in the costs. */
  readonly role: string
  /** Of this machine, seen as `/data`. */
  readonly folder: string
  /** More addresses than its own, as a prefix; null: none. */
  readonly prefix: string | null
}

export interface ProgramContainer<Order extends object, Report extends { readonly type: string }> {
  readonly child: Child<Order, Report>
  readonly role: string
  readonly id: string
  /** In the network of the run. */
  readonly host: string
  /** One more program of ours in it. */
  beside<O extends object, R extends { readonly type: string }>(program: string, role: string): Promise<Child<O, R>>
}

export async function startProgram<Order extends object, Report extends { readonly type: string }>(
  engine: Engine,
  setting: ProgramSetting,
): Promise<ProgramContainer<Order, Report>> {
  const { dockerode } = engine.container
  const { role, network, prefix } = setting
  let id: string | null = null
  const child = new LineChild<Order, Report>(role, async () => {
    if (id !== null) await removeContainer(dockerode, id)
  })
  const container = new SpeakingContainer(setting.image, async (created) => {
    id = created
    const container = dockerode.getContainer(created)
    child.attach(await container.attach({ ...ALL_STREAMS, hijack: true }), container.modem)
  })
  let started: StartedTestContainer
  try {
    started = await configured(container, setting).start()
    if (prefix !== null) await addAddresses(started, prefix)
  } catch (error) {
    await child.end()
    throw new Error(`${role} did not start in its container: ${child.said() || String(error)}`, { cause: error })
  }
  return {
    child,
    role,
    id: started.getId(),
    host: started.getIpAddress(network),
    beside: async (program, roleBeside) => {
      // It ends with its stdin, or with the container.
      const besideChild = new LineChild<never, never>(roleBeside, async () => {})
      const execution = await dockerode.getContainer(started.getId()).exec({
        Cmd: nodeCommand(program),
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        User: userInside(),
      })
      besideChild.attach(await execution.start({ hijack: true, stdin: true }), execution.modem)
      return besideChild as never
    },
  }
}

const ALL_STREAMS = { stream: true, stdin: true, stdout: true, stderr: true } as const

/** Attached to before it is started, so that nothing that it says is missed. */
class SpeakingContainer extends GenericContainer {
  readonly #created: (id: string) => Promise<void>

  constructor(image: string, created: (id: string) => Promise<void>) {
    super(image)
    this.#created = created
    Object.assign(this.createOpts, { OpenStdin: true, StdinOnce: true })
    this.hostConfig.AutoRemove = true
  }

  protected override async containerCreated(id: string): Promise<void> {
    await this.#created(id)
  }
}

function configured(container: GenericContainer, setting: ProgramSetting): GenericContainer {
  const { command, role, network, folder, readOnly, prefix } = setting
  return (
    container
      .withCommand([...command])
      .withLabels({ ...ourLabels(), 'swarmlab.role': role })
      .withNetworkMode(network)
      .withBindMounts([
        { source: folder, target: INSIDE },
        ...readOnly.map((each) => ({ ...each, mode: 'ro' as const })),
      ])
      .withUser(userInside())
      .withDroppedCapabilities('ALL')
      // Not the program's: for `ip`, as root, from outside.
      .withAddedCapabilities(...(prefix === null ? [] : ['NET_ADMIN']))
      // A reaper is not needed: labels.ts.
      .withAutoCleanup(false)
      .withWaitStrategy(Wait.forLogMessage(PARENT_WAITED_FOR.trim()))
      .withStartupTimeout(START_MS_MAX)
  )
}

export function nodeCommand(program: string): string[] {
  return ['node', '--import', './client/node/preflight.mjs', program]
}

/** Every address of the prefix is its own: it answers for them, and programs listen on them. */
async function addAddresses(container: StartedTestContainer, prefix: string): Promise<void> {
  const command = ['ip', 'route', 'add', 'local', prefix, 'dev', 'eth0']
  const { exitCode, output } = await container.exec(command, { user: 'root' })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${output.trim()}`)
}

/** Root's files are those of the image's user; anybody else's are their own. */
export function userInside(): string {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  return uid === 0 ? `${IMAGE_USER}:${IMAGE_USER}` : `${uid}:${gid}`
}
