/** Of peers. Each has a kind in seeder/hostile-kinds, or several. */
import type { Fault } from '../../seeder/hostile-kinds.ts'
import type { FaultEntry, FaultTest } from './fault-entry.ts'

type PeerEntry = Omit<FaultEntry, 'fault' | 'tests'> & { readonly alsoTestedBy?: readonly FaultTest[] }

const PEERS: FaultTest = { file: 'scenarios/faults/peers.test.ts' }
const SWARMS: FaultTest = { file: 'scenarios/faults/swarms.test.ts' }
const UPLOADS: FaultTest = { file: 'scenarios/faults/uploads.test.ts' }
const MEMORY: FaultTest = { file: 'scenarios/faults/memory.test.ts' }

function unit(file: string, title: string): FaultTest {
  return { file: `client/${file}`, title }
}

const CLOSED = ['peer-closed'] as const
const SNUBBED = ['peer-snubbed', 'peer-closed'] as const
const BANNED = ['piece-failed', 'peer-banned', 'peer-closed'] as const
const AGAIN = 'dials it ever later'
const NO_BYTES = 'no payload'
const FLOOD = '4,000 useless messages at once, 200 a second for ever; others cost up to 20 of them'

const ENTRIES: Readonly<Record<Fault, PeerEntry>> = {
  'closes or resets mid-block': {
    response: `Forgets the part, asks others for the block; ${AGAIN}.`,
    told: CLOSED,
    bound: 'a block a dial',
  },
  'stalls after unchoke': {
    response: 'Snubs it after 10 s: others are asked for what it owes, it for one block at a time; closes it as idle.',
    told: SNUBBED,
    bound: 'one block outstanding, a place for 4 min, or for 30 s where others wait for one',
  },
  'never unchokes': {
    response: 'Waits, asks others; closes it as idle, or for another peer that waits for its place.',
    told: CLOSED,
    bound: 'a place for 4 min, or for 30 s where others wait for one',
  },
  'chokes mid-piece with requests outstanding': {
    response: 'Asks others for what it owes; goes on with it where it unchokes.',
    told: ['peer-choked', 'peer-closed'],
    bound: 'a place for 4 min, or for 30 s where others wait for one',
  },
  'flaps choke and unchoke': {
    response: `Closes it as a flood; ${AGAIN}.`,
    told: ['peer-choked', 'peer-unchoked', 'peer-closed'],
    bound: '400 changes at once, 20 a second for ever',
    alsoTestedBy: [unit('peer/peer-connection.flood.test.ts', 'flaps choke/unchoke:')],
  },
  '1 byte a second': {
    response: 'Snubs it after 10 s without a whole block; asks it for one block at a time.',
    told: ['peer-snubbed'],
    bound: 'one block outstanding, a place',
    alsoTestedBy: [unit('peer/peer-connection.hostile.test.ts', 'stalls after unchoke, 1 byte/s:')],
  },
  'handshake byte by byte': {
    response: `Takes it where it is whole within 10 s; else closes it, and ${AGAIN}.`,
    told: CLOSED,
    bound: '67 bytes, 10 s, a place among the half-open',
    alsoTestedBy: [unit('wire/handshake.test.ts', 'a handshake is read byte by byte')],
  },
  'corrupts one block': {
    response: 'Bans the one sender of the block that differs from the good copy; the sole sender of a piece at once.',
    told: BANNED,
    bound: 'three pieces',
    alsoTestedBy: [unit('pieces/blame.test.ts', '')],
  },
  'corrupts some blocks': {
    response: 'Bans it, and nobody else; its blocks come from others.',
    told: BANNED,
    bound: 'three pieces',
    alsoTestedBy: [{ file: 'scenarios/swarm-behaviour-faults.test.ts', title: 'peers that corrupt some blocks' }],
  },
  'corrupts all blocks': {
    response: 'Bans it for its first piece; its host is not dialled nor let in again.',
    told: BANNED,
    bound: 'three pieces; never 6 MiB',
    alsoTestedBy: [{ file: 'scenarios/swarm-behaviour-faults.test.ts', title: 'a peer that corrupts every block' }],
  },
  'block of wrong length, offset or index': {
    response: `Ignores it and waits for the right one; closes after 64, at once where it is too long or empty; ${AGAIN}.`,
    told: ['block-received', 'peer-snubbed', 'peer-closed'],
    bound: '64 blocks a dial',
  },
  'unsolicited blocks': {
    response: `Ignores 64, closes at the 65th; ${AGAIN}.`,
    told: ['block-received', 'peer-closed'],
    bound: '64 blocks a dial',
    alsoTestedBy: [unit('peer/peer-connection.requests.test.ts', 'blocks that nobody asked for')],
  },
  'duplicate blocks': {
    response: `Counts them as unsolicited: ignores 64, closes at the 65th; ${AGAIN}.`,
    told: ['block-received', 'peer-closed'],
    bound: '64 blocks a dial',
  },
  'bitfield too short': { response: `Closes it; ${AGAIN}.`, told: CLOSED, bound: NO_BYTES },
  'bitfield too long': { response: `Closes it; ${AGAIN}.`, told: CLOSED, bound: `${NO_BYTES}, 1 MiB of the message` },
  'bitfield with spare bits set': {
    response: `Closes it; ${AGAIN}.`,
    told: CLOSED,
    bound: NO_BYTES,
    alsoTestedBy: [unit('wire/bitfield.test.ts', 'a spare bit that is set is told')],
  },
  'bitfield twice': {
    response: 'Takes the second as more pieces; have-none after pieces closes.',
    told: ['peer-has', 'peer-closed'],
    bound: 'nothing',
    alsoTestedBy: [unit('peer/peer-connection.flood.test.ts', 'bitfield twice, late:')],
  },
  'bitfield late': { response: 'Takes it.', told: ['peer-has'], bound: 'nothing' },
  'bitfield before the metadata': {
    response: 'Keeps it until the metadata is here, and closes where its length is another then.',
    told: ['peer-has', 'peer-closed'],
    bound: '1 bit a piece, 500,000 pieces',
    alsoTestedBy: [
      unit('peer/peer-connection.magnet.test.ts', 'what comes before the metadata'),
      unit('peer/peer-connection.magnet.test.ts', 'a peer is closed when the metadata shows that it sent'),
    ],
  },
  'have beyond the last piece': { response: `Closes it; ${AGAIN}.`, told: CLOSED, bound: NO_BYTES },
  'have flood': { response: `Closes it as a flood; ${AGAIN}.`, told: CLOSED, bound: FLOOD },
  'keep-alive flood': { response: `Closes it as a flood; ${AGAIN}.`, told: CLOSED, bound: FLOOD },
  'lies in its bitfield': {
    response: 'Snubs who ignores requests; asks who rejects them for other pieces, closes after 256 rejects in a row.',
    told: ['peer-snubbed', 'block-refused', 'peer-closed'],
    bound: 'one block outstanding; each piece asked for once in 30 s',
  },
  'message length of 4 GiB': {
    response: `Closes it on the fourth byte of the length; ${AGAIN}.`,
    told: CLOSED,
    bound: 'nothing is held; 1 MiB is the longest message',
    alsoTestedBy: [unit('wire/decoder.test.ts', 'the length of a frame'), MEMORY],
  },
  'unknown ids': { response: 'Ignores them; a flood of them closes.', told: CLOSED, bound: FLOOD },
  'zero length where impossible': {
    response: `Closes it; ${AGAIN}.`,
    told: CLOSED,
    bound: NO_BYTES,
    alsoTestedBy: [unit('wire/decoder.test.ts', 'the length of a frame of')],
  },
  'truncated messages': { response: `Closes it, or is closed by it; ${AGAIN}.`, told: CLOSED, bound: NO_BYTES },
  'garbage instead of a handshake': {
    response: `Closes it on the first wrong byte, or after 10 s; ${AGAIN}.`,
    told: CLOSED,
    bound: '68 bytes, 10 s, a place among the half-open',
    alsoTestedBy: [unit('wire/handshake.test.ts', 'what is not this protocol')],
  },
  'other infohash': { response: `Closes it; ${AGAIN}.`, told: CLOSED, bound: NO_BYTES },
  "the client's own peer id": {
    response: 'Closes it, and never dials that address again.',
    told: CLOSED,
    bound: 'one dial',
  },
  'encrypted attempt': {
    response: `Closes it on the first byte; ${AGAIN}.`,
    told: CLOSED,
    bound: NO_BYTES,
    alsoTestedBy: [unit('wire/handshake.test.ts', 'the encrypted attempt of a real aria2')],
  },
  'v2 bit on a v1 torrent': {
    response: 'Ignores the bit: it is no upgrade, the infohash counts.',
    told: ['peer-handshaken'],
    bound: 'nothing',
  },
  'request flood': {
    response: `Queues 2,000, refuses 300 more and closes at the next, or as a flood; ${AGAIN}.`,
    told: ['block-sent', 'peer-closed'],
    bound: 'a fair share of the uplink until it is closed; 16 blocks read ahead',
    alsoTestedBy: [UPLOADS, unit('peer/peer-connection.abuse.test.ts', 'request flood (thousands per second):')],
  },
  'requests beyond the piece': {
    response: `Refuses 300, by reject where it speaks BEP 6, closes at the next; ${AGAIN}.`,
    told: CLOSED,
    bound: 'nothing is read nor sent',
    alsoTestedBy: [UPLOADS, unit('peer/peer-connection.abuse.test.ts', 'refused 300 times, and the 301st closes:')],
  },
  'requests over 16 KiB': {
    response: `Refuses 300, by reject where it speaks BEP 6, closes at the next; ${AGAIN}.`,
    told: CLOSED,
    bound: 'nothing is read nor sent',
    alsoTestedBy: [UPLOADS],
  },
  'requests while choked': {
    response: `Refuses 300, and 16 later than 2 s after the choke; closes at the next; ${AGAIN}.`,
    told: CLOSED,
    bound: 'nothing is sent, but allowed-fast pieces three times over',
    alsoTestedBy: [UPLOADS, unit('peer/peer-connection.abuse.test.ts', 'requests while choked:')],
  },
  'extension handshake that is huge': {
    response: `Closes it when it is here; ${AGAIN}.`,
    told: CLOSED,
    bound: '1 MiB held while it comes; 64 KiB and 1,000 tokens are parsed at most',
    alsoTestedBy: [MEMORY],
  },
  'extension handshake nested 10,000 deep': {
    response: `Closes it; ${AGAIN}.`,
    told: CLOSED,
    bound: '20 levels are parsed',
  },
  'extension handshake that is not bencoded': {
    response: `Closes it; ${AGAIN}. A value of a wrong type or size counts as absent.`,
    told: ['peer-extended', 'peer-closed'],
    bound: '64 KiB are parsed',
    alsoTestedBy: [
      unit('wire/extension-handshake.test.ts', 'is a fault'),
      unit('wire/extension-handshake.test.ts', 'counts as absent'),
    ],
  },
  'metadata of wrong size': {
    response: `Bans it; closes where a part is not as long as it says. Another is asked.`,
    told: ['peer-banned', 'peer-closed'],
    bound: '10 MB of each of three that are asked at once',
    alsoTestedBy: [unit('wire/ut-metadata.test.ts', 'what is hostile is a fault')],
  },
  'metadata of wrong hash': {
    response: 'Bans it, asks another.',
    told: ['peer-banned', 'peer-closed'],
    bound: '10 MB of each of three that are asked at once',
  },
  'metadata of gigabytes announced': {
    response: `Closes it; ${AGAIN}.`,
    told: CLOSED,
    bound: 'nothing is held; 10 MB is the largest',
    alsoTestedBy: [MEMORY],
  },
  'metadata that nobody asked for': {
    response: 'Ignores it; more than 200 messages a second close.',
    told: CLOSED,
    bound: FLOOD,
  },
  'metadata that never comes': {
    response: 'Asks another after 10 s of silence or a reject, three at once; it comes again at the end of the line.',
    told: ['peer-extended'],
    bound: '10 s of one of three turns',
  },
  'PEX flood': {
    response: `Hears one message in 45 s, closes at the seventh in a minute; ${AGAIN}.`,
    told: ['peer-exchanged', 'peer-closed'],
    bound: '100 addresses a message, 1,000 of all hearsay, which makes room for what trackers say',
    alsoTestedBy: [
      unit('wire/ut-pex.test.ts', 'a flood is cut'),
      unit('swarm/known-peers.bounds.test.ts', 'how many are known'),
    ],
  },
  'flood of other messages': {
    response: `Closes it as a flood, or for what the message says that is wrong; ${AGAIN}.`,
    told: CLOSED,
    bound: `${FLOOD}; metadata is served four times over`,
    alsoTestedBy: [UPLOADS, unit('peer/peer-connection.flood.test.ts', 'flood:')],
  },
  'text that acts on a terminal or a page': {
    response: 'Escapes control characters where the text comes in; names are cut at 64 characters.',
    told: ['peer-handshaken', 'peer-extended'],
    bound: '64 characters',
    alsoTestedBy: [unit('metainfo/printable.test.ts', '')],
  },
  'comes and goes': {
    response: 'Dials it again, ever later while it is of no use.',
    told: CLOSED,
    bound: 'a dial each',
  },
}

export const PEER_FAULTS: readonly FaultEntry[] = Object.entries(ENTRIES).map(
  ([fault, { alsoTestedBy = [], ...entry }]) => ({
    fault: `peer: ${fault}`,
    ...entry,
    tests: [PEERS, SWARMS, ...alsoTestedBy],
  }),
)
