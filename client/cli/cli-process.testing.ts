/** Commands of the client as processes of their own, for tests that send them signals and read what they print. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach } from 'vitest'

const MAIN = path.join(import.meta.dirname, 'main.ts')
/** As npm starts it; it keeps compiled sources between runs. */
const PREFLIGHT = path.join(import.meta.dirname, '../node/preflight.mjs')
export const FIXTURES = path.join(import.meta.dirname, '../fixtures')
export const TORRENT = path.join(FIXTURES, 'torrents/mktorrent-single.torrent')

/** To be called where tests are defined: whatever still runs after a test is killed, folders go after the last. */
export function spawner() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'swarmlab-cli-'))
  const endings: (() => void)[] = []
  afterEach(() => {
    for (const end of endings.splice(0)) end()
  })
  afterAll(() => fs.rmSync(scratch, { recursive: true }))
  const freshDir = () => fs.mkdtempSync(path.join(scratch, 'dir-'))
  return {
    scratch,
    freshDir,
    /** A folder that has the content of TORRENT. */
    completeDir(): string {
      const folder = freshDir()
      fs.copyFileSync(path.join(FIXTURES, 'content/single-11.bin'), path.join(folder, 'single-11.bin'))
      return folder
    },
    start(...argv: string[]) {
      const process = startProcess(argv)
      endings.push(() => process.child.kill('SIGKILL'))
      return process
    },
  }
}

function startProcess(argv: readonly string[]) {
  const child = spawn(process.execPath, ['--import', PREFLIGHT, MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const waiting: { text: string; resolve: (line: string) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line)
  })
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem += chunk
  })
  return {
    child,
    /** The first line, of those before too, that includes `text`. */
    line(text: string): Promise<string> {
      const before = lines.find((line) => line.includes(text))
      if (before !== undefined) return Promise.resolve(before)
      return new Promise((resolve) => waiting.push({ text, resolve }))
    },
    ended: new Promise<{ code: number | null; lines: string[]; problem: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, lines, problem }))
    }),
  }
}
