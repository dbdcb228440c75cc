/**
 * Every way in which a peer is hostile, by name: what tests and scenarios play against a client, one by one and mixed.
 *
 * Each holds from the start, for every connection, and goes on until the client has had enough; the peer dials nobody
 * and is otherwise honest. A script is data: it can be given more steps, or a `when` of its own.
 */
import type { ScriptStep } from './script.ts'

export interface HostileKind {
  readonly name: string
  readonly fault: Fault
  readonly script: readonly ScriptStep[]
  /** It bites only who came by a magnet link; anybody else finds it honest. */
  readonly onlyMagnet?: true
}

/** What a peer can do wrong; for each there is a kind, or several. */
export const FAULTS = [
  'closes or resets mid-block',
  'stalls after unchoke',
  'never unchokes',
  'chokes mid-piece with requests outstanding',
  'flaps choke and unchoke',
  '1 byte a second',
  'handshake byte by byte',
  'corrupts one block',
  'corrupts some blocks',
  'corrupts all blocks',
  'block of wrong length, offset or index',
  'unsolicited blocks',
  'duplicate blocks',
  'bitfield too short',
  'bitfield too long',
  'bitfield with spare bits set',
  'bitfield twice',
  'bitfield late',
  'bitfield before the metadata',
  'have beyond the last piece',
  'have flood',
  'keep-alive flood',
  'lies in its bitfield',
  'message length of 4 GiB',
  'unknown ids',
  'zero length where impossible',
  'truncated messages',
  'garbage instead of a handshake',
  'other infohash',
  "the client's own peer id",
  'encrypted attempt',
  'v2 bit on a v1 torrent',
  'request flood',
  'requests beyond the piece',
  'requests over 16 KiB',
  'requests while choked',
  'extension handshake that is huge',
  'extension handshake nested 10,000 deep',
  'extension handshake that is not bencoded',
  'metadata of wrong size',
  'metadata of wrong hash',
  'metadata of gigabytes announced',
  'metadata that nobody asked for',
  'metadata that never comes',
  'PEX flood',
  'flood of other messages',
  'text that acts on a terminal or a page',
  'comes and goes',
] as const

export type Fault = (typeof FAULTS)[number]

const START = { afterStartMs: 0 }
const SPEAKS = step('speak')

export const HOSTILE_KINDS: readonly HostileKind[] = [
  kind('closes-mid-block', 'closes or resets mid-block', step('cut-block', { how: 'fin' })),
  kind('resets-mid-block', 'closes or resets mid-block', step('cut-block', { how: 'reset' })),
  kind('stalls-after-unchoke', 'stalls after unchoke', step('stall')),
  kind('stalls-mid-piece', 'stalls after unchoke', { when: { bytesServed: 1 }, do: { behaviour: 'stall' } }),
  kind('never-unchokes', 'never unchokes', step('choke')),
  kind('chokes-mid-piece', 'chokes mid-piece with requests outstanding', {
    when: { bytesServed: 1 },
    do: { behaviour: 'choke' },
  }),
  kind('flaps-choke', 'flaps choke and unchoke', {
    when: { afterUnchokeMs: 0 },
    do: { behaviour: 'choke', forMs: 20, flap: true },
  }),
  kind('trickles-a-byte-a-second', '1 byte a second', { when: { sent: 'unchoke' }, do: { behaviour: 'trickle' } }),
  kind('handshake-byte-by-byte', 'handshake byte by byte', step('handshake', { how: 'byte-by-byte', everyMs: 500 })),

  kind('corrupts-one-block', 'corrupts one block', step('corrupt', { blocks: 1 })),
  kind('corrupts-some-blocks', 'corrupts some blocks', step('corrupt', { share: 0.2 })),
  kind('corrupts-all-blocks', 'corrupts all blocks', step('corrupt')),
  ...(['shorter', 'longer', 'empty', 'offset', 'other-block', 'index', 'no-such-piece'] as const).map((how) =>
    kind(`wrong-block-${how}`, 'block of wrong length, offset or index', step('wrong-block', { how })),
  ),
  kind('unsolicited-blocks', 'unsolicited blocks', step('unsolicited')),
  kind('unsolicited-wrong-blocks', 'unsolicited blocks', step('unsolicited', { content: 'wrong' })),
  kind('duplicate-blocks', 'duplicate blocks', step('duplicate', { times: 5 })),

  kind('bitfield-too-short', 'bitfield too short', step('bitfield', { how: 'too-short' })),
  kind('bitfield-too-long', 'bitfield too long', step('bitfield', { how: 'too-long' })),
  kind('bitfield-spare-bits', 'bitfield with spare bits set', step('bitfield', { how: 'spare-bits' })),
  kind('bitfield-twice', 'bitfield twice', step('bitfield', { how: 'twice' })),
  kind('bitfield-late', 'bitfield late', step('bitfield', { how: 'late' })),
  kind('bitfield-then-have-none', 'bitfield twice', SPEAKS, step('bitfield', { how: 'then-have-none' })),
  kind(
    'bitfield-of-another-count-before-the-metadata',
    'bitfield before the metadata',
    step('speak', { fast: false }),
    step('bitfield', { how: 'too-long' }),
  ),
  kind('have-beyond', 'have beyond the last piece', step('send', { message: { type: 'have', piece: 'beyond' } })),
  kind('have-4-gib', 'have beyond the last piece', step('send', { message: { type: 'have', piece: 0xffff_ffff } })),
  kind('have-flood', 'have flood', flood('have')),
  kind('keep-alive-flood', 'keep-alive flood', flood('keep-alive')),
  kind('claims-all-ignores-requests', 'lies in its bitfield', step('deny', { how: 'ignore' })),
  kind('claims-all-rejects-requests', 'lies in its bitfield', SPEAKS, step('deny', { how: 'reject' })),
  kind('claims-all-has-half', 'lies in its bitfield', step('hold', { share: 0.5, claim: 'all' })),
  kind('claims-all-has-half-and-rejects', 'lies in its bitfield', SPEAKS, step('hold', { share: 0.5, claim: 'all' })),
  kind('rejects-half', 'lies in its bitfield', SPEAKS, step('deny', { how: 'reject', share: 0.5 })),

  kind('length-4-gib', 'message length of 4 GiB', step('malformed', { how: 'length-4-gib' })),
  kind('length-2-gib', 'message length of 4 GiB', step('malformed', { how: 'length-2-gib' })),
  kind('length-over-1-mib', 'message length of 4 GiB', step('malformed', { how: 'length-over-1-mib' })),
  kind('unknown-id', 'unknown ids', step('malformed', { how: 'unknown-id' })),
  kind('unknown-id-flood', 'unknown ids', flood('unknown')),
  ...(['have', 'bitfield', 'request', 'piece', 'extended'] as const).map((of) =>
    kind(`${of}-of-no-length`, 'zero length where impossible', step('malformed', { how: 'id-alone', of })),
  ),
  kind('choke-with-a-payload', 'truncated messages', step('malformed', { how: 'too-long' })),
  kind('truncated-message', 'truncated messages', step('malformed', { how: 'truncated' })),
  kind('truncated-length', 'truncated messages', step('malformed', { how: 'head-alone' })),
  kind('noise-behind-handshake', 'truncated messages', step('malformed', { how: 'noise' })),

  ...(['garbage', 'never', 'cut-short'] as const).map((how) =>
    kind(`handshake-${how}`, 'garbage instead of a handshake', step('handshake', { how })),
  ),
  kind('handshake-other-infohash', 'other infohash', step('handshake', { how: 'other-infohash' })),
  kind('handshake-own-peer-id', "the client's own peer id", step('handshake', { how: 'own-peer-id' })),
  kind('handshake-encrypted', 'encrypted attempt', step('handshake', { how: 'encrypted' })),
  kind('handshake-v2-bit', 'v2 bit on a v1 torrent', step('handshake', { how: 'v2-bit' })),
  kind('handshake-all-bits', 'v2 bit on a v1 torrent', step('handshake', { how: 'all-bits' })),
  kind(
    'escapes-in-peer-id',
    'text that acts on a terminal or a page',
    step('handshake', { how: 'escapes-in-peer-id' }),
  ),

  kind('request-flood', 'request flood', flood('request', 5_000)),
  kind('requests-beyond-piece', 'requests beyond the piece', step('ask', { how: 'beyond-piece' })),
  kind('requests-no-such-piece', 'requests beyond the piece', step('ask', { how: 'no-such-piece' })),
  kind('requests-overflow', 'requests beyond the piece', step('ask', { how: 'overflow' })),
  kind('requests-empty', 'requests beyond the piece', step('ask', { how: 'empty' })),
  kind('requests-over-16-kib', 'requests over 16 KiB', step('ask', { how: 'too-long' })),
  kind('requests-while-choked', 'requests while choked', step('ask', { how: 'while-choked', perSecond: 200 })),

  ...(
    [
      ['huge', 'extension handshake that is huge'],
      ['many-names', 'extension handshake that is huge'],
      ['nested', 'extension handshake nested 10,000 deep'],
      ['nested-open', 'extension handshake nested 10,000 deep'],
      ['not-bencoded', 'extension handshake that is not bencoded'],
      ['not-a-dictionary', 'extension handshake that is not bencoded'],
      ['empty', 'extension handshake that is not bencoded'],
      ['cut-off', 'extension handshake that is not bencoded'],
      ['wrong-types', 'extension handshake that is not bencoded'],
      ['wrong-values', 'extension handshake that is not bencoded'],
      ['zero-reqq', 'extension handshake that is not bencoded'],
      ['escapes', 'text that acts on a terminal or a page'],
    ] as const
  ).map(([how, fault]) => kind(`extension-handshake-${how}`, fault, step('extension-handshake', { how }))),
  ...(
    [
      ['too-small', 'metadata of wrong size'],
      ['too-large', 'metadata of wrong size'],
      ['other-size-in-data', 'metadata of wrong size'],
      ['short-data', 'metadata of wrong size'],
      ['wrong-hash', 'metadata of wrong hash'],
      ['rejects', 'metadata that never comes'],
      ['ignores', 'metadata that never comes'],
    ] as const
  ).map(([how, fault]) => onlyMagnet(kind(`metadata-${how}`, fault, step('metadata', { how })))),
  kind('metadata-gigabytes', 'metadata of gigabytes announced', step('metadata', { how: 'gigabytes' })),
  kind('metadata-unasked', 'metadata that nobody asked for', step('metadata', { how: 'unasked' })),
  kind('pex-flood', 'PEX flood', flood('pex', 100)),
  ...(
    [
      'have-beyond',
      'interest',
      'choke',
      'cancel',
      'reject',
      'suggest',
      'allowed-fast',
      'bitfield',
      'port',
      'extension-handshake',
      'dont-have',
      'metadata-request',
    ] as const
  ).map((what) => kind(`${what}-flood`, 'flood of other messages', SPEAKS, flood(what))),

  kind('resets-who-comes', 'comes and goes', step('refuse', { how: 'reset' })),
  kind('drops-and-comes-back', 'comes and goes', {
    when: { bytesServed: 1 },
    do: { behaviour: 'drop', how: 'reset', comeBackAfterMs: 1_000 },
  }),
]

function kind(name: string, fault: Fault, ...script: readonly ScriptStep[]): HostileKind {
  return { name, fault, script }
}

function onlyMagnet(each: HostileKind): HostileKind {
  return { ...each, onlyMagnet: true }
}

function step(behaviour: string, options: object = {}): ScriptStep {
  return { when: START, do: { behaviour, ...options } }
}

/** For a hundred seconds, or twenty of thousands a second. */
function flood(what: string, perSecond = 1_000): ScriptStep {
  return step('flood', { what, perSecond, count: 100_000 })
}
