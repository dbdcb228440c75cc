/**
 * `bench/baseline.json`: scenario, cell, measure, value. Canonical: one cell a line, names in order, so that the same
 * values are the same bytes and a change is a readable diff. Not here: how the values come about (cells.ts).
 */
import { z } from 'zod'
import { CommandError } from '../../client/node/command-error.ts'

export const BASELINE_FILE = 'bench/baseline.json'

const baseline = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number())))

export type Baseline = Readonly<Record<string, Readonly<Record<string, Figures>>>>
export type Figures = Readonly<Record<string, number>>

export interface Difference {
  readonly scenario: string
  readonly cell: string
  readonly measure: string
  /** Null: there was, or is, no such value. */
  readonly was: number | null
  readonly is: number | null
}

export function encodeBaseline(value: Baseline): string {
  const scenarios = inOrder(value).map(([scenario, cells]) => {
    const lines = inOrder(cells).map(
      ([cell, figures]) => `    ${JSON.stringify(cell)}: ${JSON.stringify(Object.fromEntries(inOrder(figures)))}`,
    )
    return `  ${JSON.stringify(scenario)}: {\n${lines.join(',\n')}\n  }`
  })
  return `{\n${scenarios.join(',\n')}\n}\n`
}

export function decodeBaseline(text: string): Baseline {
  try {
    return baseline.parse(JSON.parse(text))
  } catch {
    throw new CommandError(`${BASELINE_FILE}: not scenario, cell, measure, number; --accept writes it anew`, 1)
  }
}

export function differences(was: Baseline, is: Baseline): Difference[] {
  return unionOf(was, is).flatMap((scenario) =>
    unionOf(was[scenario], is[scenario]).flatMap((cell) => {
      const before = was[scenario]?.[cell] ?? {}
      const now = is[scenario]?.[cell] ?? {}
      return unionOf(before, now)
        .map((measure) => ({ scenario, cell, measure, was: before[measure] ?? null, is: now[measure] ?? null }))
        .filter((each) => each.was !== each.is)
    }),
  )
}

function inOrder<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1))
}

function unionOf(one: object = {}, other: object = {}): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
}
