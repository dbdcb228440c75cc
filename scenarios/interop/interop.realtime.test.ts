/**
 * Our client and others, both directions, on this machine's loopback: everything arrives, byte for byte. A client that is
 * not installed is left out with a word about it; where CI is set that is a failure.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FOREIGN_CLIENTS } from './foreign-clients.testing.ts'
import { CASES, CASES_PER_CLIENT, type Case, CLIENTS, caseName } from './matrix.testing.ts'
import type { Program } from './programs.testing.ts'
import { runCase } from './run-case.testing.ts'
import { HAS_OPENTRACKER, startOurTracker } from './trackers.testing.ts'

const IS_CI = process.env.CI !== undefined

let ourTracker: { readonly port: number; readonly program: Program }
const passed: Case[] = []

const canRun = ({ client, way }: Case) =>
  FOREIGN_CLIENTS[client].version !== null && (HAS_OPENTRACKER || !way.startsWith('opentracker'))

beforeAll(async () => {
  ourTracker = await startOurTracker()
})

afterAll(() => ourTracker.program.end())

describe('what is installed', () => {
  test.for(CLIENTS)('%s', (client) => {
    const { version, from } = FOREIGN_CLIENTS[client]
    if (version === null) console.log(`${client} is not installed (${from}): its cases do not run`)
    if (IS_CI) expect(version).not.toBeNull()
  })

  test('opentracker', () => {
    if (!HAS_OPENTRACKER) console.log("opentracker is not installed (Debian's opentracker): its cases do not run")
    if (IS_CI) expect(HAS_OPENTRACKER).toBe(true)
  })
})

describe.concurrent('every file arrives', () => {
  for (const [index, one] of CASES.entries()) {
    test.runIf(canRun(one))(caseName(one), async ({ expect }) => {
      const { expected, found } = await runCase(one, { seed: index + 1, ourTrackerPort: ourTracker.port })
      expect(found).toEqual(expected)
      passed.push(one)
    })
  }
})

describe('the matrix', () => {
  test.for(CLIENTS)('%s has every case', (client) => {
    const cases = CASES.filter((one) => one.client === client)
    expect(cases).toHaveLength(CASES_PER_CLIENT[client])
    const ran = passed.filter((one) => one.client === client)
    console.log(
      `interop with ${client} ${FOREIGN_CLIENTS[client].version}: ${ran.length} of ${cases.length} cases passed`,
    )
    expect(ran).toHaveLength(cases.filter(canRun).length)
  })
})
