/** Of trackers, HTTP and UDP. */
import type { FaultEntry, FaultTest } from './fault-entry.ts'

const FAULTS: FaultTest = { file: 'tracker-mock/faults.test.ts' }
const LATER = 'The next tracker is asked at once, this one again after 1 s, 2 s, 4 s …'
const FAILED = ['announce-failed'] as const
const ANNOUNCED = ['announced'] as const
const BODY = '1 MiB of answer, unpacked or not'

function entry(
  what: string,
  response: string,
  told: FaultEntry['told'],
  bound: string,
  ...more: FaultTest[]
): FaultEntry {
  return { fault: `tracker: ${what}`, response, told, bound, tests: [FAULTS, ...more] }
}

export const TRACKER_FAULTS: readonly FaultEntry[] = [
  entry('time-out', 'Given up after 15 s (HTTP) or 30 s (UDP), 5 s where another can be asked.', FAILED, '30 s'),
  entry('refused', `${LATER}; its words are told.`, FAILED, 'a connection'),
  entry('HTTP 500', LATER, FAILED, 'a connection'),
  entry('redirect', 'Followed five times, to http and https only; then it has failed.', FAILED, 'five requests'),
  entry('other schemes', 'Not asked; told once.', FAILED, 'nothing'),
  entry('not bencoded', LATER, FAILED, BODY),
  entry('an answer of 100 MB', `Left as soon as it is too long. ${LATER}`, FAILED, BODY),
  entry(
    'an answer of 1 GB',
    `Left as soon as it is too long, a gzip bomb too. ${LATER}`,
    FAILED,
    `${BODY}; 200 MB of memory`,
    {
      file: 'client/node/http.test.ts',
      title: 'a gzip bomb (64 MiB from 64 KiB)',
    },
  ),
  entry('26 bytes that claim a 4 GB string', LATER, FAILED, 'nothing is held for it'),
  entry(
    'an interval',
    'Below 5 s counts as 5 s, 0 and less as 30 min, more than a day as a day.',
    ANNOUNCED,
    'an announce in 5 s',
  ),
  entry(
    'our own address among the peers',
    'Left out; where it comes all the same it is dialled once.',
    ANNOUNCED,
    'one dial',
  ),
  entry(
    'thousands of dead peers',
    'Dials 200 a second while they refuse at once, 30 at the same time; each again ever later.',
    ['announced', 'peer-connecting', 'peer-closed'],
    '3,000 addresses; the honest one among them is found within a minute',
    { file: 'scenarios/faults/swarms.test.ts' },
    { file: 'client/swarm/known-peers.bounds.test.ts', title: '3,000 addresses of which one is alive' },
  ),
  entry('numbers where bytes are due', LATER, FAILED, BODY),
]
