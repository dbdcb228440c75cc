/** `npm run gate`: whether the client does in virtual time what `bench/baseline.json` says, to the byte. */
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../client/node/command.ts'
import { usageError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { userPath } from '../../client/node/npm-run.ts'
import { printLine } from '../../client/node/output.ts'
import { nextSignal, SIGNAL_EXIT_CODES } from '../../client/node/signals.ts'
import { exists } from '../../results/folder.ts'
import { BASELINE_FILE, decodeBaseline, differences, encodeBaseline } from './baseline.ts'
import { runGateCells } from './cells.ts'
import { reasonProblem, withReason } from './changelog.ts'
import { verdictText } from './verdict.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

const gateCommand = defineCommand({
  name: 'gate',
  summary: 'Compare what the client does in virtual time with the baseline',
  positionals: {},
  options: {
    accept: { describe: 'Write the baseline anew; the reason goes into CHANGELOG.md' },
    summary: { describe: 'Write the verdict as Markdown to this file too' },
  },
  async run({ accept, summary }) {
    const problem = accept === undefined ? null : reasonProblem(accept)
    if (problem !== null) throw usageError(problem)
    const controller = new AbortController()
    const interrupted = nextSignal()
    void interrupted.then(() => controller.abort())
    const is = await runGateCells(controller.signal)
    if (is === null) return SIGNAL_EXIT_CODES[await interrupted]

    const file = join(PROJECT_FOLDER, BASELINE_FILE)
    const text = (await exists(file)) ? await readFile(file, 'utf8') : '{}'
    // What --accept replaces need not be readable.
    if (accept !== undefined && text === encodeBaseline(is)) {
      printLine('nothing to accept: the baseline holds')
      return 0
    }
    if (accept !== undefined) {
      const changelog = join(PROJECT_FOLDER, 'CHANGELOG.md')
      const changed = withReason(await readFile(changelog, 'utf8'), accept)
      await writeFile(file, encodeBaseline(is))
      await writeFile(changelog, changed)
      printLine(`${BASELINE_FILE} written anew, the reason is in CHANGELOG.md`)
      return 0
    }
    const found = differences(decodeBaseline(text), is)
    const verdict = verdictText(found, is, text === encodeBaseline(is))
    printLine(verdict)
    if (summary !== undefined) await writeFile(userPath(summary), `${verdict}\n`)
    const stepSummary = process.env.GITHUB_STEP_SUMMARY
    if (stepSummary !== undefined && stepSummary !== '') await appendFile(stepSummary, `${verdict}\n`)
    return text === encodeBaseline(is) ? 0 : 1
  },
})

await runCommandLine({ script: 'gate', commands: gateCommand })
