/** Why a .torrent or a magnet link is refused, as data; the sentence is made where it is shown. */
import type { BencodeValue } from '../bencode/value.ts'
import { printable } from './printable.ts'

export interface MetainfoFault {
  readonly kind: 'fault'
  readonly code: MetainfoFaultCode
  /** Which key, from the root: `info.files[3].length`; or which byte; empty for the file as a whole. */
  readonly at: string
  readonly expected: string
  readonly received: string
}

export type MetainfoFaultCode =
  | 'not-bencode'
  | 'missing'
  | 'wrong-type'
  | 'out-of-range'
  | 'mismatch'
  | 'unsupported'
  | 'too-many'

/** One line, safe to print. */
export function describeMetainfoFault({ code, at, expected, received }: MetainfoFault): string {
  const what = code === 'not-bencode' ? 'not a .torrent: ' : ''
  const where = at === '' ? '' : `${at}: `
  return printable(`${what}${where}expected ${expected}, found ${received}`)
}

/** Carries a fault from where it is seen to `parseTorrent`, which returns it. */
export class Refusal extends Error {
  readonly fault: MetainfoFault

  constructor(code: MetainfoFaultCode, at: string, expected: string, received: string) {
    super(code)
    this.fault = { kind: 'fault', code, at, expected, received }
  }

  /** One that carries a fault which is there already. */
  static of({ code, at, expected, received }: MetainfoFault): Refusal {
    return new Refusal(code, at, expected, received)
  }
}

export function describeValue(value: BencodeValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`
  if (value instanceof Uint8Array) return `a string of ${value.length} bytes`
  return value instanceof Map ? 'a dictionary' : `a list of ${value.length}`
}
