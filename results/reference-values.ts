/**
 * `results/reference/values.json`: every number that a text may cite, by name, derived from the runs beside it. A name
 * is `RUN/STATISTIC.MEASURE`, and `@parameter=value,…` behind it for one parameter set of a sweep:
 *
 *     multi-peer-drop/median.recoverySeconds
 *     speed-vs-peers/deviation.throughputBytesPerSecond@peers=20
 *     validation/median.t1-throughput-20-mbit-s-50-ms-d-1
 *
 * Statistics: `n`, `median`, `low` and `high` (of its 95 % interval), `min`, `max`, `predicted`, `deviation` (of the
 * median from what was predicted). `RUN/cells`, `RUN/failed`, `RUN/invalid`, `RUN/seeds` count. A measure is one of the registry, or
 * `cost.NAME` for what the cells cost the host. Numbers are in the units of the record.
 */
import { groupByParameters, predictionOf, samplesOf } from './groups.ts'
import { isNumeric, MEASURE_NAMES, shownOf } from './measures.ts'
import type { RunRecord } from './read.ts'
import type { ReferenceRun, ReportFinding, ValidationReport } from './reference-runs.ts'
import { estimate, relativeError } from './statistics.ts'
import { SHOWN } from './units.ts'
import { varyingNames } from './words.ts'

/** A number as it is shown: `value / per`, then the symbol. */
export interface CitedValue {
  readonly value: number
  readonly per: number
  readonly symbol: string
}

export type CitedValues = ReadonlyMap<string, CitedValue>

const PLAIN = { per: 1, symbol: '' }
/** A ratio of which people read per cent, with its sign. */
const DEVIATION = { per: 0.01, symbol: '%' }

export function valuesOf(runs: readonly ReferenceRun[]): CitedValues {
  return new Map(
    runs.flatMap((run) => {
      const values = run.kind === 'run' ? valuesOfRecord(run.record) : valuesOfReport(run.report)
      return values.map(([name, value]) => [`${run.name}/${name}`, value] as const)
    }),
  )
}

/** One value a line, so that a change in it is a changed line. */
export function valuesText(values: CitedValues): string {
  const lines = [...values].map(([name, { value, symbol }]) => {
    return `  ${JSON.stringify(name)}: ${JSON.stringify(symbol === '' ? [value] : [value, symbol])}`
  })
  return `{\n${lines.join(',\n')}\n}\n`
}

type Named = [name: string, value: CitedValue]

function valuesOfRecord({ manifest, cells, costs }: RunRecord): Named[] {
  const counted = cells.filter(({ invalid }) => invalid === undefined)
  const plain = (value: number): CitedValue => ({ value, ...PLAIN })
  const named: Named[] = [
    ['cells', plain(cells.length)],
    ['failed', plain(counted.filter(({ ok }) => !ok).length)],
    ['invalid', plain(cells.length - counted.length)],
    ['repeats', plain(manifest.repeats)],
    ...costsOf(costs, ''),
  ]
  const names = varyingNames(manifest.parameters)
  const all = { rows: cells, suffix: '' }
  const groups = groupByParameters(cells).map(({ parameters, rows }) => ({
    rows,
    suffix: `@${names.map((name) => `${name}=${parameters[name]}`).join(',')}`,
  }))
  for (const { rows, suffix } of names.length === 0 ? [all] : [all, ...groups]) {
    named.push(...measuresOf(rows, suffix, String(manifest.seed)))
    const own = costs.filter((_, index) => rows.includes(cells[index]!))
    if (suffix !== '') named.push(...costsOf(own, suffix).filter(([name]) => name.startsWith('median.cost.blocks')))
  }
  return named
}

function measuresOf(rows: RunRecord['cells'], suffix: string, seed: string): Named[] {
  return MEASURE_NAMES.filter(isNumeric).flatMap((measure) => {
    const samples = samplesOf(rows, measure)
    if (samples.length === 0) return []
    const predicted = predictionOf(rows, measure)
    const isOneGroup = new Set(rows.map(({ predicted: each }) => each?.[measure])).size <= 1
    const shown = shownOf(measure)
    return statistics({ samples, predicted: isOneGroup ? predicted : null, seed }).map(
      ([statistic, value, as]): Named => [`${statistic}.${measure}${suffix}`, { value, ...(as ?? shown) }],
    )
  })
}

interface Samples {
  readonly samples: readonly number[]
  readonly predicted: number | null
  readonly seed: string
}

type Statistic = [name: string, value: number, shown?: { readonly per: number; readonly symbol: string }]

function statistics({ samples, predicted, seed }: Samples): Statistic[] {
  const { n, median, interval } = estimate(samples, seed)
  const deviation = predicted === null ? null : relativeError(median, predicted)
  return [
    ['n', n, PLAIN],
    ['median', median],
    ...(interval === null
      ? []
      : ([
          ['low', interval.low],
          ['high', interval.high],
        ] as const satisfies Statistic[])),
    ...(n === 1
      ? []
      : ([
          ['min', Math.min(...samples)],
          ['max', Math.max(...samples)],
        ] as const satisfies Statistic[])),
    ...(predicted === null ? [] : ([['predicted', predicted]] as const satisfies Statistic[])),
    ...(deviation === null ? [] : ([['deviation', deviation, DEVIATION]] as const satisfies Statistic[])),
  ]
}

const COSTS = {
  wallSeconds: SHOWN.seconds,
  cpuSeconds: SHOWN.seconds,
  peakRssBytes: SHOWN.mib,
  blocksPerSecond: SHOWN.perSecond,
} as const

/** Of each figure the median and the largest, and of times the sum. */
function costsOf(costs: RunRecord['costs'], suffix: string): Named[] {
  return Object.entries(COSTS).flatMap(([name, shown]): Named[] => {
    const samples = costs.map((cost) => cost[name as keyof typeof COSTS])
    if (samples.length === 0) return []
    const of = (statistic: string, value: number): Named => [`${statistic}.cost.${name}${suffix}`, { value, ...shown }]
    const { median } = estimate(samples, name)
    const sum = samples.reduce((total, sample) => total + sample, 0)
    return [
      of('median', median),
      of('max', Math.max(...samples)),
      ...(name.endsWith('Seconds') ? [of('sum', sum)] : []),
    ]
  })
}

function valuesOfReport({ checks, seeds, wallSeconds }: ValidationReport): Named[] {
  const plain = (value: number): CitedValue => ({ value, ...PLAIN })
  const findings = checks.flatMap(({ findings: each }) => each)
  return [
    ['checks', plain(checks.length)],
    ['findings', plain(findings.length)],
    ...(['pass', 'fail'] as const).flatMap((verdict): Named[] => [
      [`checks-${verdict}`, plain(checks.filter((check) => check.verdict === verdict).length)],
      [`findings-${verdict}`, plain(findings.filter((each) => each.verdict === verdict).length)],
    ]),
    ['seeds', plain(seeds.length)],
    ['wallSeconds', { value: wallSeconds, ...SHOWN.seconds }],
    ...checks.flatMap(({ id, findings: each }) =>
      each.flatMap((finding) => valuesOfFinding(finding, `${id.toLowerCase()}-${slugOf(finding.figure)}`)),
    ),
  ]
}

function valuesOfFinding({ unit, samples, prediction, figure }: ReportFinding, slug: string): Named[] {
  if (samples.length === 0) return []
  const shown = { per: 1, symbol: unit }
  const values = samples.map(({ value }) => value)
  return statistics({ samples: values, predicted: prediction.value, seed: figure }).map(
    ([statistic, value, as]): Named => [`${statistic}.${slug}`, { value, ...(as ?? shown) }],
  )
}

/** `throughput, 20 Mbit/s, d = 5`: `throughput-20-mbit-s-d-5`. */
function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
