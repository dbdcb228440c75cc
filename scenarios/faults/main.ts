/**
 * docs/faults.md from the registry of faults and a run of their tests.
 *
 * `node scenarios/faults/main.ts [REPORT.json]` writes it; without a report of vitest's it runs the tests itself.
 * `node scenarios/faults/main.ts --check REPORT.json` only looks whether it is as the report has it.
 * `--page FILE`: another page. Exit code 1: a fault has no test that passed, or the page is not up to date.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { casesFor, count, filesOf, type ReportedTest, render } from './fault-table.ts'
import { FAULT_REGISTRY } from './registry.ts'

const { values, positionals } = parseArgs({
  options: { check: { type: 'string' }, page: { type: 'string', default: 'docs/faults.md' } },
  allowPositionals: true,
})
const reportPath = values.check ?? positionals[0]
const tests = readReport(reportPath === undefined ? await ranTests() : readFileSync(reportPath, 'utf8'))
const { counts, problems } = count(FAULT_REGISTRY, tests)
for (const problem of problems) console.error(`faults: ${problem}`)
if (problems.length > 0) process.exitCode = 1
else if (values.check === undefined) write()
else check()

function write(): void {
  const cases = new Map([...counts].map(([fault, { passed }]) => [fault, passed]))
  writeFileSync(values.page, render(FAULT_REGISTRY, cases))
  console.log(`faults: ${counts.size} in ${values.page}`)
}

function check(): void {
  const page = readFileSync(values.page, 'utf8')
  const expected = render(FAULT_REGISTRY, casesFor(page, FAULT_REGISTRY, counts))
  if (page === expected) {
    console.log(`faults: ${counts.size}, all of them tested, as ${values.page} has it`)
    return
  }
  const at = expected.split('\n').findIndex((line, index) => line !== page.split('\n')[index])
  console.error(`faults: ${values.page} is not up to date: run npm run docs`)
  console.error(`  line ${at + 1}, as it is: ${page.split('\n')[at] ?? ''}`)
  console.error(`  as it should be: ${expected.split('\n')[at] ?? ''}`)
  process.exitCode = 1
}

async function ranTests(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'swarmlab-faults-'))
  const report = join(folder, 'tests.json')
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  try {
    await execa('vitest', ['run', ...options, ...filesOf(FAULT_REGISTRY)], {
      preferLocal: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      reject: false,
    })
    return readFileSync(report, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What vitest's `json` reporter writes, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

function readReport(text: string): ReportedTest[] {
  const { testResults } = JSON.parse(text) as Report
  return testResults.flatMap(({ name, assertionResults }) => {
    const file = relative(process.cwd(), name).split(sep).join('/')
    return assertionResults.map(({ fullName, status }) => ({ file, title: fullName, status }))
  })
}
