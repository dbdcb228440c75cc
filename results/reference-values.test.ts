import { expect, test } from 'vitest'
import type { ReferenceRun } from './reference-runs.ts'
import { valuesOf, valuesText } from './reference-values.ts'
import { sampleCell, samplePlan } from './sample.testing.ts'
import type { CostRow, Manifest } from './schema.ts'

const INDEXES = [0, 1, 2, 3]
const CITED = { group: 'sim', title: 'A', command: 'npm run a', thinned: null } as const

/** Two counts of peers, two repeats; the last cell spoiled. */
function sampleRun(): ReferenceRun {
  const { cellsTotal, ...plan } = samplePlan()
  const manifest: Manifest = {
    ...plan,
    schema: 1,
    startedAt: '2026-01-31T09:30:15.000Z',
    endedAt: null,
    state: 'complete',
    cells: { total: cellsTotal, done: cellsTotal },
    resumed: [],
  }
  const cells = INDEXES.map((index) => ({
    ...sampleCell(index).row,
    schema: 1 as const,
    scenario: 'speed-vs-peers',
    runtime: 'sim' as const,
    ...(index === 3 ? { invalid: 'the rig was late' } : {}),
  }))
  const costs = INDEXES.map((index): CostRow => {
    const { further: _, ...cost } = sampleCell(index).cost
    return { ...cost, schema: 1, cell: index, repeat: index % 2, seed: 7 }
  })
  return { kind: 'run', name: 'speed', dir: '', cited: CITED, record: { manifest, cells, costs, timeline: [] } }
}

test('every statistic of every measure has a name, by parameter set and over all; spoiled cells do not count', () => {
  const values = valuesOf([sampleRun()])
  const of = (name: string) => values.get(`speed/${name}`)
  expect(of('cells')?.value).toBe(4)
  expect(of('invalid')?.value).toBe(1)
  expect(of('median.seconds@peers=1')).toEqual({ value: 12, per: 1, symbol: 's' })
  expect(of('n.seconds@peers=2')?.value).toBe(1)
  expect(of('low.seconds@peers=2')).toBeUndefined()
  expect(of('max.seconds')?.value).toBe(12)
  expect(of('median.throughputBytesPerSecond@peers=2')).toEqual({ value: 4 * 2 ** 20, per: 2 ** 20, symbol: 'MiB/s' })
  // 512 of 2 MiB, shown in per cent.
  expect(of('deviation.throughputBytesPerSecond@peers=1')).toEqual({ value: 512 / 2 ** 21, per: 0.01, symbol: '%' })
  expect(of('sum.cost.wallSeconds')?.value).toBe(1)
  // Of several parameter sets there is no one prediction.
  expect(of('predicted.throughputBytesPerSecond')).toBeUndefined()
})

test('the findings of a validation are named by check and figure', () => {
  const finding = {
    figure: 'throughput, 20 Mbit/s, d = 1',
    unit: 'Mbit/s',
    verdict: 'pass' as const,
    reason: null,
    samples: [{ value: 2.3 }, { value: 2.4 }],
    estimate: null,
    prediction: { value: 2, low: null, high: null, rule: '', of: 'each' as const },
  }
  const report = {
    title: 'A',
    effort: 'quick' as const,
    seeds: [1, 2],
    startedAt: '',
    wallSeconds: 3,
    provenance: { git: null, versions: { node: '', swarmlab: '' }, machine: { cpu: '', cores: 1, os: '' } },
    checks: [{ id: 'T1', title: '', claim: '', verdict: 'pass' as const, findings: [finding] }],
  }
  const values = valuesOf([{ kind: 'report', name: 'validation', dir: '', cited: CITED, report }])
  expect(values.get('validation/checks-pass')?.value).toBe(1)
  expect(values.get('validation/max.t1-throughput-20-mbit-s-d-1')).toEqual({ value: 2.4, per: 1, symbol: 'Mbit/s' })
})

test('the file has a line for each value', () => {
  const text = valuesText(
    new Map([
      ['a/cells', { value: 4, per: 1, symbol: '' }],
      ['a/median.seconds', { value: 2.5, per: 1, symbol: 's' }],
    ]),
  )
  expect(text).toBe('{\n  "a/cells": [4],\n  "a/median.seconds": [2.5,"s"]\n}\n')
})
