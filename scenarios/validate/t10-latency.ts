/** T10: where uploads are the limit, latency hardly matters to a whole swarm. The same simulator as T1, where it is everything. */
import { mean } from 'simple-statistics'
import { leecherOf, linkOf, payloadOfMbit, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Finding, Setting, SettingRun, TheoryCheck } from './check.ts'
import { between, findingOf, pairedSamples } from './predictions.ts'

const UP_MBIT = 1
const SEED_MBIT = 2
const PIECE_KIB = 64
const CHANGE_MAX = 0.15

const rttsOf = (effort: Effort) => (effort === 'quick' ? [0, 100, 400] : [0, 50, 100, 200, 400])
const leechersOf = (effort: Effort) => (effort === 'quick' ? 12 : 40)
const contentMibOf = (effort: Effort) => (effort === 'quick' ? 8 : 16)

export const latency: TheoryCheck = {
  id: 'T10',
  name: 't10-latency',
  title: 'Latency hardly matters',
  claim:
    'In a whole swarm with capped uploads RTT 0 → 400 ms changes completion by < 15 % (Rao, Legout and Dabbous 2010).',
  settings: (effort) => rttsOf(effort).map((rttMs) => settingOf(rttMs, effort)),
  findings: (runs, effort) =>
    rttsOf(effort)
      .filter((rttMs) => rttMs > 0)
      .map((rttMs): Finding => {
        const ratios = pairedSamples(
          runs,
          [nameOf(rttMs), nameOf(0)],
          (far, near) => meanCompletion(far) / meanCompletion(near),
        )
        const limits = between(1 - CHANGE_MAX, 1 + CHANGE_MAX)
        return findingOf(`mean completion, RTT ${rttMs} ms over RTT 0`, '', ratios, limits)
      }),
}

function nameOf(rttMs: number): string {
  return `RTT ${rttMs} ms`
}

function settingOf(rttMs: number, effort: Effort): Setting {
  const contentMib = contentMibOf(effort)
  return {
    name: nameOf(rttMs),
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(linkOf({ upMbit: SEED_MBIT, downMbit: null, rttMs }))],
        leechers: Array.from({ length: leechersOf(effort) }, () =>
          leecherOf(linkOf({ upMbit: UP_MBIT, downMbit: null, rttMs })),
        ),
        expectedSeconds: (contentMib * 2 ** 20) / payloadOfMbit(UP_MBIT),
      }),
  }
}

function meanCompletion({ result }: SettingRun): number {
  const leechers = result.clients.filter(({ isSeed }) => !isSeed)
  return mean(leechers.map(({ completedSeconds }) => completedSeconds ?? Number.NaN))
}
