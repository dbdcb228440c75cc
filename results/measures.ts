/**
 * The registry of measures, those of swarms in ./swarm-measures.ts: what a row of `cells.ndjson` may hold under `measures` and `predicted`. Schema, tables,
 * axes and captions derive from it; a name that is not here is an error.
 *
 * "Payload" is bytes of blocks, headers not counted. "The client" is the client under test. Times count from the
 * client's start. A measure that has no value in a cell (nothing recovered, no endgame) is left out of its row.
 */
import { type MeasureDefinition, RUNTIMES, type Runtime } from './measure-definition.ts'
import { SWARM_MEASURES } from './swarm-measures.ts'
import { SHOWN, type ShownUnit, shownUnit } from './units.ts'

const ANY: readonly Runtime[] = RUNTIMES
const REAL_TIME: readonly Runtime[] = ['processes', 'containers']

export const MEASURES = {
  seconds: {
    label: 'time',
    unit: 'seconds',
    definition: 'From the client’s start to completion, or the length of the measured window.',
    better: 'lower',
    runtimes: ANY,
    always: true,
  },
  throughputBytesPerSecond: {
    label: 'throughput',
    unit: 'bytes/s',
    definition: 'Payload received after the first block, over the time from the first block’s arrival to the last’s.',
    better: 'higher',
    runtimes: ANY,
    // A program that took nothing from a peer has none.
    always: false,
  },
  payloadBytes: {
    label: 'payload',
    unit: 'bytes',
    definition: 'Payload received in the download, or in the measured window, wasted bytes included.',
    better: null,
    runtimes: ANY,
    always: false,
  },
  wastedBytes: {
    label: 'wasted',
    unit: 'bytes',
    shown: SHOWN.kib,
    definition:
      'Payload received that was there already or that nobody had asked for; of a program, payload sent to it beyond the content.',
    better: 'lower',
    runtimes: ANY,
    always: true,
  },
  hashFailures: {
    label: 'hash failures',
    unit: 'count',
    definition: 'Pieces that were complete but did not match their hash.',
    better: 'lower',
    runtimes: ANY,
    // A program does not tell.
    always: false,
  },
  requestsAgain: {
    label: 'requests sent again',
    unit: 'count',
    definition:
      'Requests for blocks whose earlier request was lost, or whose piece failed its hash; endgame not counted.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  requestsEndgame: {
    label: 'endgame requests',
    unit: 'count',
    definition: 'Requests for blocks that another peer still owed.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  requestsLost: {
    label: 'requests lost',
    unit: 'count',
    definition: 'Requests in flight to peers at the moment their connection ended.',
    better: null,
    runtimes: ANY,
    always: false,
  },
  timeToFirstByteSeconds: {
    label: 'time to first byte',
    unit: 'seconds',
    definition: 'From the client’s start to the first payload byte.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  recoverySeconds: {
    label: 'recovery time',
    unit: 'seconds',
    definition: 'From the loss of a peer until throughput has settled at what the remaining peers can give.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  throughputBeforeLossBytesPerSecond: {
    label: 'throughput before the loss',
    unit: 'bytes/s',
    definition: 'Payload rate from the first block to the loss of the peer.',
    better: 'higher',
    runtimes: ANY,
    always: false,
  },
  throughputAfterLossBytesPerSecond: {
    label: 'throughput after the loss',
    unit: 'bytes/s',
    definition: 'Payload rate once settled after the loss of the peer, to the last block.',
    better: 'higher',
    runtimes: ANY,
    always: false,
  },
  bannedPeers: {
    label: 'banned peers',
    unit: 'count',
    definition: 'Peers that the client has banned.',
    better: null,
    runtimes: ANY,
    always: false,
  },
  lastBanSeconds: {
    label: 'time to the last ban',
    unit: 'seconds',
    definition: 'From the client’s start until every peer that it was to ban was banned.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  corruptBytes: {
    label: 'taken from corrupters',
    unit: 'bytes',
    definition: 'Payload received from peers that send corrupt blocks, good blocks of theirs included.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  refetchedBytes: {
    label: 'fetched again',
    unit: 'bytes',
    definition: 'Payload received that was not there already, beyond the size of the content.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  endgameSeconds: {
    label: 'endgame',
    unit: 'seconds',
    definition: 'From the moment when every block was asked for to completion.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  announcesFailed: {
    label: 'announces that failed',
    unit: 'count',
    definition: 'Announces to a tracker that had no answer, or a refusal.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  verifySeconds: {
    label: 'time to verify',
    unit: 'seconds',
    definition: 'From the restart until the client knew what was on the disk.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  meanCompletionSeconds: {
    label: 'mean completion time',
    unit: 'seconds',
    definition: 'Mean over all leechers of the time from the start of the client to their completion.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  lastCompletionSeconds: {
    label: 'last completion',
    unit: 'seconds',
    definition: 'From the client’s start until the last leecher was complete.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  completionSpreadSeconds: {
    label: 'spread of completion times',
    unit: 'seconds',
    definition: 'From the first leecher’s completion to the last one’s.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  seedCopySeconds: {
    label: 'time until the seed has sent one copy',
    unit: 'seconds',
    definition: 'From the client’s start until the seed has sent every block at least once.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  seedAgainBytes: {
    label: 'sent again by the seed',
    unit: 'bytes',
    definition: 'Payload that the seed had sent to somebody before, until it had sent every block once.',
    better: 'lower',
    runtimes: ANY,
    always: false,
  },
  cpuSecondsPerGib: {
    label: 'CPU time per GiB',
    unit: 'seconds',
    definition: 'User and system CPU time of the client and all that it started, over the size of the content.',
    better: 'lower',
    runtimes: REAL_TIME,
    always: false,
  },
  isComplete: {
    label: 'complete',
    unit: 'count',
    definition: 'Is 1 where the client had everything, equal to the content, within the time limit, else 0.',
    better: 'higher',
    runtimes: REAL_TIME,
    always: false,
  },
  endedEarly: {
    label: 'ended by itself',
    unit: 'count',
    definition: 'Is 1 where the client’s program ended by itself before it was complete, else 0.',
    better: 'lower',
    runtimes: REAL_TIME,
    always: false,
  },
  wrongContent: {
    label: 'wrong bytes',
    unit: 'count',
    definition:
      'Is 1 where the client said that it was complete and what it had stored differed from the content, else 0.',
    better: 'lower',
    runtimes: REAL_TIME,
    always: false,
  },
  ...SWARM_MEASURES,
  virtualSeconds: {
    label: 'virtual time',
    unit: 'seconds',
    definition: 'From the start of the clients to the end of the run, on the clock of the simulation.',
    better: null,
    runtimes: ['sim'],
    // Every new one has it; records of before are to be read all the same.
    always: false,
  },
  cpuSeconds: {
    label: 'CPU time',
    unit: 'seconds',
    definition: 'User and system CPU time of the client’s process.',
    better: 'lower',
    runtimes: REAL_TIME,
    always: true,
  },
  peakRssBytes: {
    label: 'peak memory',
    unit: 'bytes',
    definition: 'Largest resident set of the client’s process.',
    better: 'lower',
    runtimes: REAL_TIME,
    always: true,
  },
  traceHash: {
    label: 'trace',
    unit: 'hash',
    definition: 'Hash over every event of the cell in virtual time: equal hashes are equal runs.',
    better: null,
    runtimes: ['sim'],
    always: true,
  },
} as const satisfies Record<string, MeasureDefinition>

export type MeasureName = keyof typeof MEASURES
/** Measures that are numbers: all but hashes. */
export type NumericMeasureName = Exclude<MeasureName, 'traceHash'>

export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[]

export function measureOf(name: MeasureName): MeasureDefinition {
  return MEASURES[name]
}

/** What a measure is shown in, in tables and on axes. */
export function shownOf(name: MeasureName): ShownUnit {
  const { shown, unit } = measureOf(name)
  return shown ?? shownUnit(unit)
}

export function isNumeric(name: MeasureName): name is NumericMeasureName {
  return MEASURES[name].unit !== 'hash'
}
