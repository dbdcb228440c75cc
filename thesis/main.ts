/** `npm run thesis`: sets thesis/thesis.pdf from its sources and results/reference. */
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../client/node/command.ts'
import { CommandError, usageError } from '../client/node/command-error.ts'
import { runCommandLine } from '../client/node/command-line.ts'
import { userPath } from '../client/node/npm-run.ts'
import { printLine, printProblem } from '../client/node/output.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

const thesisCommand = defineCommand({
  name: 'thesis',
  summary: 'Set the thesis',
  positionals: {},
  options: {
    draft: { boolean: true, describe: 'Mark what is missing on the page, instead of failing' },
    'check-numbers': { boolean: true, describe: 'List the numbers that were typed by hand, and build nothing' },
    explain: { describe: 'Where a figure or a number comes from: fig:speed-vs-peers, val:RUN/STATISTIC.MEASURE' },
    out: { describe: 'The PDF', defaultDescription: 'thesis/thesis.pdf' },
  },
  async run({ draft, checkNumbers, explain, out }) {
    if (explain !== undefined) {
      const { explanation } = await import('./build/explain.ts')
      const lines = await explanation(PROJECT_FOLDER, explain)
      if (lines === null)
        throw usageError(`nothing in results/reference is called "${explain}"; wanted is fig:… or val:…`)
      for (const line of lines) printLine(line)
      return 0
    }
    const { buildThesis } = await import('./build/build.ts')
    const { handTypedNumbers } = await import('./build/hand-typed.ts')
    const { readSources, swallowedSemicolons } = await import('./build/sources.ts')
    const sources = readSources(PROJECT_FOLDER)
    const typed = handTypedNumbers(sources)
    for (const line of [...typed, ...swallowedSemicolons(sources)]) printProblem(line)
    if (checkNumbers) {
      printLine(typed.length === 0 ? 'no number was typed by hand' : `${typed.length} numbers were typed by hand`)
      return typed.length === 0 ? 0 : 1
    }
    const built = await buildThesis({
      projectDir: PROJECT_FOLDER,
      draft,
      out: out === undefined ? null : userPath(out),
    })
    for (const line of built.problems) printProblem(line)
    if (built.pdf === null) throw new CommandError('thesis: not built; --draft marks on the page what is missing', 1)
    printLine(`${built.pdf}: ${built.pages} pages`)
    return 0
  },
})

await runCommandLine({ script: 'thesis', commands: thesisCommand })
