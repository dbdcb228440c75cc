/** Our tracker, by its own command, and opentracker: both by HTTP and UDP on one port. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HOST, type Program, startProgram, until } from './programs.testing.ts'

const PREFLIGHT = new URL('../../client/node/preflight.mjs', import.meta.url).href
const OUR_TRACKER = fileURLToPath(new URL('../../tracker-mock/main.ts', import.meta.url))

/** Of Debian's package of that name. */
const OPENTRACKER = 'opentracker'

export const HAS_OPENTRACKER = spawnSync(OPENTRACKER, ['-h']).error === undefined

/** For any torrent. */
export async function startOurTracker(): Promise<{ readonly port: number; readonly program: Program }> {
  const program = startProgram(process.execPath, ['--import', PREFLIGHT, OUR_TRACKER, '--port', '0', '--json'])
  const listening = JSON.parse(await program.line(/"listening"/))
  return { port: listening.port, program }
}

/** Debian's takes only torrents that it is told of. Started by root, it goes on as nobody, in this folder. */
export async function startOpentracker(port: number, infohashes: readonly string[], folder: string): Promise<Program> {
  await mkdir(folder)
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'whitelist'), infohashes.map((infohash) => `${infohash}\n`).join(''))
  const listen = ['-i', HOST, '-p', `${port}`, '-P', `${port}`]
  return startProgram(OPENTRACKER, [...listen, '-d', folder, '-w', 'whitelist'])
}

export function announceUrl(port: number, protocol: 'http' | 'udp'): string {
  return `${protocol}://${HOST}:${port}/announce`
}

/**
 * Resolves when the tracker knows somebody: whoever announces from now on is told of it. A seed may stand there as a
 * leecher: webtorrent announces before it has verified and again when it has, and the two overtake each other.
 */
export async function peerIsKnown(port: number, infohash: string, signal: AbortSignal): Promise<void> {
  const scrapeUrl = `http://${HOST}:${port}/scrape?info_hash=${infohash.replace(/../g, '%$&')}`
  await until(async () => ((await peersOf(scrapeUrl)) > 0 ? true : undefined), signal)
}

async function peersOf(scrapeUrl: string): Promise<number> {
  try {
    const answer = await (await fetch(scrapeUrl)).text()
    return [...answer.matchAll(/8:completei(\d+)e|10:incompletei(\d+)e/g)].reduce(
      (sum, [, seeds, leechers]) => sum + Number(seeds ?? leechers),
      0,
    )
  } catch {
    return 0 // It has only just been started.
  }
}
