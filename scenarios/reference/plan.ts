/**
 * What is cited, and how it is made: each entry is a folder of `results/reference`. The group `sim` is in virtual time
 * and the same on every machine; `real` and `clients` measure this machine, which must be left alone meanwhile.
 */
import type { RuntimeName } from '../runtimes/runtime.ts'

export type Group = 'sim' | 'real' | 'clients'
export const GROUPS = ['sim', 'real', 'clients'] as const satisfies readonly Group[]

export type Entry = ScenarioEntry | ValidationEntry

interface EntryText {
  readonly name: string
  readonly group: Group
  /** In the gallery, and in the thesis where it says how a figure is made. */
  readonly title: string
}

export interface ScenarioEntry extends EntryText {
  readonly kind: 'scenario'
  readonly scenario: string
  readonly on: RuntimeName
  /** As `--set` and `--sweep` have them. */
  readonly set: readonly string[]
  readonly sweep: readonly string[]
  readonly repeats: number
}

export interface ValidationEntry extends EntryText {
  readonly kind: 'validation'
  readonly against: 'theory' | 'processes'
  readonly quick: boolean
  readonly seeds: number
}

export const SEED = 1

type Options = Partial<Pick<ScenarioEntry, 'name' | 'set' | 'sweep' | 'repeats' | 'on'>>

function sim(scenario: string, title: string, options: Options = {}): ScenarioEntry {
  const { name = scenario, set = [], sweep = [], repeats = 5 } = options
  return { kind: 'scenario', group: 'sim', name, title, scenario, on: 'sim', set, sweep, repeats }
}

function real(scenario: string, title: string, options: Options = {}): ScenarioEntry {
  const { name = `${scenario}-processes`, set = [], sweep = [], repeats = 5, on = 'processes' } = options
  return { kind: 'scenario', group: 'real', name, title, scenario, on, set, sweep, repeats }
}

function clients(scenario: string, title: string, options: Options = {}): ScenarioEntry {
  return { ...real(scenario, title, { name: scenario, repeats: 1, ...options }), group: 'clients' }
}

/** Of the hostile peers, one of each way to do harm. */
const HOSTILE_KINDS = [
  'nobody',
  'resets-mid-block',
  'stalls-after-unchoke',
  'trickles-a-byte-a-second',
  'corrupts-some-blocks',
  'claims-all-ignores-requests',
  'request-flood',
  'drops-and-comes-back',
]

export const ENTRIES: readonly Entry[] = [
  // Nothing in these three is random but the content: a second seed shows the same.
  sim('multi-peer-drop', 'A peer vanishes', { repeats: 1 }),
  sim('speed-vs-peers', 'Speed against peers', { repeats: 1 }),
  sim('pipeline-depth', 'Speed against the depth of the pipeline', { repeats: 1 }),
  sim('flaky-peers', 'Peers that come and go', { repeats: 3 }),
  sim('corrupt-peers', 'Peers that send corrupt blocks', { repeats: 3 }),
  sim('slow-peers', 'Slow peers', { repeats: 3 }),
  sim('tracker-outage', 'A tracker that is away', { repeats: 3 }),
  sim('resume-after-crash', 'A client that was killed', { repeats: 3 }),
  sim('picker-ablation', 'Ways to pick the next piece', { sweep: ['leechers=4,20'] }),
  sim('flash-crowd', 'A flash crowd'),
  sim('flash-crowd', 'Flash crowds of hundreds', {
    name: 'flash-crowd-large',
    set: ['contentMib=16'],
    sweep: ['leechers=200,500'],
    repeats: 1,
  }),
  sim('steady-swarm', 'A swarm with arrivals and departures', { sweep: ['arrivalsPerSecond=0.25,0.5,1'], repeats: 3 }),
  sim('free-riders', 'Free riders'),
  sim('bandwidth-classes', 'Classes of bandwidth'),
  sim('churn', 'Leechers that leave part-way'),
  sim('missing-piece', 'The missing piece'),
  sim('seed-fairness', 'The fairness of a seed', { repeats: 3 }),
  sim('nat', 'Clients that nobody can dial'),
  {
    kind: 'validation',
    group: 'sim',
    name: 'validation',
    title: 'What theory predicts, and what the simulator does',
    against: 'theory',
    quick: true,
    seeds: 3,
  },

  real('multi-peer-drop', 'A peer vanishes, on real sockets'),
  real('speed-vs-peers', 'Speed against peers, on real sockets', { repeats: 3 }),
  real('pipeline-depth', 'Speed against the depth of the pipeline, on real sockets', { set: ['rttMs=50'] }),
  real('corrupt-peers', 'Peers that send corrupt blocks, on real sockets', {
    set: ['corruptPercent=100'],
    sweep: ['corrupters=0,2,4,8'],
    repeats: 3,
  }),
  real('flaky-peers', 'Peers that come and go, on real sockets', {
    set: ['fault=drop'],
    sweep: ['flakyPeers=0,4,8'],
    repeats: 3,
  }),
  real('flash-crowd', 'A small crowd, on real sockets', {
    set: ['contentMib=8', 'pieceKib=128', 'seedUpMbit=16', 'upMbit=8'],
    sweep: ['leechers=2,4,8'],
    repeats: 3,
  }),
  {
    kind: 'validation',
    group: 'real',
    name: 'runtimes',
    title: 'What the simulator says, and what real sockets do',
    against: 'processes',
    quick: false,
    seeds: 3,
  },

  clients('compare-clients', 'Clients compared', { on: 'containers', set: ['contentMib=32'], repeats: 3 }),
  clients('hostile-matrix', 'Clients against hostile peers', {
    sweep: [`kind=${HOSTILE_KINDS.join(',')}`],
  }),
  clients('interop-matrix', 'Every client from every other', {
    set: ['source=torrent'],
    sweep: ['files=single,multi'],
  }),
  clients('real-swarm', 'A swarm of real clients', { repeats: 3 }),
]
