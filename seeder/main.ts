/** `npm run seeder`: one scripted peer on real sockets, until it is ended. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { PieceIndex } from '../client/metainfo/geometry.ts'
import { SyntheticContent } from '../client/metainfo/synthetic-content.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import { defineCommand } from '../client/node/command.ts'
import { describeSystemError, usageError } from '../client/node/command-error.ts'
import { runCommandLine } from '../client/node/command-line.ts'
import { openContent } from '../client/node/content-reader.ts'
import { userPath } from '../client/node/npm-run.ts'
import { parseHost, parseInteger, parseNumber, parsePeerAddress, parseRate } from '../client/node/option-values.ts'
import { printEvent, printLine, printProblem } from '../client/node/output.ts'
import { readTorrentFile } from '../client/node/read-torrent.ts'
import { endProcessSoon, nextSignal } from '../client/node/signals.ts'
import { PERFECT_LINK } from '../links/link.ts'
import type { Step } from './script.ts'

const RTT_MS_MAX = 60_000

const seederCommand = defineCommand({
  name: 'seeder',
  summary: 'Run one scripted peer until it is ended',
  positionals: { torrent: { describe: 'A .torrent file' } },
  options: {
    from: { describe: 'The folder that has the content under the name of the torrent' },
    synthetic: { boolean: true, describe: 'Instead of --from: synthetic content, of --content-seed' },
    'content-seed': {
      coerce: parseInteger(0, Number.MAX_SAFE_INTEGER),
      describe: 'Which synthetic content: as the torrent was created with',
    },
    host: { default: '127.0.0.1', coerce: parseHost, describe: 'The address to listen on' },
    port: {
      coerce: parseInteger(0, 65_535),
      defaultDescription: '6881 or the next free one',
      describe: 'The port to listen on; 0 takes any free one',
    },
    up: { coerce: parseRate, defaultDescription: 'the machine', describe: 'Its uplink, as 2MiB/s or 20Mbit' },
    rtt: { coerce: parseNumber(0, RTT_MS_MAX), defaultDescription: '0', describe: 'The round trip to it, in ms' },
    script: { describe: 'A JSON file of steps {"when": ..., "do": ...} that make it misbehave' },
    list: { boolean: true, describe: 'Only print what scripts can say, as Markdown' },
    dial: { coerce: parsePeerAddress, describe: 'Dial this client, IP:PORT, besides listening' },
    tracker: { coerce: parseTracker, describe: 'Announce to this URL' },
    json: { boolean: true, describe: 'Print an object for each thing that happens, not only "listening"' },
  },
  async run(args) {
    if (args.list) return await printCatalogue()
    if (args.torrent === undefined) throw usageError('<torrent> is missing')
    const path = userPath(args.torrent)
    const torrent = await readTorrentFile(path)
    if (torrent.infohashV1 === null) throw usageError(`${path}: a v2-only torrent, which this peer cannot serve`)
    const read = contentReader(torrent, args)
    const { host, port = null, tracker: trackerUrl = null, dial: clientAddress } = args
    const script = await scriptOf(args.script, clientAddress !== undefined)
    const dialling = clientAddress === undefined ? {} : { clientAddress }
    const link =
      args.up === undefined && args.rtt === undefined
        ? null
        : { ...PERFECT_LINK, upBytesPerSecond: args.up ?? null, rttMs: args.rtt ?? 0 }
    const signalled = nextSignal()
    const { startSeeder } = await import('./server.ts')
    const report = reportOf(trackerUrl, args.json)
    const seeder = await startSeeder({ torrent, read, host, port, link, script, trackerUrl, ...dialling, report })
    printEvent({ event: 'listening', ...seeder.local })
    const signal = await signalled
    seeder.stop()
    endProcessSoon()
    return signal === 'SIGINT' ? 130 : 0
  },
})

await runCommandLine({ script: 'seeder', commands: seederCommand })

interface ContentChoice {
  readonly from: string | undefined
  readonly synthetic: boolean
  readonly contentSeed: number | undefined
}

type Read = (offsetBytes: number, lengthBytes: number) => Uint8Array

function contentReader(torrent: TorrentFile, { from, synthetic, contentSeed }: ContentChoice): Read {
  if (from !== undefined) {
    if (synthetic) throw usageError('either --from or --synthetic, not both')
    if (contentSeed !== undefined) throw usageError('--content-seed goes with --synthetic')
    const content = openContent(userPath(from), torrent)
    return content.read
  }
  if (!synthetic) throw usageError('--from or --synthetic is missing')
  if (contentSeed === undefined) throw usageError('--content-seed is missing')
  const content = new SyntheticContent(torrent.geometry.totalBytes, contentSeed)
  const read: Read = (offsetBytes, lengthBytes) => content.read(offsetBytes, lengthBytes)
  if (!startsAndEndsWith(torrent, read)) {
    throw usageError(`--content-seed ${contentSeed} gives other content than the torrent describes`)
  }
  return read
}

/** By the hashes of its first and its last piece. */
function startsAndEndsWith({ geometry, pieceHashes }: TorrentFile, read: Read): boolean {
  return [0, geometry.pieceCount - 1].every((index) => {
    const piece = geometry.pieceIndex(index)
    if (piece === null) return true
    const bytes = read(geometry.pieceOffsetBytes(piece), geometry.pieceBytes(piece))
    return createHash('sha1').update(bytes).digest().equals(hashOf(pieceHashes, piece))
  })
}

function hashOf(pieceHashes: Uint8Array, piece: PieceIndex): Uint8Array {
  return pieceHashes.subarray(piece * 20, piece * 20 + 20)
}

function reportOf(trackerUrl: string | null, json: boolean) {
  /** A tracker that fails again and again for one reason is warned of once. */
  let told: string | null = null
  return {
    announced(reason: string | null) {
      if (reason !== null && reason !== told) printProblem(`tracker ${trackerUrl}: ${reason}; still trying`)
      told = reason
      if (json) printEvent({ event: reason === null ? 'announced' : 'announce-failed', url: trackerUrl, reason })
    },
    stepBegun(_nowMs: number, { when, behaviour, options }: Step) {
      if (json) printEvent({ event: 'step', when, do: { behaviour: behaviour.name, ...options } })
    },
    failed({ code, local: { host, port } }: { code: string; local: { host: string; port: number } }) {
      printProblem(`cannot listen again on port ${port} of ${host}: ${code}`)
    },
  }
}

async function printCatalogue(): Promise<void> {
  const { catalogue } = await import('./catalogue.ts')
  printLine(catalogue())
}

/** With `dials` it dials the client from the start, unless a step of the script says when. */
async function scriptOf(path: string | undefined, dials: boolean): Promise<Step[]> {
  const script = path === undefined ? [] : await readScript(userPath(path))
  const dialling = script.filter(({ behaviour }) => behaviour.name === 'dial')
  if (!dials && dialling.some(({ options }) => options.address === undefined)) {
    throw usageError('a step dials and names no address, which --dial would give')
  }
  if (!dials || dialling.length > 0) return script
  const { parseScript } = await import('./script.ts')
  return [...parseScript([{ when: { afterStartMs: 0 }, do: { behaviour: 'dial' } }]), ...script]
}

async function readScript(path: string): Promise<Step[]> {
  // Loaded where it is needed: it takes longer than all the rest.
  const { parseScript, ScriptError } = await import('./script.ts')
  try {
    return parseScript(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof ScriptError) throw usageError(`${path}: ${error.message}`)
    if (error instanceof SyntaxError) throw usageError(`${path}: not JSON, ${error.message}`)
    const problem = describeSystemError(error)
    throw problem === null ? error : usageError(problem)
  }
}

function parseTracker(text: string): string {
  if (/^(?:https?|udp):\/\/[^\s/]+/.test(text) && URL.canParse(text)) return text
  throw new Error(`wants an http, https or udp URL, not "${text}"`)
}
