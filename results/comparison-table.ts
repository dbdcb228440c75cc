/**
 * The comparisons of a run, for its summary: each value of an axis against the first one, all else equal. Axes of words
 * (a picker, a client, a condition) are compared; one of numbers only where it is all that varies, else a chart says more.
 */
import { compare, effectInWords } from './comparison.ts'
import { type Group, groupByParameters } from './groups.ts'
import type { NumericMeasureName } from './measures.ts'
import type { CellRow, Manifest, ParameterSet, ParameterValue } from './schema.ts'
import { FEW_SAMPLES, INTERVAL_LEVEL } from './statistics.ts'
import { formatNumber } from './units.ts'
import { parameterLabel, plainValue, valueInWords, varyingNames } from './words.ts'

export interface ComparisonTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How to read it. */
  readonly note: string
}

/** Null where nothing is compared, or nothing ran twice. */
export function comparisonTable(
  { parameters, seed }: Manifest,
  rows: readonly CellRow[],
  measure: NumericMeasureName,
): ComparisonTable | null {
  const groups = groupByParameters(rows)
  const lines = comparedAxes(parameters).flatMap((name) => {
    const [base, ...others] = parameters.sweep.find((axis) => axis.name === name)!.values
    return others.flatMap((value) =>
      groups
        .filter((group) => group.parameters[name] === value)
        .flatMap((group) => comparedLine(parameters, { name, base: base!, group, groups, measure, seed })),
    )
  })
  if (lines.length === 0) return null
  const where = varyingNames(parameters).length > 1 ? ['where'] : []
  return { head: ['setting', 'against', ...where, 'pairs', 'ratio', 'Cliff’s δ'], rows: lines, note: NOTE }
}

const NOTE =
  'Ratios of what two settings gave with the same seed: the median over the pairs' +
  `, in brackets its ${INTERVAL_LEVEL * 100} % bootstrap interval; settings differ where that does not hold 1. ` +
  `With fewer than ${FEW_SAMPLES} pairs it is the range of the ratios, and holds the true one less often. ` +
  'δ is how much likelier the one is above the other than below it.'

function comparedAxes(parameters: Manifest['parameters']): string[] {
  const varying = varyingNames(parameters)
  const words = varying.filter((name) => parameters.sweep.find((axis) => axis.name === name)!.values.every(isWord))
  return words.length === 0 && varying.length === 1 ? varying : words
}

function isWord(value: ParameterValue): boolean {
  return typeof value !== 'number'
}

interface Compared {
  readonly name: string
  readonly base: ParameterValue
  readonly group: Group
  readonly groups: readonly Group[]
  readonly measure: NumericMeasureName
  readonly seed: number
}

function comparedLine(parameters: Manifest['parameters'], compared: Compared): string[][] {
  const { name, base, group, groups, measure, seed } = compared
  const under = groups.find((other) => isSame(other.parameters, { ...group.parameters, [name]: base }))
  const comparison = under === undefined ? null : compare(under.rows, group.rows, measure, seed)
  if (comparison === null) return []
  const { about } = parameters
  const elsewhere = varyingNames(parameters).filter((other) => other !== name)
  const where = elsewhere.map((other) => `${parameterLabel(other, about)} ${valueIn(group.parameters, other, about)}`)
  const { ratio, cliffsDelta, pairs } = comparison
  const line = [
    `${parameterLabel(name, about)} ${valueIn(group.parameters, name, about)}`,
    plainValue(base),
    ...(where.length === 0 ? [] : [where.join(', ')]),
    String(pairs),
    ratio === null ? '–' : `${formatNumber(ratio.median)}${rangeInWords(ratio.interval)}`,
    `${signed(cliffsDelta)} (${effectInWords(cliffsDelta)})`,
  ]
  return [line]
}

function valueIn(set: ParameterSet, name: string, about: Manifest['parameters']['about']): string {
  const value = set[name]
  return value === undefined ? '–' : valueInWords(name, value, about)
}

function rangeInWords(interval: { readonly low: number; readonly high: number } | null): string {
  if (interval === null || interval.low === interval.high) return ''
  return ` [${formatNumber(interval.low)}, ${formatNumber(interval.high)}]`
}

function signed(delta: number): string {
  const rounded = Number(delta.toFixed(2))
  if (rounded === 0) return '0'
  return `${rounded > 0 ? '+' : '−'}${formatNumber(Math.abs(rounded))}`
}

function isSame(one: ParameterSet, other: ParameterSet): boolean {
  return Object.keys(other).every((name) => one[name] === other[name])
}
