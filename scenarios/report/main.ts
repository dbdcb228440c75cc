/** `npm run report`: one static page of a run, to be opened from disk. */
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../client/node/command.ts'
import { CommandError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { userPath } from '../../client/node/npm-run.ts'
import { printLine } from '../../client/node/output.ts'
import { findRun } from '../replay/find-run.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

const reportCommand = defineCommand({
  name: 'report',
  summary: 'Make one page of HTML that shows a run',
  positionals: {
    run: {
      describe: 'The folder of a run, its name under results/, a scenario (its newest run) or latest',
      demandOption: true,
    },
  },
  options: { out: { describe: 'The file', defaultDescription: 'report.html in the folder of the run' } },
  async run({ run, out }) {
    const { writeReport } = await import('../../results/report/write-report.ts')
    const { RecordError } = await import('../../results/record-error.ts')
    try {
      const folder = await findRun(run, userPath(run), PROJECT_FOLDER)
      const file = out === undefined ? join(folder, 'report.html') : userPath(out)
      await writeReport(folder, file)
      printLine(relative('', file) || file)
    } catch (error) {
      throw error instanceof RecordError ? new CommandError(error.message, error.code === 'invalid' ? 2 : 1) : error
    }
  },
})

await runCommandLine({ script: 'report', commands: reportCommand })
