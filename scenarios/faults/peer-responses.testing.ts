/** For each hostile kind (seeder/hostile-kinds), what the client does about it when it meets it alone. */
import { BLOCK_BYTES } from '../../client/metainfo/geometry.ts'
import { PIECE_BYTES, TOTAL_BYTES } from './fault-stage.testing.ts'
import {
  BAD_DATA,
  banned,
  closed,
  closedForEver,
  closedThenServed,
  FLOOD,
  fault,
  LATE,
  leftAlone,
  REFUSED,
  type Response,
  SNUBBED,
  served,
  UNASKED_BYTES,
  unheard,
  waitedFor,
} from './responses.testing.ts'

const MESSAGE_FLOOD = fault('message.flood')
const UNSOLICITED = fault('block.unsolicited', '65')
const ONE_BLOCK = { takenBytesMax: BLOCK_BYTES }
/** A pipeline of them before it is snubbed, then one every 10 s; 64 at most. */
const WRONG_BLOCKS = leftAlone({ ...SNUBBED, takenBytesMax: 64 * BLOCK_BYTES, overheadBytesMax: 2_000 })
const HALF_BLOCKS = { overheadBytesMax: 5 * BLOCK_BYTES }
const NOT_A_DICTIONARY = closed(fault('extension.bencode'))
const NO_LENGTH = closed(fault('frame.length', '1'))
const FLOODS = closed(MESSAGE_FLOOD, { ...FLOOD, takenBytesMax: TOTAL_BYTES, sentBytesMax: 200_000 })
const FLOODS_BUT_SERVES = closedThenServed(MESSAGE_FLOOD, 2, FLOOD)
const ASKS_WRONGLY = closedThenServed(REFUSED, 1)
const HANDSHAKE_FAULT = unheard(fault('handshake.protocol', String.raw`byte \d+ at offset 0`), 10)
const HANDSHAKE_LATE = unheard('handshake timed out', 9)
const OTHER_METADATA = banned(/^sent metadata that does not match the infohash$/, { takenBytesMax: 0 })
const ANY_REQUEST = new RegExp(`(?:${REFUSED.source}|${LATE.source})`)

export const PEER_RESPONSES: Readonly<Record<string, Response>> = {
  'closes-mid-block': closed('closed by the peer', HALF_BLOCKS),
  'resets-mid-block': closed('reset by the peer', HALF_BLOCKS),
  'stalls-after-unchoke': waitedFor(SNUBBED),
  'stalls-mid-piece': waitedFor({ ...SNUBBED, ...ONE_BLOCK }),
  'never-unchokes': waitedFor(),
  'chokes-mid-piece': waitedFor(ONE_BLOCK),
  'flaps-choke': closed(MESSAGE_FLOOD, { ...ONE_BLOCK, ...FLOOD, sentBytesMax: 150_000 }),
  'trickles-a-byte-a-second': leftAlone(SNUBBED),
  'handshake-byte-by-byte': HANDSHAKE_LATE,

  'corrupts-one-block': banned(BAD_DATA),
  'corrupts-some-blocks': banned(BAD_DATA),
  'corrupts-all-blocks': banned(BAD_DATA),
  'wrong-block-shorter': WRONG_BLOCKS,
  'wrong-block-longer': closed(fault('frame.length', '16394')),
  'wrong-block-empty': closed(fault('frame.length', '9')),
  'wrong-block-offset': WRONG_BLOCKS,
  'wrong-block-other-block': WRONG_BLOCKS,
  'wrong-block-index': WRONG_BLOCKS,
  'wrong-block-no-such-piece': WRONG_BLOCKS,
  'unsolicited-blocks': closed(UNSOLICITED, { ...FLOOD, takenBytesMax: UNASKED_BYTES }),
  'unsolicited-wrong-blocks': banned(BAD_DATA, {
    ...FLOOD,
    takenBytesMax: 2 * 64 * BLOCK_BYTES,
    endsToo: closed(UNSOLICITED).ends,
  }),
  'duplicate-blocks': closed(UNSOLICITED, { ...FLOOD, takenBytesMax: UNASKED_BYTES }),

  'bitfield-too-short': closed(fault('bitfield.length', '2 bytes')),
  'bitfield-too-long': closed(fault('bitfield.length', '4 bytes')),
  'bitfield-spare-bits': closed(fault('bitfield.spare-bits', 'ones')),
  'bitfield-twice': served(),
  'bitfield-late': served(),
  'bitfield-then-have-none': closed(fault('have-none.late')),
  'bitfield-of-another-count-before-the-metadata': closed(fault('bitfield.length', '4 bytes')),
  'have-beyond': closed(fault('have.piece', '17')),
  'have-4-gib': closed(fault('have.piece', '4294967295')),
  'have-flood': FLOODS_BUT_SERVES,
  'keep-alive-flood': FLOODS_BUT_SERVES,
  'claims-all-ignores-requests': waitedFor(SNUBBED),
  'claims-all-rejects-requests': {
    ...closed(fault('reject.flood'), { overheadBytesMax: 20_000, sentBytesMax: 20_000 }),
    dials: 4,
    ends: closed(fault('reject.flood')).ends.slice(0, 3),
  },
  'claims-all-has-half': leftAlone({ ...SNUBBED, takenBytesMax: TOTAL_BYTES / 2 + PIECE_BYTES }),
  'claims-all-has-half-and-rejects': {
    ...closed(fault('reject.flood'), { takenBytesMax: TOTAL_BYTES / 2 + PIECE_BYTES, sentBytesMax: 20_000 }),
    dials: 2,
    ends: closed(fault('reject.flood')).ends.slice(0, 1),
  },
  'rejects-half': leftAlone({ takenBytesMax: TOTAL_BYTES }),

  'length-4-gib': closed(fault('frame.too-long', '4294967295')),
  'length-2-gib': closed(fault('frame.too-long', '2147483648')),
  'length-over-1-mib': closed(fault('frame.too-long', '1048577')),
  'unknown-id': served(),
  'unknown-id-flood': closedThenServed(MESSAGE_FLOOD, 2, { overheadBytesMax: 300_000 }),
  'have-of-no-length': NO_LENGTH,
  'bitfield-of-no-length': closed(fault('bitfield.length', '0 bytes')),
  'request-of-no-length': NO_LENGTH,
  'piece-of-no-length': NO_LENGTH,
  'extended-of-no-length': NO_LENGTH,
  'choke-with-a-payload': closed(fault('frame.length', '2')),
  'truncated-message': closed('closed by the peer'),
  'truncated-length': closed('closed by the peer'),
  'noise-behind-handshake': closed(fault('frame.too-long', String.raw`\d+`)),

  'handshake-garbage': HANDSHAKE_FAULT,
  'handshake-never': HANDSHAKE_LATE,
  'handshake-cut-short': HANDSHAKE_LATE,
  'handshake-other-infohash': unheard(fault('handshake.infohash', '[0-9a-f]{40}'), 10),
  'handshake-own-peer-id': closedForEver(fault('handshake.self', 'our own')),
  'handshake-encrypted': HANDSHAKE_FAULT,
  'handshake-v2-bit': served(),
  'handshake-all-bits': served(),
  'escapes-in-peer-id': served(),

  'request-flood': closed(REFUSED, { takenBytesMax: 5 * 2 * BLOCK_BYTES, overheadBytesMax: 40_000 }),
  'requests-beyond-piece': ASKS_WRONGLY,
  'requests-no-such-piece': ASKS_WRONGLY,
  'requests-overflow': ASKS_WRONGLY,
  'requests-empty': ASKS_WRONGLY,
  'requests-over-16-kib': ASKS_WRONGLY,
  'requests-while-choked': closedThenServed(ANY_REQUEST, 2, { overheadBytesMax: 40_000 }),

  'extension-handshake-huge': closed(fault('extension.too-long', '1000018'), { overheadBytesMax: 5_100_000 }),
  'extension-handshake-many-names': closed(fault('extension.bencode'), { overheadBytesMax: 200_000 }),
  'extension-handshake-nested': closed(fault('extension.bencode'), { overheadBytesMax: 110_000 }),
  'extension-handshake-nested-open': closed(fault('extension.bencode'), { overheadBytesMax: 60_000 }),
  'extension-handshake-not-bencoded': NOT_A_DICTIONARY,
  'extension-handshake-not-a-dictionary': NOT_A_DICTIONARY,
  'extension-handshake-empty': NOT_A_DICTIONARY,
  'extension-handshake-cut-off': NOT_A_DICTIONARY,
  'extension-handshake-wrong-types': served(),
  'extension-handshake-wrong-values': served(),
  'extension-handshake-zero-reqq': served(),
  'extension-handshake-escapes': served(),
  'metadata-too-small': OTHER_METADATA,
  'metadata-too-large': OTHER_METADATA,
  'metadata-other-size-in-data': banned(/^sent metadata of another size than it announced$/, { takenBytesMax: 0 }),
  'metadata-short-data': closed(fault('metadata.data', '425')),
  'metadata-wrong-hash': OTHER_METADATA,
  'metadata-rejects': waitedFor(),
  'metadata-ignores': waitedFor(),
  'metadata-gigabytes': closed(fault('metadata.size', '4294967295')),
  'metadata-unasked': served({ overheadBytesMax: 1_000 * 500 + 12_000 }),
  'pex-flood': closed(fault('pex.flood'), { takenBytesMax: 5 * 2 * BLOCK_BYTES, overheadBytesMax: 60_000 }),

  'have-beyond-flood': closed(fault('have.piece', '17')),
  'interest-flood': FLOODS,
  'choke-flood': FLOODS,
  'cancel-flood': closedThenServed(MESSAGE_FLOOD, 2, FLOOD),
  'reject-flood': closed(fault('reject.unsolicited', '65'), { takenBytesMax: 5 * 2 * BLOCK_BYTES }),
  'suggest-flood': FLOODS_BUT_SERVES,
  'allowed-fast-flood': FLOODS_BUT_SERVES,
  'bitfield-flood': FLOODS_BUT_SERVES,
  'port-flood': FLOODS_BUT_SERVES,
  'extension-handshake-flood': FLOODS,
  'dont-have-flood': FLOODS,
  'metadata-request-flood': closedThenServed(MESSAGE_FLOOD, 2, { overheadBytesMax: 400_000, sentBytesMax: 400_000 }),

  'resets-who-comes': unheard('reset by the peer', 10),
  'drops-and-comes-back': {
    ...served(),
    summary: 'dialled again, and served by it',
    dials: 2,
    ends: [closed('reset by the peer').ends[0], served().ends[0]],
  },
}
