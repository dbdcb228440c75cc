/**
 * T3: nobody beats the minimum distribution time, in no run; how near a flash crowd comes to it is reported beside.
 * The runner adds the same of every other run of the validation (`all-runs.ts`).
 */
import { mbitToBytesPerSecond } from '../../links/link.ts'
import { distributionTime } from '../engine/swarm-figures.ts'
import { leecherOf, linkOf, payloadOfMbit, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import { timesMinimum } from './bounds.ts'
import type { Effort, Finding, Setting, TheoryCheck } from './check.ts'
import { neverBelow, samplesOf } from './predictions.ts'

const SEED_MBIT = 20
const UP_MBIT = 5
const DOWN_MBIT = 50
const RTT_MS = 20
const PIECE_KIB = 256

/** 64 MiB as in the literature; for CI less of it. */
const contentMibOf = (effort: Effort) => (effort === 'quick' ? 16 : 64)
const leechersOf = (effort: Effort) => (effort === 'quick' ? [1, 5, 10] : [1, 5, 10, 20, 50])

export const minimumDistribution: TheoryCheck = {
  id: 'T3',
  name: 't03-minimum-distribution',
  title: 'Minimum distribution time',
  claim: 'T ≥ max(F/u_s, F/d_min, N·F/(u_s + Σu_i)) (Kumar and Ross 2006): a run below it is wrong.',
  settings: (effort) => leechersOf(effort).map((count) => settingOf(count, effort)),
  findings: (runs, effort) =>
    leechersOf(effort).map((count): Finding => {
      const { name } = settingOf(count, effort)
      const [run] = runs.get(name) ?? []
      const time = run === undefined ? null : distributionTime(run.plan, run.result)
      return {
        figure: `last completion over the minimum, ${name}`,
        unit: '',
        samples: samplesOf(runs, name, ({ plan, result }) => timesMinimum(plan, result)),
        prediction: neverBelow(1),
        ...(time === null ? {} : { note: `the minimum is ${time.minimumSeconds.toFixed(2)} s` }),
      }
    }),
}

function settingOf(count: number, effort: Effort): Setting {
  const contentMib = contentMibOf(effort)
  const rates = { downMbit: DOWN_MBIT, rttMs: RTT_MS }
  return {
    name: `N = ${count}, ${contentMib} MiB`,
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(linkOf({ ...rates, upMbit: SEED_MBIT }))],
        leechers: Array.from({ length: count }, () => leecherOf(linkOf({ ...rates, upMbit: UP_MBIT }))),
        expectedSeconds: expectedSeconds(count, contentMib * 2 ** 20),
      }),
  }
}

function expectedSeconds(count: number, contentBytes: number): number {
  const all = payloadOfMbit(SEED_MBIT) + count * payloadOfMbit(UP_MBIT)
  return Math.max(contentBytes / mbitToBytesPerSecond(SEED_MBIT), (count * contentBytes) / all)
}
