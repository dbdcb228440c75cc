/**
 * Every port has a suite of rules, and every implementation passes it: the list is what the folder holds and what the test
 * files call, so that a port without a suite, or a room that no longer runs it, fails here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Files of this folder that are no port, or have nothing to comply with. */
const WITHOUT_RULES: Readonly<Record<string, string>> = {
  bytes: 'a function, not a way to the outside world',
  'ip-address': 'functions, not a way to the outside world',
  events: 'events go out and nothing comes back; what they say is tested with who says it',
}

/** The rooms whose implementation of a port runs its suite. */
const RUN_BY: Readonly<Record<string, readonly string[]>> = {
  clock: ['client/node', 'links', 'simulator'],
  datagrams: ['client/node', 'simulator'],
  hasher: ['client/node', 'simulator'],
  http: ['client/node', 'simulator'],
  'piece-verifier': ['client/node', 'simulator'],
  random: ['client/node', 'simulator'],
  // Of the simulator's clients it is the one of client/node: a hash is no effect. Scripted peers have their own.
  sha1: ['client/node', 'seeder'],
  storage: ['client/node', 'simulator'],
  transport: ['client/node', 'links', 'simulator'],
}

const here = readdirSync(import.meta.dirname)
const ports = here
  .filter((name) => /^[a-z0-9-]+\.ts$/.test(name))
  .map((name) => name.slice(0, -'.ts'.length))
  .filter((name) => !(name in WITHOUT_RULES))

/** `clock.compliance.ts` holds `clockCompliance`; null where there is no such file or function. */
function suiteOf(port: string): string | null {
  if (!here.includes(`${port}.compliance.ts`)) return null
  const text = readFileSync(join(import.meta.dirname, `${port}.compliance.ts`), 'utf8')
  return /export function (\w+Compliance)\(/.exec(text)?.[1] ?? null
}

/** In rooms that hold implementations; `results/runs` and packages are large. */
const testFiles = ['client', 'links', 'seeder', 'simulator', 'scenarios', 'tracker-mock', 'bench'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .map((path) => `${top}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => ({ room: path.replace(/\/[^/]*$/, ''), text: readFileSync(join(ROOT, path), 'utf8') })),
)

test('every file of the folder is a port, or there is a reason why not', () => {
  expect(Object.keys(RUN_BY).toSorted()).toEqual(ports.toSorted())
  for (const name of Object.keys(WITHOUT_RULES)) expect(here).toContain(`${name}.ts`)
})

describe('the port', () => {
  test.each(ports)('%s has a suite, which is run by all that implement it, two at least', (port) => {
    const suite = suiteOf(port)
    expect(suite, `client/ports/${port}.compliance.ts with a function …Compliance`).not.toBe(null)
    const rooms = testFiles.filter(({ text }) => text.includes(`${suite}(`)).map(({ room }) => room)
    expect([...new Set(rooms)].toSorted()).toEqual(RUN_BY[port])
    expect(RUN_BY[port]!.length).toBeGreaterThanOrEqual(2)
  })
})
