/** What of this machine the testbed can use: each thing is there or not, and how to get it. */
import { execa } from 'execa'
import type { Finding } from './finding.ts'
import { loopbackAddresses } from './loopback.ts'

const NODE_MAJOR_MIN = 24
const ASK_MS_MAX = 10_000

/** `nodeVersion` is that of this process, `dockerHost` its DOCKER_HOST. */
export async function examine(nodeVersion: string, dockerHost?: string): Promise<readonly Finding[]> {
  return [
    nodeFinding(nodeVersion),
    await loopbackAddresses(),
    await dockerFinding(dockerHost),
    await commandFinding('mmdebstrap', ['--version'], 'base image without a registry (mmdebstrap)', 'mmdebstrap'),
    await imagesFinding(),
    userSpaceShaper(),
    await kernelShaper('tbf', ['rate', '1mbit', 'burst', '10kb', 'latency', '50ms']),
    await kernelShaper('netem', ['delay', '1ms']),
    ...(await Promise.all(CLIENTS.map(([file, args, what, name]) => commandFinding(file, args, what, name)))),
  ]
}

/** Command, how it tells its version, what it is, and Debian's package. */
const CLIENTS = [
  ['aria2c', ['--version'], 'client aria2', 'aria2'],
  ['transmission-daemon', ['--version'], 'client Transmission', 'transmission-daemon'],
  ['qbittorrent-nox', ['--version'], 'client qBittorrent', 'qbittorrent-nox'],
  ['rtorrent', ['-h'], 'client rTorrent', 'rtorrent'],
  [
    '/usr/bin/python3',
    ['-c', 'import libtorrent; print(libtorrent.version)'],
    'client libtorrent',
    'python3-libtorrent',
  ],
] as const

export function nodeFinding(version: string): Finding {
  const isThere = Number.parseInt(version, 10) >= NODE_MAJOR_MIN
  return {
    what: 'Node',
    isThere,
    found: version,
    remedy: isThere ? null : `npm ci brings Node ${NODE_MAJOR_MIN} on Linux`,
  }
}

async function dockerFinding(dockerHost = 'the usual places'): Promise<Finding> {
  const what = 'Docker engine (runtime containers)'
  const format = '{{.Server.Version}}'
  const { exitCode, stdout } = await ask('docker', ['version', '--format', format])
  if (exitCode === 0)
    return {
      what,
      isThere: true,
      found: `${stdout.trim()}; no reaper is used: runs clean up after themselves`,
      remedy: null,
    }
  const remedy =
    'Debian, as root: apt-get install docker.io mmdebstrap, then export DOCKER_HOST=$(docker/engine.sh start)'
  return { what, isThere: false, found: `none answers at ${dockerHost}`, remedy }
}

async function imagesFinding(): Promise<Finding> {
  const what = 'images'
  const { exitCode, stdout } = await ask('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'swarmlab*'])
  const names = stdout
    .split('\n')
    .filter((line) => line.endsWith(':latest'))
    .map((line) => line.replace(/:.*/, ''))
  const isThere = exitCode === 0 && names.length > 0
  return {
    what,
    isThere,
    found: isThere ? names.sort().join(', ') : 'none',
    remedy: isThere ? null : 'npm run docker:build',
  }
}

function userSpaceShaper(): Finding {
  return { what: 'shaper in user space', isThere: true, found: 'part of the testbed', remedy: null }
}

/** Tried, on the loopback device of a network namespace that is gone with the command. */
async function kernelShaper(discipline: string, options: readonly string[]): Promise<Finding> {
  const what = `shaper of the kernel: tc ${discipline}`
  const add = ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', discipline, ...options]
  const { exitCode, stderr } = await ask('unshare', ['--net', ...add])
  if (exitCode === 0) return { what, isThere: true, found: 'works', remedy: null }
  const words = stderr.trim().split('\n').at(-1) || 'unshare and tc are missing, or not allowed'
  return { what, isThere: false, found: words, remedy: `root, Debian's iproute2, and a kernel with sch_${discipline}` }
}

async function commandFinding(file: string, args: readonly string[], what: string, name: string): Promise<Finding> {
  const { failed, stdout, stderr, code } = await ask(file, args)
  const isThere = code !== 'ENOENT' && (!failed || file === 'rtorrent')
  const found =
    `${stdout}\n${stderr}`
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  return isThere
    ? { what, isThere, found, remedy: null }
    : {
        what,
        isThere,
        found: 'missing',
        remedy: `apt-get install ${name} (Debian), or in containers: npm run docker:build`,
      }
}

function ask(file: string, args: readonly string[]) {
  return execa(file, [...args], { reject: false, timeout: ASK_MS_MAX, stdin: 'ignore', env: { LC_ALL: 'C' } })
}
