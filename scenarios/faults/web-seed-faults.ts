/** Of web seeds (BEP 19). */
import type { FaultEntry, FaultTest } from './fault-entry.ts'

const FILE = 'simulator/http-web-seeds.test.ts'
const BOUND = 'four requests, of which nothing is kept'
const FAILED = ['web-seed-failed'] as const

function entry(
  what: string,
  kind: string,
  response: string,
  bound = BOUND,
  more: readonly FaultTest[] = [],
): FaultEntry {
  const told = FAILED
  return {
    fault: `web seed: ${what}`,
    response,
    told,
    bound,
    tests: [{ file: FILE, title: `web seed ${kind}` }, ...more],
  }
}

const OVER = 'Never asked again; peers and other web seeds give what it was asked for.'
const LATER = 'Asked again after 1 s, 2 s, 4 s …; others give what it was asked for.'

export const WEB_SEED_FAULTS: readonly FaultEntry[] = [
  entry('wrong range', 'wrong-range:', OVER),
  entry('other length', 'other-length:', OVER),
  entry('body shorter than its range', 'short-body:', OVER),
  entry('endless body', 'endless-body:', OVER, 'what was asked for, and a byte', [
    { file: 'client/node/http.test.ts', title: 'a body of 100 MB' },
    { file: 'client/node/http.test.ts', title: 'never ends its body' },
  ]),
  entry('redirect to a local address', 'redirect:', OVER, 'nothing is sent there', [
    { file: 'client/node/http.test.ts', title: 'from a global address to the local' },
    { file: 'client/node/http.test.ts', title: 'a range of a URL with a query' },
  ]),
  entry('no ranges', 'ignores-ranges:', OVER),
  entry('HTTP 404', 'not-found:', OVER),
  entry('HTTP 503', 'unavailable:', 'Asked again when it says, or after 1 s, 2 s, 4 s …'),
  entry('connection reset', 'resets:', LATER),
  entry('no answer', 'hangs:', LATER, '10 s for what it was asked for'),
  entry('1 byte/s', '1 byte/s:', LATER, '10 s for what it was asked for'),
  entry('corrupt bytes', 'corrupt:', 'Banned for its first bad piece.', 'three pieces'),
  entry(
    'nine of ten are bad',
    'nine faulty ones',
    'The tenth finishes the download.',
    'half as long again as it takes alone',
  ),
  {
    fault: 'web seed: a URL that is none',
    response: 'Told at the start, and never asked.',
    told: FAILED,
    bound: '100 are told',
    tests: [{ file: 'client/swarm/web-seed-urls.test.ts', title: 'of the list in a torrent' }],
  },
]
