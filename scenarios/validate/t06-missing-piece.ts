/**
 * T6: peers leave on completion, and come faster or slower than the seed gives away pieces. Slower: the swarm stays
 * small. Faster: one piece stays rare, everybody waits for it, and the swarm grows by what comes more.
 */
import { linearRegression } from 'simple-statistics'
import { type Link, PERFECT_LINK } from '../../links/link.ts'
import { payloadRate } from '../engine/theory.ts'
import { poissonArrivalsMs } from '../swarms/arrivals.ts'
import { leecherOf, seedOf, swarmOf } from '../swarms/swarm-parameters.ts'
import type { Effort, Finding, Setting, SettingRun, TheoryCheck } from './check.ts'
import { atMost, between, findingOf, samplesOf } from './predictions.ts'

const PIECE_KIB = 16
const PIECES = 16
const PIECE_BYTES = PIECE_KIB * 1024
const SEED_PIECES_PER_SECOND = 2
const PEER_PIECES_PER_SECOND = 4
const RTT_MS = 20

interface Case {
  readonly name: string
  readonly arrivalsPerSecond: number
}

const BOUNDED: Case = { name: 'λ = 1/s', arrivalsPerSecond: 1 }
const UNSTABLE: Case = { name: 'λ = 4/s', arrivalsPerSecond: 4 }
const GROWTH_PER_SECOND = UNSTABLE.arrivalsPerSecond - SEED_PIECES_PER_SECOND
/** Qualitative: the state in which all but one piece is everywhere is a limit. */
const GROWTH_TOLERANCE = 0.35

const secondsOf = (effort: Effort) => (effort === 'quick' ? 120 : 400)

export const missingPiece: TheoryCheck = {
  id: 'T6',
  name: 't06-missing-piece',
  title: 'Missing piece syndrome',
  claim: 'Peers leave on completion: stable iff the seed’s pieces/s exceed λ; else growth ≈ λ − 2/s (Hajek and Zhu).',
  settings: (effort) => [BOUNDED, UNSTABLE].map((each) => settingOf(each, effort)),
  findings(runs, effort): Finding[] {
    const low = GROWTH_PER_SECOND * (1 - GROWTH_TOLERANCE)
    const high = GROWTH_PER_SECOND * (1 + GROWTH_TOLERANCE)
    const growth = (name: string) => samplesOf(runs, name, growthPerSecond)
    return [
      findingOf(`growth in the second half, ${BOUNDED.name}`, '/s', growth(BOUNDED.name), between(-0.1, 0.1)),
      findingOf(
        `leechers at most, ${BOUNDED.name}`,
        '',
        samplesOf(runs, BOUNDED.name, ({ result }) => Math.max(...result.swarm.map(({ leechers }) => leechers))),
        atMost((BOUNDED.arrivalsPerSecond * secondsOf(effort)) / 4),
      ),
      findingOf(`growth in the second half, ${UNSTABLE.name}`, '/s', growth(UNSTABLE.name), between(low, high)),
      findingOf(
        `copies of the rarest piece over those of the average one at the end, ${UNSTABLE.name}`,
        '',
        samplesOf(runs, UNSTABLE.name, rarestOverMean),
        atMost(0.2),
      ),
    ]
  },
}

function settingOf({ name, arrivalsPerSecond }: Case, effort: Effort): Setting {
  const endMs = secondsOf(effort) * 1000
  return {
    name,
    seeds: 'all',
    plan: (seed) =>
      swarmOf({
        contentMib: (PIECES * PIECE_KIB) / 1024,
        pieceKib: PIECE_KIB,
        contentSeed: seed,
        seeds: [seedOf(linkOf(SEED_PIECES_PER_SECOND))],
        leechers: poissonArrivalsMs(seed, arrivalsPerSecond, endMs).map((arrivesMs) =>
          leecherOf(linkOf(PEER_PIECES_PER_SECOND), { arrivesMs, seedsMs: 0 }),
        ),
        expectedSeconds: endMs / 1000,
        endMs,
      }),
  }
}

/** A link that carries so many pieces. */
function linkOf(piecesPerSecond: number): Link {
  const payload = piecesPerSecond * PIECE_BYTES
  return { ...PERFECT_LINK, upBytesPerSecond: payload ** 2 / payloadRate(payload), rttMs: RTT_MS }
}

/** Slope of the leechers over the second half, by least squares. */
function growthPerSecond({ result }: SettingRun): number | null {
  const half = result.swarm.slice(Math.floor(result.swarm.length / 2))
  return half.length < 2 ? null : linearRegression(half.map(({ tMs, leechers }) => [tMs / 1000, leechers])).m
}

function rarestOverMean({ result }: SettingRun): number | null {
  const last = result.swarm.at(-1)
  return last === undefined ? null : last.rarestCopies / last.meanCopies
}
