/** `npm run replay`: runs a cell of a record again, in virtual time, and says whether it is the same to the last event. */
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../client/node/command.ts'
import { CommandError } from '../../client/node/command-error.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { userPath } from '../../client/node/npm-run.ts'
import { parseInteger } from '../../client/node/option-values.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))
const CELLS_MAX = 10_000_000

const pathOf = (text: string | undefined) => (text === undefined ? null : userPath(text))

const replayCommand = defineCommand({
  name: 'replay',
  summary: 'Run a recorded cell again and compare it',
  positionals: {
    run: {
      describe: 'The folder of a run, its name under results/, a scenario (its newest run) or latest',
      demandOption: true,
    },
  },
  options: {
    cell: { coerce: parseInteger(0, CELLS_MAX), describe: 'Its number, from 0', defaultDescription: 'the only one' },
    twice: { boolean: true, describe: 'Run it twice now, and show the first event that differs' },
    trace: { describe: 'Write every event of every client to this file, a line each' },
    peer: { describe: 'Only of this client, by name or index, in --trace and --pcap' },
    pcap: { describe: 'Write what one client sends and gets, for Wireshark, in virtual time' },
    against: { describe: 'An earlier trace: show the first event that differs from it' },
    json: { boolean: true, describe: 'Print one JSON object' },
  },
  async run({ run, cell, twice, trace, peer, pcap, against, json }) {
    const { replayFromCommandLine } = await import('./command-replay.ts')
    const { RecordError } = await import('../../results/record-error.ts')
    try {
      return await replayFromCommandLine({
        run: { word: run, path: userPath(run) },
        cellIndex: cell ?? null,
        twice,
        trace: pathOf(trace),
        peer: peer ?? null,
        pcap: pathOf(pcap),
        against: pathOf(against),
        json,
        projectFolder: PROJECT_FOLDER,
        nodeVersion: process.versions.node,
      })
    } catch (error) {
      throw error instanceof RecordError ? new CommandError(error.message, 1) : error
    }
  },
})

await runCommandLine({ script: 'replay', commands: replayCommand })
