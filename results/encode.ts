/**
 * Rows as bytes, and back. Same row, same bytes: keys come in the order of the schema, parameters by name, measures in
 * the order of the registry, whatever the order they were set in. One row a line, `\n` behind each.
 */
import type { z } from 'zod'
import { MEASURE_NAMES } from './measures.ts'
import { RecordError } from './record-error.ts'
import {
  type CellRow,
  type CostRow,
  cellRow,
  costRow,
  type Manifest,
  manifest,
  type TimelineRow,
  timelineSample,
  timelineSchemaOf,
} from './schema.ts'

/** Where a value was read; the line is left out for files of one value. */
export interface Place {
  readonly file: string
  readonly line?: number
}

export function encodeCell(row: CellRow): string {
  const { measures, predicted, parameters } = row
  return line({
    ...inOrder(row, keysOf(cellRow)),
    parameters: inOrder(parameters, Object.keys(parameters).sort()),
    measures: inOrder(measures, MEASURE_NAMES),
    ...(predicted === undefined ? {} : { predicted: inOrder(predicted, MEASURE_NAMES) }),
  })
}

export function encodeCost(row: CostRow): string {
  const known = keysOf(costRow)
  const further = Object.keys(row).filter((key) => !known.includes(key))
  return line(inOrder(row, [...known, ...further.sort()]))
}

export function encodeTimeline(row: TimelineRow): string {
  return line(inOrder(row, keysOf(timelineSchemaOf(row))))
}

export function encodeManifest(value: Manifest): string {
  const { fixed, sweep, about } = value.parameters
  const parameters = {
    fixed: inOrder(fixed, Object.keys(fixed).sort()),
    sweep: sweep.map(({ name, values }) => ({ name, values })),
    about: inOrder(about, Object.keys(about).sort()),
  }
  return `${JSON.stringify({ ...inOrder(value, keysOf(manifest)), parameters }, null, 2)}\n`
}

export const decodeCell = (value: unknown, place: Place): CellRow => valid(cellRow, value, place)
export const decodeCost = (value: unknown, place: Place): CostRow => valid(costRow, value, place)
export const decodeManifest = (value: unknown, place: Place): Manifest => valid(manifest, value, place)

export function decodeTimeline(value: unknown, place: Place): TimelineRow {
  const isObject = typeof value === 'object' && value !== null
  return valid(isObject ? timelineSchemaOf(value) : timelineSample, value, place)
}

/** Every line of an NDJSON file. Throws `invalid` with file, line and field. */
export function decodeLines<T>(text: string, file: string, decode: (value: unknown, place: Place) => T): T[] {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new RecordError('invalid', `${file} line ${lines.length + 1}: the line is cut off`)
  return lines.map((each, index) => {
    const place = { file, line: index + 1 }
    return decode(decodeJson(each, place), place)
  })
}

export function decodeJson(text: string, place: Place): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RecordError('invalid', `${placeName(place)}: not JSON: ${(error as Error).message}`, { cause: error })
  }
}

function valid<T extends z.ZodType>(schema: T, value: unknown, place: Place): z.infer<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [first, ...more] = result.error.issues
  const field = first!.path.length === 0 ? '' : ` ${first!.path.join('.')}:`
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw new RecordError('invalid', `${placeName(place)}:${field} ${first!.message}${others}`)
}

function placeName({ file, line }: Place): string {
  return line === undefined ? file : `${file} line ${line}`
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

function inOrder(value: object, keys: readonly string[]): Record<string, unknown> {
  const source = value as Record<string, unknown>
  return Object.fromEntries(keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]]))
}

function keysOf(schema: { shape: object }): string[] {
  return Object.keys(schema.shape)
}
