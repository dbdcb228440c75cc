/**
 * For the tests of the gates: a copy of the project in which one violation at a time is planted, so that each gate is
 * seen to fail. A gate runs by its script of package.json, as `npm run check` runs it.
 *
 * Most need no rooms, only the configuration: then the plant is all there is to find, and the tests stay quick.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'

const PROJECT = join(import.meta.dirname, '..')
const NOT_COPIED = new Set(['node_modules', '.git', join('results', 'runs')])

/** Text by path. */
type Files = Readonly<Record<string, string>>

interface Violation {
  readonly name: string
  /** The first one is at fault. */
  readonly files: Files
  /** What the gate must say, besides the path of the file at fault. */
  readonly says: string | readonly string[]
}

interface Settings {
  /** What is just allowed: all of it is planted together. */
  readonly permitted?: readonly { readonly name: string; readonly files: Files }[]
  /** `all`: a copy of the whole tree, which must pass as it is. */
  readonly rooms?: 'none' | 'all'
}

export function testGate(script: string, violations: readonly Violation[], settings: Settings = {}): void {
  const { permitted = [], rooms = 'none' } = settings
  const folder = copyOfProject(rooms)
  afterAll(() => rmSync(folder, { recursive: true }))

  test(`${script} passes with nothing planted (rooms: ${rooms})`, async () => {
    expect(await run(folder, script)).toMatchObject({ failed: false })
  })

  test.for(violations)(`${script} fails: $name`, async ({ files, says }) => {
    const { failed, output } = await runWith(folder, files, script)
    expect(output).toContain(Object.keys(files)[0])
    for (const text of [says].flat()) expect(output).toContain(text)
    expect(failed).toBe(true)
  })

  if (permitted.length === 0) return
  test(`${script} passes: ${permitted.length} things that are just allowed`, async () => {
    const files: Files = Object.assign({}, ...permitted.map((plant) => plant.files))
    expect(await runWith(folder, files, script)).toMatchObject({ failed: false })
  })
}

function copyOfProject(rooms: 'none' | 'all'): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarmlab-gates-'))
  const filter = (path: string) => {
    const inside = relative(PROJECT, path)
    const isRoom = !inside.startsWith('.') && inside !== '' && dirname(inside) === '.' && statSync(path).isDirectory()
    return !NOT_COPIED.has(inside) && (rooms === 'all' || !isRoom)
  }
  cpSync(PROJECT, folder, { recursive: true, filter })
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'), 'dir')
  return folder
}

async function runWith(folder: string, files: Files, script: string) {
  const restores = Object.entries(files).map(([path, text]) => plant(join(folder, path), text))
  try {
    return await run(folder, script)
  } finally {
    for (const restore of restores) restore()
  }
}

function plant(path: string, text: string): () => void {
  const before = existsSync(path) ? readFileSync(path) : null
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return () => (before === null ? rmSync(path) : writeFileSync(path, before))
}

async function run(folder: string, script: string) {
  const env = { NO_COLOR: '1', FORCE_COLOR: undefined }
  const { failed, all } = await execa(process.execPath, ['--run', script], {
    cwd: folder,
    env,
    all: true,
    reject: false,
  })
  return { failed, output: all }
}
