/** `npm run tracker`: a tracker on this machine, by HTTP and UDP, honest or failing by a script. */
import { readFile } from 'node:fs/promises'
import { printable } from '../client/metainfo/printable.ts'
import { nodeClock } from '../client/node/clock.ts'
import { defineCommand } from '../client/node/command.ts'
import { CommandError, describeSystemError, usageError } from '../client/node/command-error.ts'
import { runCommandLine } from '../client/node/command-line.ts'
import { userPath } from '../client/node/npm-run.ts'
import { parseHost, parseInteger } from '../client/node/option-values.ts'
import { printEvent, printLine } from '../client/node/output.ts'
import { nodeRandom } from '../client/node/random.ts'
import { TrackerHttpService } from './http-service.ts'
import type { TrackerScript } from './script.ts'
import type { AnnounceRecord } from './scripted-tracker.ts'
import { startTrackerServer, type TrackerServer, type TrackerServerOptions } from './server.ts'

const trackerCommand = defineCommand({
  name: 'tracker',
  summary: 'Run an HTTP and UDP tracker until it is ended',
  positionals: {},
  options: {
    host: { default: '127.0.0.1', coerce: parseHost, describe: 'The address to listen on' },
    port: { coerce: parseInteger(0, 65_535), defaultDescription: '6969', describe: 'The port; 0 takes any free one' },
    script: { string: true, describe: 'A JSON file of steps {"when": …, "do": …} that make it fail' },
    json: { boolean: true, default: false, describe: 'Print one JSON object a line' },
  },
  async run({ host, port = 6969, script: file, json }) {
    const signalled = nextSignal()
    const clock = nodeClock()
    const startMs = clock.nowMs()
    const script = file === undefined ? [] : await readScript(userPath(file))
    const service = new TrackerHttpService({ random: nodeRandom(), script, startMs })
    const onAnnounce = (nowMs: number, announce: AnnounceRecord) => {
      const seconds = Math.round(nowMs - startMs) / 1_000
      if (json) printEvent({ event: 'announce', seconds, ...announce })
      else printLine(announceLine(seconds, announce))
    }
    const server = await listen({ service, clock, host, port, onAnnounce })
    const { announceUrl, udpAnnounceUrl } = server
    if (json) printEvent({ event: 'listening', ...server.local, announceUrl, udpAnnounceUrl })
    else printLine(`tracker listening, announce to ${announceUrl} or ${udpAnnounceUrl}`)
    const signal = await signalled
    await server.close()
    return signal === 'SIGINT' ? 130 : 0
  },
})

await runCommandLine({ script: 'tracker', commands: trackerCommand })

/** The first that asks this process to end; another one then ends it at once. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
}

/** A port that is taken is no reason to take another: torrents name it. */
async function listen(options: TrackerServerOptions): Promise<TrackerServer> {
  const { host, port } = options
  try {
    return await startTrackerServer(options)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        `port ${port} of ${host} is in use: end what listens there, or choose another with --port`,
        3,
      )
    }
    if (code === 'EADDRNOTAVAIL') throw usageError(`--host ${host} is not an address of this machine`)
    if (code === 'EACCES')
      throw new CommandError(`port ${port} needs more rights: choose one from 1024 on with --port`, 3)
    throw error
  }
}

async function readScript(path: string): Promise<TrackerScript> {
  // Loaded where it is needed: it takes longer than all the rest.
  const { parseTrackerScript } = await import('./script.ts')
  try {
    return parseTrackerScript(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    const system = describeSystemError(error)
    const notJson = error instanceof SyntaxError ? 'not JSON, ' : ''
    throw usageError(system ?? `${path}: ${notJson}${(error as Error).message}`)
  }
}

function announceLine(seconds: number, { peer, announce, infohash, leftBytes, answer }: AnnounceRecord): string {
  const event = announce === 'none' ? 'announce' : announce
  return `${seconds.toFixed(3)} s  ${event.padEnd(9)}  ${peer}  ${infohash.slice(0, 8)}  left ${leftBytes}  ${printable(answer)}`
}
