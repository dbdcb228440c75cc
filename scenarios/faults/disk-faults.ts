/** Of the disk below the download. */
import type { FaultEntry, FaultTest } from './fault-entry.ts'

const NODE: FaultTest = { file: 'client/node/files.test.ts' }
const SIMULATED: FaultTest = { file: 'simulator/compliance.test.ts' }
const RESUMED: FaultTest = { file: 'client/node/files-resume.test.ts' }
const ENDS = 'The download ends with one line and exit code 1, and nothing more is asked for; what was stored stays.'

function entry(what: string, response: string, bound: string, ...tests: FaultTest[]): FaultEntry {
  return { fault: `disk: ${what}`, response, told: ['storage-failed'], bound, tests }
}

export const DISK_FAULTS: readonly FaultEntry[] = [
  entry('full', ENDS, 'what is under way: 64 MiB', NODE, { file: 'simulator/storage.test.ts' }),
  entry('read-only', `${ENDS} To seed from it is no fault.`, 'nothing', NODE, { file: 'simulator/storage.test.ts' }),
  entry('removed under it', `${ENDS} The file is not made again.`, 'a second, then 64 MiB', NODE, SIMULATED, RESUMED),
  entry('a file shorter than expected', `${ENDS} At the next start its rest is missing.`, 'a second', NODE, SIMULATED),
  entry(
    'a file longer than expected',
    'Refused at the start, and never cut; where it grows later the download ends.',
    'a second',
    NODE,
    SIMULATED,
  ),
  entry(
    'an error, and the same block again',
    ENDS,
    'one write',
    { file: 'scenarios/swarm-behaviour.test.ts', title: 'a disk that fails' },
    { file: 'client/cli/download.test.ts', title: 'an output folder that is a file' },
  ),
  {
    fault: 'disk: a resume state that lies',
    response: 'It is not used: every piece is verified from the disk.',
    told: ['resume-state-rejected'],
    bound: 'one reading of the content',
    tests: [
      { file: 'client/swarm/disk-check.test.ts', title: 'a state that lies' },
      { file: 'simulator/storage.test.ts', title: 'a state that lies' },
    ],
  },
]
