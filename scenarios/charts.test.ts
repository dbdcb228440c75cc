/** The charts of every scenario that has a committed record: all can be drawn from it, and say what must be said. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chartSvg } from '../results/charts/render.ts'
import { readRun } from '../results/read.ts'
import { SCENARIOS } from './index.ts'

const REFERENCE = join(import.meta.dirname, '..', 'results', 'reference')
const RECORDS = readdirSync(REFERENCE).filter((name) => existsSync(join(REFERENCE, name, 'cells.ndjson')))

test.each(RECORDS)('%s: every chart is sound, with sample size, runtime and seed', async (name) => {
  const record = await readRun(join(REFERENCE, name))
  const scenario = SCENARIOS.find((each) => each.name === record.manifest.scenario)!
  const charts = scenario.charts(record)
  expect(charts).not.toEqual([])
  for (const { spec, title } of charts) {
    const { svg, warnings } = await chartSvg(spec)
    expect({ title, warnings }).toEqual({ title, warnings: [] })
    const text = [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, each]) => each!).join(' ')
    expect(text).toMatch(new RegExp(String.raw`n = \d.* · runtime ${record.manifest.runtime} · seed \d`))
  }
})
