import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const TORRENT = join(PROJECT, 'client/fixtures/torrents/mktorrent-one-byte.torrent')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'swarmlab-main-')))
afterAll(() => rmSync(folder, { recursive: true }))

/** What npm set for the script that runs the tests must not reach the npm of a test. */
const ofOuterNpm = Object.keys(process.env).filter((name) => /^npm_|^INIT_CWD$/.test(name))
const env = {
  ...process.env,
  ...Object.fromEntries(ofOuterNpm.map((name) => [name, undefined])),
  npm_config_logs_dir: folder,
}

function client(...argv: string[]) {
  const entry = join(PROJECT, 'client/cli/main.ts')
  return execa(process.execPath, [entry, ...argv], { cwd: folder, reject: false, extendEnv: false, env })
}

function npm(...argv: string[]) {
  const options = { cwd: join(PROJECT, 'client'), reject: false, extendEnv: false, env } as const
  return execa('npm', ['run', '--silent', ...argv], options)
}

test('a command prints to stdout and ends with 0, wrong usage is one line on stderr and 2', async () => {
  const [shown, wrong] = await Promise.all([client('show', TORRENT, '--json'), client('show', TORRENT, '--jsonn')])
  expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'tiny.txt' })
  expect([shown.exitCode, shown.stderr]).toEqual([0, ''])
  expect([wrong.exitCode, wrong.stderr, wrong.stdout]).toEqual([2, 'swarmlab: unknown option --jsonn', ''])
})

test('a reader that goes away ends it as a signal would, without a word', async () => {
  const running = client('show', TORRENT, '--raw')
  running.stdout.destroy()
  expect(await running).toMatchObject({ exitCode: 141, stderr: '' })
})

test('of options that npm keeps it says so, and the line that passes them on', async () => {
  const { exitCode, stderr } = await npm('client', 'create', '--synthetic', '1MiB', '--content-seed', '3')
  expect(exitCode).toBe(2)
  // Only Linux shows what npm was given; elsewhere it cannot be told which value belonged to which option.
  const passed = process.platform === 'linux' ? '--synthetic 1MiB --content-seed 3' : '1MiB 3'
  expect(stderr).toContain(
    `swarmlab: npm kept --synthetic, --content-seed for itself; options go after \`--\`: npm run client -- create ${passed}`,
  )
})

test("through npm, a user's paths start where the user is", async () => {
  const { exitCode, stdout } = await npm(
    'client',
    '--',
    'show',
    'fixtures/torrents/mktorrent-one-byte.torrent',
    '--json',
  )
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ name: 'tiny.txt' })
})
