/**
 * Where the processes of a cell run: on this machine's loopback, or in a network namespace of the cell, of which
 * nothing gets out, with the addresses 198.18.0.0/15. Programs of others run there, where root can make one.
 */
import { accessSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

export interface CellNetwork {
  readonly kind: 'loopback' | 'namespace'
  /** In front of a command. */
  readonly prefix: readonly string[]
  end(): Promise<void>
}

export const LOOPBACK: CellNetwork = {
  kind: 'loopback',
  prefix: [],
  end: async () => {},
}

const MAKE = ['unshare', '--net', 'sh', '-c'] as const
const TOOLS = ['unshare', 'nsenter', 'setpriv', 'ip']
/** Its end of input is its end, so it does not outlive this process. */
const HOLD = 'ip link set lo up && ip address add 198.18.0.1/15 dev lo && echo up && exec cat'

export function canMakeNamespaces(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && TOOLS.every(isInPath)
}

export async function makeNamespace(): Promise<CellNetwork> {
  const [file, ...args] = MAKE
  const holder = execa(file, [...args, HOLD], { stdin: 'pipe', reject: false, cleanup: true })
  const up = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true))
    void holder.then(() => resolve(false))
  })
  if (!up) throw new Error(`no network namespace can be made: ${(await holder).stderr.trim()}`)
  return {
    kind: 'namespace',
    prefix: ['nsenter', `--net=/proc/${holder.pid}/ns/net`],
    end: async () => {
      holder.kill()
      await holder
    },
  }
}

function isInPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name))
      return true
    } catch {
      return false
    }
  })
}
