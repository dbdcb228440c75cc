/** A short soak of each kind, on real processes, sockets and files. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeClock } from '../../client/node/clock.ts'
import { PIECE_BYTES } from './content.ts'
import type { Moment } from './moments.ts'
import { soak } from './soak.ts'
import type { SoakOptions } from './soak-options.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-soak-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Throws where bytes are wrong at the end, a block came again without need, or a state is damaged. */
async function soaked(options: Partial<SoakOptions> & { readonly kills: number }) {
  const moments: Moment[] = []
  const abort = new AbortController().signal
  const figures = await soak(
    { seed: 1, fastResume: false, signal: 'SIGKILL', folder, abort, ...options },
    { clock: nodeClock(), wallMs: () => Date.now() },
    { ended: ({ moment }) => moments.push(moment), downloaded: () => {} },
  )
  expect(await readdir(folder)).toEqual([])
  expect(figures).toMatchObject({ kills: options.kills })
  expect(moments.length).toBe(options.kills)
  return { ...figures!, kinds: moments.map(({ kind }) => kind) }
}

test('killed 8 times, once at least at each kind of moment: right bytes, and only pieces in progress come again', async () => {
  const { kinds, restarts, againBytes, exposedBytes } = await soaked({ kills: 8 })
  expect(new Set(kinds).size).toBe(5)
  expect(restarts).toBeGreaterThanOrEqual(8)
  expect(againBytes.max).toBeLessThanOrEqual(exposedBytes.max)
  // One peer sends piece by piece: at an end the one that comes, and those being checked and written on a busy machine.
  expect(exposedBytes.max).toBeLessThanOrEqual(32 * PIECE_BYTES)
  // Else this test sees nothing.
  expect(againBytes.total).toBeGreaterThan(0)
})

test('killed 4 times with fast resume: right bytes, and a state behind by a batch', async () => {
  const { stateLagMs } = await soaked({ kills: 4, fastResume: true, seed: 2 })
  // Else this test sees nothing; that it is not more than a batch, the soak itself sees to.
  expect(stateLagMs).toBeGreaterThan(0)
})

test('ended 4 times by Ctrl-C: nothing that came whole comes again', async () => {
  await soaked({ kills: 4, signal: 'SIGINT', seed: 5 })
})
