/** A program of others: it begins when it is told to, what it says is heard, what it costs is read, and it is ended. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Command } from '../../clients/adapter.ts'
import { canMakeNamespaces, LOOPBACK, makeNamespace } from './cell-network.ts'
import { Program } from './program.ts'
import { hereIn } from './program-place.ts'

const networks = canMakeNamespaces() ? [LOOPBACK, await makeNamespace()] : [LOOPBACK]
let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'swarmlab-program-'))
})
afterAll(async () => {
  rmSync(home, { recursive: true })
  await Promise.all(networks.map((network) => network.end()))
})

const shell = (script: string): Command => ({ file: 'sh', args: ['-c', script] })
const line = (pattern: RegExp) => ({ kind: 'line', pattern }) as const

/** Runs to the sign, and is ended. */
async function ran(network: (typeof networks)[number], command: Command, pattern: RegExp) {
  const program = new Program(command, home, hereIn(network))
  try {
    await program.ready()
    program.begin()
    const how = await program.until(line(pattern), AbortSignal.timeout(20_000))
    program.readCosts()
    return { how, program }
  } finally {
    await program.end()
  }
}

for (const network of networks) {
  test(`in ${network.kind}: it reads nothing, knows only its own settings, and is seen to be complete`, async () => {
    const script =
      'if read -r x; then echo read; fi; env | cut -d= -f1 | sort | tr "\\n" " "; echo "is complete"; exec sleep 60'
    const { how, program } = await ran(network, { ...shell(script), env: { OF_ITS_OWN: '1' } }, /is complete/)
    expect(how).toBe('seen')
    expect(program.lastLine).toMatch(/^HOME LANG OF_ITS_OWN PATH (PWD )?is complete$/)
    expect(program.exit).toBe('SIGTERM')
  })

  test(`in ${network.kind}: what it and its children cost is counted`, async () => {
    const script = '(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done) & wait; echo counted; exec sleep 60'
    const { how, program } = await ran(network, shell(script), /counted/)
    expect(how).toBe('seen')
    expect(program.costs.cpuSeconds).toBeGreaterThan(0.02)
    expect(program.costs.peakRssBytes).toBeGreaterThan(500_000)
  })
}

test('it does not begin before it is told to', async () => {
  const program = new Program(shell('echo begun'), home, hereIn(LOOPBACK))
  await program.ready()
  expect(program.lastLine).not.toContain('begun')
  program.begin()
  expect(await program.until(line(/^begun$/), AbortSignal.timeout(20_000))).toBe('seen')
  await program.ended
  expect(program.exit).toBe('code 0')
})

test('what ends by itself says so, with its last line', async () => {
  const { how, program } = await ran(LOOPBACK, shell('echo no such torrent; exit 3'), /complete/)
  expect(how).toBe('ended')
  expect([program.lastLine, program.exit]).toEqual(['no such torrent', 'code 3'])
})

test('a program that is not there', async () => {
  const { how, program } = await ran(LOOPBACK, { file: 'no-such-client', args: [] }, /complete/)
  expect(how).toBe('ended')
  expect(program.lastLine).toMatch(/no-such-client.*not found/)
})

test('a place that cannot start anything: it fails before its beginning', async () => {
  const place = { ...hereIn(LOOPBACK), started: () => ({ file: '/no/such', args: [], cwd: null, env: {} }) }
  const program = new Program(shell('true'), home, place)
  await expect(program.ready()).rejects.toThrow(/^the program cannot be started/)
  await program.end()
})
