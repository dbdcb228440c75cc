/** The table of faults: which tests of a report belong to which fault, what is missing, and how it reads. */
import { posix } from 'node:path'
import { markdownTable } from 'markdown-table'
import { LEVEL_OF } from '../../client/cli/log.ts'
import type { FaultEntry, FaultTest } from './fault-entry.ts'

/** A test that ran or was skipped, with the path of its file from the project folder and its whole title. */
export interface ReportedTest {
  readonly file: string
  readonly title: string
  readonly status: string
}

export interface Count {
  readonly passed: number
  /** This machine could not run them; another may. */
  readonly skipped: number
}

export interface Counted {
  /** By fault. */
  readonly counts: ReadonlyMap<string, Count>
  /** One line each: what is not tested, or failed. */
  readonly problems: readonly string[]
}

export function count(registry: readonly FaultEntry[], tests: readonly ReportedTest[]): Counted {
  const problems = [...ambiguities(registry)]
  const counts = new Map<string, Count>()
  for (const entry of registry) {
    const found = entry.tests.map((each) => tests.filter((test) => isOf(each, entry.fault, test)))
    for (const [index, { file, title = entry.fault }] of entry.tests.entries()) {
      if (found[index]!.some(({ status }) => status === 'passed')) continue
      problems.push(`${entry.fault}: no test passed in ${file} whose title contains "${title}"`)
    }
    if (entry.tests.length === 0) problems.push(`${entry.fault}: no test is registered`)
    const distinct = [...new Set(found.flat())]
    for (const { status, title } of distinct) if (status === 'failed') problems.push(`${entry.fault}: failed: ${title}`)
    const passed = distinct.filter(({ status }) => status === 'passed').length
    const failed = distinct.filter(({ status }) => status === 'failed').length
    counts.set(entry.fault, { passed, skipped: distinct.length - passed - failed })
  }
  return { counts, problems }
}

/** The page. `cases` by fault. */
export function render(registry: readonly FaultEntry[], cases: ReadonlyMap<string, number>): string {
  const places = [...new Set(registry.map(({ fault }) => placeOf(fault)))]
  const total = [...cases.values()].reduce((sum, each) => sum + each, 0)
  const sections = places.map((place) => {
    const entries = registry.filter(({ fault }) => placeOf(fault) === place)
    return `## ${HEADINGS[place] ?? place}\n\n${tableOf(entries, cases)}\n`
  })
  return `${INTRO}\n${registry.length} faults, ${total} cases.\n\n${sections.join('\n')}`
}

/**
 * The cases to compare a committed page with: those that passed, and of those that were skipped here as many as the page
 * has more.
 */
export function casesFor(
  page: string,
  registry: readonly FaultEntry[],
  counts: Counted['counts'],
): Map<string, number> {
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  return new Map(
    registry.map(({ fault }) => {
      const { passed, skipped } = counts.get(fault)!
      const row = rows.find((line) => line.startsWith(`| ${cell(nameOf(fault))} |`))
      const written = Number(/(\d+) \|$/.exec(row ?? '')?.[1] ?? passed)
      return [fault, Math.min(passed + skipped, Math.max(passed, written))]
    }),
  )
}

export function filesOf(registry: readonly FaultEntry[]): string[] {
  return [...new Set(registry.flatMap(({ tests }) => tests.map(({ file }) => file)))].sort()
}

const INTRO = `# What can go wrong, and what the client does about it

Made by \`npm run docs\` from \`scenarios/faults\` and from a run of the tests named here; a fault without a test that
passes is an error there. Levels are those of the log. A \`.torrent\` or a link that is refused never becomes a download,
so it has no event: its line goes to stderr. A peer that was closed and shook hands is dialled again after 1 s, 4 s, 16 s
… 4 min, one that did not get that far after 1 s, 2 s, 4 s … 1 min; one that is banned never, nor is it let in.
`

const HEADINGS: Readonly<Record<string, string>> = {
  peer: 'Peers',
  'web seed': 'Web seeds',
  tracker: 'Trackers',
  disk: 'Disks',
  torrent: 'Torrents and magnet links',
}

function isOf({ file, title }: FaultTest, fault: string, test: ReportedTest): boolean {
  return test.file === file && test.title.includes(title ?? fault)
}

/** A fault whose name another one's contains would count the other's tests. */
function* ambiguities(registry: readonly FaultEntry[]): Generator<string> {
  for (const [index, { fault }] of registry.entries()) {
    for (const [at, other] of registry.entries()) {
      if (at !== index && other.fault.includes(fault)) yield `${fault}: its name is in "${other.fault}"`
    }
  }
}

function placeOf(fault: string): string {
  return fault.slice(0, fault.indexOf(': '))
}

function nameOf(fault: string): string {
  return fault.slice(fault.indexOf(': ') + 2)
}

function tableOf(entries: readonly FaultEntry[], cases: ReadonlyMap<string, number>): string {
  const head = ['fault', 'response', 'event (level)', 'bound', 'tests', 'cases']
  const rows = entries.map(({ fault, response, told, bound, tests }) => {
    const files = [...new Set(tests.map(({ file }) => file))]
    const links = files.map((file) => `[${posix.basename(file, '.test.ts')}](../${file})`)
    return [nameOf(fault), response, toldBy(told), bound, links.join(', '), `${cases.get(fault)}`].map(cell)
  })
  const align = ['l', 'l', 'l', 'l', 'l', 'r']
  return markdownTable([head, ...rows], { align, alignDelimiters: false })
}

function toldBy(told: FaultEntry['told']): string {
  if (typeof told === 'string') return told
  return told.map((type) => `\`${type}\` (${LEVEL_OF[type]})`).join(', ')
}

/** Names have characters that are markup. */
function cell(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('|', String.raw`\|`)
}
