/** `npm run bench`: microbenchmarks of hot functions. Times of a shared machine mean little alone: compare within a run. */
import { markdownTable } from 'markdown-table'
import { Bench } from 'tinybench'
import { defineCommand } from '../client/node/command.ts'
import { usageError } from '../client/node/command-error.ts'
import { runCommandLine } from '../client/node/command-line.ts'
import { parseInteger } from '../client/node/option-values.ts'
import { printLine } from '../client/node/output.ts'
import { formatNumber } from '../results/units.ts'
import { suite as decode } from './client/bencode/decode.bench.ts'
import { suite as availability } from './client/pieces/availability.bench.ts'
import { suite as pieceManager } from './client/pieces/piece-manager.bench.ts'
import { suite as downloadManager } from './client/swarm/download-manager.bench.ts'
import { suite as decoder } from './client/wire/decoder.bench.ts'
import type { Suite } from './suite.ts'

const SUITES: readonly Suite[] = [decode, decoder, availability, pieceManager, downloadManager]

const benchCommand = defineCommand({
  name: 'bench',
  summary: 'Run microbenchmarks',
  positionals: { source: { describe: 'Only sources whose path contains this' } },
  options: {
    milliseconds: { coerce: parseInteger(1, 60_000), default: 500, describe: 'How long each case runs' },
  },
  async run({ source = '', milliseconds }) {
    const suites = SUITES.filter(({ of }) => of.includes(source))
    if (suites.length === 0)
      throw usageError(`no benchmark of "${source}"; there are ${SUITES.map(({ of }) => of).join(', ')}`)
    const rows: string[][] = []
    for (const suite of suites) rows.push(...(await measure(suite, milliseconds)))
    const head = ['source', 'case', 'work a second', 'median (ms)', 'spread', 'samples']
    printLine(markdownTable([head, ...rows], { align: ['l', 'l', 'r', 'r', 'r', 'r'] }))
  },
})

async function measure({ of, cases }: Suite, time: number): Promise<string[][]> {
  const bench = new Bench({ time, warmupTime: time / 5 })
  for (const { name, prepare, run, async = false } of cases) {
    bench.add(name, run, prepare === undefined ? { async } : { async, beforeEach: prepare })
  }
  await bench.run()
  return cases.map(({ name, work }, index) => {
    const task = bench.tasks[index]!
    if (task.result.state !== 'completed') return [of, name, task.result.state, '', '', '']
    const { latency } = task.result
    const rate = `${formatNumber((work.amount * 1000) / latency.p50)} ${work.unit}`
    return [of, name, rate, formatNumber(latency.p50), `±${formatNumber(latency.rme)} %`, `${latency.samplesCount}`]
  })
}

await runCommandLine({ script: 'bench', commands: benchCommand })
