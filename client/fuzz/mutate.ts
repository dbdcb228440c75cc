/** Changes to bytes that know no shape but numbers: binary ones, and decimal ones in text. */
import { joined } from '../ports/bytes.ts'
import type { Random } from '../ports/random.ts'
import { pick, someBytes } from './chance.ts'
import { INPUT_BYTES_MAX } from './target.ts'

type Mutation = (random: Random, input: Uint8Array, other: Uint8Array) => Uint8Array

/** One change. `other` is a second input to take parts from. At most `INPUT_BYTES_MAX` bytes come out. */
export function mutateBytes(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  return pick(random, MUTATIONS)(random, input, other).subarray(0, INPUT_BYTES_MAX)
}

const MUTATIONS: readonly Mutation[] = [
  setByte,
  setByte,
  flipBit,
  setWord,
  setDecimal,
  setDecimal,
  insert,
  remove,
  remove,
  repeat,
  splice,
  cut,
]

const TELLING_BYTES = [0, 1, 0x7f, 0x80, 0xff, ...new TextEncoder().encode('ilde:-0123456789&=%/.\n')]
const TELLING_WORDS = [0, 1, 2, 5, 13, 0x3fff, 0x4000, 0x4001, 0x1_0000, 0x10_0000, 0x10_0001, 2 ** 31 - 1, 2 ** 31]
const TELLING_DECIMALS = [
  ...['0', '1', '-1', '-0', '00', '20', '255', '256', '16383', '16384', '16385', '65535', '65536', '10000000'],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n],
  ...['99999999999999999999', '100000000000000000000', '1e9', '+1', ''],
].map((number) => new TextEncoder().encode(`${number}`))

function setByte(random: Random, input: Uint8Array): Uint8Array {
  const changed = input.slice()
  if (changed.length > 0) changed[random.below(changed.length)] = pick(random, [random.below(256), ...TELLING_BYTES])
  return changed
}

function flipBit(random: Random, input: Uint8Array): Uint8Array {
  const changed = input.slice()
  if (changed.length > 0) changed[random.below(changed.length)]! ^= 1 << random.below(8)
  return changed
}

/** Four bytes, big endian: a length, an index, an offset. */
function setWord(random: Random, input: Uint8Array): Uint8Array {
  if (input.length < 4) return input
  const changed = input.slice()
  const word = pick(random, [...TELLING_WORDS, 0xffff_ffff, input.length])
  new DataView(changed.buffer).setUint32(random.below(changed.length - 3), word)
  return changed
}

/** A run of digits becomes another number. */
function setDecimal(random: Random, input: Uint8Array): Uint8Array {
  const start = random.below(input.length + 1)
  const from = input.findIndex((byte, index) => index >= start && isDigit(byte))
  if (from < 0) return input
  let to = from
  while (isDigit(input[to])) to++
  return joined([input.subarray(0, from), pick(random, TELLING_DECIMALS), input.subarray(to)])
}

function insert(random: Random, input: Uint8Array): Uint8Array {
  const at = random.below(input.length + 1)
  return joined([input.subarray(0, at), someBytes(random, 8), input.subarray(at)])
}

function remove(random: Random, input: Uint8Array): Uint8Array {
  const [from, to] = range(random, input)
  return joined([input.subarray(0, from), input.subarray(to)])
}

/** A part again and again: what nests then nests deep, what is a list becomes long. */
function repeat(random: Random, input: Uint8Array): Uint8Array {
  const [from, to] = range(random, input)
  const part = input.subarray(from, Math.min(to, from + 64))
  const count = pick(random, [1, 1, 2, 2, 3, 10, 100, 1000])
  const room = Math.floor((INPUT_BYTES_MAX - input.length) / Math.max(1, part.length))
  const copies = new Array<Uint8Array>(Math.max(0, Math.min(count, room))).fill(part)
  return joined([input.subarray(0, to), ...copies, input.subarray(to)])
}

function splice(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  const [from, to] = range(random, input)
  const [otherFrom, otherTo] = range(random, other)
  return joined([input.subarray(0, from), other.subarray(otherFrom, otherTo), input.subarray(to)])
}

function cut(random: Random, input: Uint8Array): Uint8Array {
  return input.subarray(0, random.below(input.length + 1))
}

function range(random: Random, { length }: Uint8Array): [from: number, to: number] {
  const [a, b] = [random.below(length + 1), random.below(length + 1)]
  return [Math.min(a, b), Math.max(a, b)]
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}
