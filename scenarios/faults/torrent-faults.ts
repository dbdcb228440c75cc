/** Of .torrent files, metadata and magnet links: before there is a download. */
import type { FaultEntry, FaultTest } from './fault-entry.ts'

const HOSTILE = 'client/metainfo/hostile-torrents.test.ts'
const REFUSED = 'Refused in one line that names the key.'
const SAFE = 'Made safe, and stays below the folder of the torrent; two that become the same stay two.'
const LINE = 'one line on stderr, exit code 2; from a magnet link `metadata-unusable`'
const NONE = 'nothing: the safe name is the name'

function entry(what: string, response: string, told: string, bound: string, ...tests: FaultTest[]): FaultEntry {
  return { fault: `torrent: ${what}`, response, told, bound, tests }
}

function hostile(title: string): FaultTest {
  return { file: HOSTILE, title }
}

const DECODE = 'client/bencode/decode.test.ts'

export const TORRENT_FAULTS: readonly FaultEntry[] = [
  entry('names that climb (../)', SAFE, NONE, '100 folders deep', hostile('names that climb'), {
    file: 'client/metainfo/safe-path.test.ts',
    title: 'a path stays below its folder',
  }),
  entry('absolute names', SAFE, NONE, '100 folders deep', hostile('names that are absolute'), hostile('Windows drive')),
  entry('names with NUL', SAFE, NONE, '240 bytes a name', hostile('names with NUL')),
  entry('reserved names', `${SAFE} Only where the system reserves them.`, NONE, '240 bytes a name', {
    file: 'client/metainfo/safe-path.test.ts',
    title: 'whatever the names are',
  }),
  entry(
    'duplicate paths',
    'Told apart by a number; more than 500 of one name are refused.',
    NONE,
    '500 of one name',
    {
      file: 'client/metainfo/parse-torrent.test.ts',
      title: 'the same name 500 times over',
    },
    hostile('two that become the same'),
  ),
  entry(
    'names with terminal escapes',
    `${SAFE} What is shown is escaped.`,
    NONE,
    '240 bytes a name',
    hostile('terminal escapes'),
    {
      file: 'client/cli/show.test.ts',
      title: 'what others wrote cannot act on the terminal',
    },
  ),
  entry('names with HTML', 'Stay: no page of ours shows them raw.', NONE, '240 bytes a name', hostile('<script>')),
  entry('a harmless odd name', 'Stays as it is.', NONE, '240 bytes a name', hostile('names that are only odd stay')),
  entry(
    '10-million-piece claims',
    REFUSED,
    LINE,
    '2,097,152 pieces; nothing is held for a claim',
    hostile('claims of more pieces'),
    {
      file: 'scenarios/faults/memory.test.ts',
    },
  ),
  entry('zero piece length', REFUSED, LINE, 'from 1 byte to 512 MiB', hostile('piece length')),
  entry('overflow', REFUSED, LINE, 'integers of 20 digits, content of 2^53 bytes', hostile('2^53 bytes'), {
    file: DECODE,
    title: 'a length that overflows 32 bits',
  }),
  entry('endless integers', REFUSED, LINE, '20 digits are read', hostile('integers'), {
    file: DECODE,
    title: 'without an end',
  }),
  entry('nested without end', REFUSED, LINE, '100 levels', hostile('depth'), {
    file: DECODE,
    title: 'lists without an end',
  }),
  entry('more tokens than anybody needs', REFUSED, LINE, '3,000,000 tokens', hostile('tokens')),
  entry('more than 10 MB', REFUSED, LINE, '10 MB', hostile('size')),
  entry('26 bytes that reserve 4 GB', REFUSED, LINE, 'nothing is held for a length', {
    file: DECODE,
    title: '26 bytes that reserve 4 GB',
  }),
  entry(
    'other keys than its own',
    REFUSED,
    LINE,
    'the file once',
    {
      file: 'client/metainfo/parse-torrent.test.ts',
      title: 'a corrupted .torrent is refused in one line',
    },
    { file: 'client/cli/show.test.ts', title: 'is one line and exit code 2' },
  ),
  entry('a magnet link that names what to fetch (xs=)', 'Never looked at.', 'nothing', 'no request', {
    file: 'client/metainfo/magnet.test.ts',
    title: 'what else could be fetched is never looked at',
  }),
  entry(
    'metadata that is no torrent',
    'The magnet ends with one line and exit code 1.',
    '`metadata-unusable` (error)',
    '10 MB',
    {
      file: 'client/metainfo/torrent-from-info.test.ts',
      title: 'is refused in one line',
    },
  ),
]
