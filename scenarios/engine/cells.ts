/** Cells: every combination of the swept values, as often as it is repeated; and the order they run in. */
import { PURPOSE, seededRandom } from '../../simulator/random.ts'
import type { ParameterChoice } from './parameters.ts'
import type { Value } from './scenario.ts'

export interface Cell {
  /** Its place in the record, from 0: by parameters, then by repeat; the other way round where repeats may be added. */
  readonly index: number
  readonly parameters: Readonly<Record<string, Value>>
  /** Those of them that differ between cells. */
  readonly sweptNames: readonly string[]
  readonly repeat: number
  /** The run's seed for the first repeat, the next ones for the others. */
  readonly seed: number
}

/** `repeats-last` keeps a cell's place when there come to be more repeats. */
export type CellOrder = 'by-parameters' | 'repeats-last'

export function makeCells(
  choice: ParameterChoice,
  seed: number,
  repeats: number,
  order: CellOrder = 'by-parameters',
): Cell[] {
  const sweptNames = choice.sweep.map(({ name }) => name)
  let sets: Record<string, Value>[] = [{}]
  for (const { name, values } of choice.sweep) {
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value })))
  }
  const cells = sets.flatMap((set, setIndex) =>
    Array.from({ length: repeats }, (_, repeat) => ({
      index: order === 'by-parameters' ? setIndex * repeats + repeat : repeat * sets.length + setIndex,
      parameters: { ...choice.fixed, ...set },
      sweptNames,
      repeat,
      seed: seed + repeat,
    })),
  )
  return cells.sort((one, other) => one.index - other.index)
}

/** A random order that the seed fixes: what drifts on the machine meanwhile is spread over all parameters. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed, -1, PURPOSE.order)
  const order = [...items]
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1)
    ;[order[last], order[other]] = [order[other]!, order[last]!]
  }
  return order
}
